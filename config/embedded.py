"""Workers and beat as threads of the web server, for installations without a broker.

The queues are in memory and die with the process; whatever is due is a row that a periodic job finds.
"""

import threading
import time
from types import TracebackType
from typing import Any

from celery import Celery
from celery.beat import Service
from celery.worker import WorkController, state
from django.conf import settings

from common.background import Queue
from common.lanes import Lane
from config.schedule import Scheduler

WORKERS = {Lane(name): count for name, count in settings.EMBEDDED_WORKERS.items()}
STOP_SECONDS = 10
"""Seconds for the tasks that are running when the server stops."""


class EmbeddedWorker:
    """A context in which queued tasks and the schedule run in this process."""

    def __init__(self, app: Celery) -> None:
        app.finalize()
        self._app = app
        self._beat = Service(app, max_interval=1, scheduler_cls=Scheduler)  # stops within a second
        self._starting = threading.Lock()
        self._threads = [
            threading.Thread(
                target=self._run_worker, args=(lane, number), name=f"{lane}-{number}", daemon=True
            )
            for lane, count in WORKERS.items()
            for number in range(count)
        ]
        self._threads.append(threading.Thread(target=self._beat.start, name="holdfast-beat", daemon=True))

    def _run_worker(self, lane: Lane, number: int) -> None:
        # One after another: until a worker listens, the queues to listen to are the whole application's. In
        # its own thread, because making it closes the thread's database connections.
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
        Queue.embedded = False
        self._beat.stop()
        setattr(state, "should_terminate", 0)  # noqa: B010  (its stub knows only None)
        # Celery ends when this is set; the running tasks get a moment to finish.
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(timeout=max(deadline - time.monotonic(), 0))
        setattr(state, "should_terminate", None)  # noqa: B010
