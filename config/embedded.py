"""Workers and beat as threads of the web server, for installations without a broker.

The queues are in memory and die with the process; nothing is lost, because whatever is due is a row in the
database that a periodic job finds.
"""

import threading
import time
from types import TracebackType
from typing import Any

from celery import Celery
from celery.beat import Service
from celery.worker import WorkController, state

from common.background import Queue
from common.lanes import Lane
from config.schedule import Scheduler

WORKERS = {Lane.DEFAULT: 2, Lane.MESSAGES: 2, Lane.NETWORK: 2, Lane.LONG: 1}
"""Threads by lane: what hangs or takes long there stops no other."""
PATIENCE = 10
"""Seconds for the tasks that are running when the server stops."""


class EmbeddedWorker:
    """A context: inside it, queued tasks and the schedule run in this process."""

    def __init__(self, app: Celery) -> None:
        app.finalize()
        self._app = app
        self._beat = Service(app, max_interval=1, scheduler_cls=Scheduler)  # stops within a second
        self._starting = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(lane, number), name=f"{lane}-{number}", daemon=True)
            for lane, most in WORKERS.items()
            for number in range(most)
        ]
        self._threads.append(threading.Thread(target=self._beat.start, name="holdfast-beat", daemon=True))

    def _work(self, lane: Lane, number: int) -> None:
        """Made in its own thread: making it closes the thread's database connections.

        One after another: until a worker listens, the queues to listen to are the whole application's.
        """
        self._starting.acquire()
        worker = WorkController(
            app=self._app,
            pool_cls="solo",
            concurrency=1,
            hostname=f"{lane}-{number}@embedded",
            queues=[lane.value],
            ready_callback=self._is_listening,
            without_mingle=True,
            without_gossip=True,
        )
        worker.start()

    def _is_listening(self, consumer: Any) -> None:
        self._starting.release()

    def __enter__(self) -> "EmbeddedWorker":
        Queue.embedded = True
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets the tasks that are running end."""
        Queue.embedded = False
        self._beat.stop()
        setattr(state, "should_terminate", 0)  # noqa: B010  (its stub knows only None)
        deadline = time.monotonic() + PATIENCE
        for thread in self._threads:
            thread.join(timeout=max(deadline - time.monotonic(), 0))
        setattr(state, "should_terminate", None)  # noqa: B010
