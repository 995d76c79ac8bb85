"""What is logged, and how much of it."""

import logging
import time
from typing import Any

from common.request_ids import current_request_id
from config.log_file import LogFile, SharedRotatingFile

# A line per task is noise; failures are logged above this level.
NOISY = ("celery", "kombu", "urllib3", "aiosmtpd", "mail.log", "stripe")


class LineFormatter(logging.Formatter):
    """Ends each line about a request with the request's name."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  (the library's name)
        line = super().formatMessage(record)
        # Django logs refused requests when all of ours is over.
        name = current_request_id() or getattr(getattr(record, "request", None), "request_id", "")
        return f"{line} [request {name}]" if name else line


class FileFormatter(LineFormatter):
    """Says when, how grave, which process and who, which nobody else puts in front of a file's lines."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {process} {name}: {message}", style="{")


def make_logging(level: str, file: LogFile | None) -> dict[str, Any]:
    handlers: dict[str, Any] = {"console": {"class": "logging.StreamHandler", "formatter": "line"}}
    if file:
        handlers["file"] = {"()": SharedRotatingFile, "formatter": "file", "file": file}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": LineFormatter}, "file": {"()": FileFormatter}},
        "handlers": handlers,
        "loggers": {name: {"level": "WARNING"} for name in NOISY},
        "root": {"handlers": [*handlers], "level": level},
    }
