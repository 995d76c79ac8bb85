"""What is done once a minute. Apps register their part; nothing depends on its being in time."""

import logging
from collections.abc import Callable
from datetime import datetime

Part = Callable[[datetime], dict[str, int]]
"""Takes the present instant; does its work, safe to repeat; returns what it did, by name."""

parts: list[Part] = []
logger = logging.getLogger(__name__)


def run_parts(now: datetime) -> tuple[dict[str, int], int]:
    """Runs every part; returns what was done and how many parts failed. A failure stops no other part."""
    done: dict[str, int] = {}
    failed = 0
    for part in parts:
        try:
            done |= part(now)
        except Exception:
            failed += 1
            logger.exception("A part of the tick failed; it is tried again next time.")
    return done, failed
