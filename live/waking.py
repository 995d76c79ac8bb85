"""Tells every process that there are new rows. Only a hint: readers also look by themselves."""

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
# Called in whichever thread has committed.
listeners: set[Callable[[], None]] = set()


def announce() -> None:
    for listener in list(listeners):
        with contextlib.suppress(RuntimeError):  # its event loop has just ended
            listener()
    # From a thread of its own and at most every PAUSE seconds: a booking never waits for Redis, and NOTIFY's
    # lock, which commits would queue for, is taken seldom.
    if settings.REDIS_URL or write_connection(Change).vendor == "postgresql":
        Messenger.current().due.set()


class Messenger:
    """The thread that tells other processes; one per process, also after a fork."""

    _current: "Messenger | None" = None
    _lock = threading.Lock()

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.due = threading.Event()
        threading.Thread(target=self._run, name="holdfast-live", daemon=True).start()

    @classmethod
    def current(cls) -> "Messenger":
        messenger = cls._current
        if messenger is None or messenger.pid != os.getpid():
            with cls._lock:
                messenger = cls._current
                if messenger is None or messenger.pid != os.getpid():
                    messenger = cls._current = Messenger()
        return messenger

    def _run(self) -> None:
        while True:
            self.due.wait()
            self.due.clear()
            try:
                wake_other_processes()
            except (redis.RedisError, DatabaseError, OSError) as error:
                logger.info("Other processes hear of changes a little later: %s", error)
            except Exception:  # without this thread, no other process would ever be told again
                logger.exception("Other processes hear of changes a little later.")
            time.sleep(PAUSE)


def wake_other_processes() -> None:
    """Raises what Redis or the database raises."""
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
