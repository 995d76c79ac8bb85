"""What is logged, and how much of it."""

import logging
from typing import Any

from common.request_ids import current_request_id

# A line per task is noise; failures are logged above this level.
NOISY = ("celery", "kombu", "urllib3", "aiosmtpd", "mail.log", "stripe")


class LineFormatter(logging.Formatter):
    """Ends each line about a request with the request's name."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the library's name)
        line = super().formatMessage(record)
        # Django logs refused requests when all of ours is over.
        name = current_request_id() or getattr(getattr(record, "request", None), "request_id", "")
        return f"{line} [request {name}]" if name else line


def make_logging(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {name: {"level": "WARNING"} for name in NOISY},
        "root": {"handlers": ["console"], "level": level},
    }
