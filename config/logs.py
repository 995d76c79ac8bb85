"""What is logged, and how much of it."""

from typing import Any

# A line per task is noise; failures are logged above this level.
NOISY = ("celery", "kombu", "urllib3", "aiosmtpd", "mail.log", "stripe")


def make_logging(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "loggers": {name: {"level": "WARNING"} for name in NOISY},
        "root": {"handlers": ["console"], "level": level},
    }
