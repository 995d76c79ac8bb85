"""Tells every process that there are new rows. Only a hint: whoever waits also looks by themselves.

In this process at once; in the others through Redis, or PostgreSQL's NOTIFY, from a thread of its own and
at most every ``PAUSE`` seconds. So a booking never waits for it, and NOTIFY's lock, which commits would
queue for, is taken seldom.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable

import redis
from django.conf import settings
from django.db.utils import Error as DatabaseError

from common.database import write_connection
from live.models import Change

CHANNEL = "holdfast_live"
PAUSE = 0.05
logger = logging.getLogger(__name__)
listeners: set[Callable[[], None]] = set()
"""Called in whichever thread has committed."""


def announce() -> None:
    """Something was committed."""
    for listener in list(listeners):
        with contextlib.suppress(RuntimeError):  # its event loop has just ended
            listener()
    if settings.REDIS_URL or write_connection(Change).vendor == "postgresql":
        Messenger.current().due.set()


class Messenger:
    """The thread that tells other processes; one per process, also after a fork."""

    _current: "Messenger | None" = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.due = threading.Event()
        threading.Thread(target=self._work, name="holdfast-live", daemon=True).start()

    @classmethod
    def current(cls) -> "Messenger":
        found = cls._current
        if found is None or found.pid != os.getpid():
            with cls._lock:
                found = cls._current
                if found is None or found.pid != os.getpid():
                    found = cls._current = Messenger()
        return found

    def _work(self) -> None:
        while True:
            self.due.wait()
            self.due.clear()
            try:
                tell()
            except (redis.RedisError, DatabaseError, OSError) as error:
                logger.info("Other processes hear of changes a little later: %s", error)
            except Exception:  # without this thread, no other process would ever be told again
                logger.exception("Other processes hear of changes a little later.")
            time.sleep(PAUSE)


def tell() -> None:
    """Wakes all processes. Raises what Redis or the database raises."""
    if settings.REDIS_URL:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2, protocol=2
        ) as client:
            client.publish(CHANNEL, "")
        return
    connection = write_connection(Change)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")
    finally:
        connection.close()
