"""Worker and beat as threads of the web server, for installations without a broker.

The queue is in memory and dies with the process; nothing is lost, because whatever is due is a row in the
database that the next tick finds.
"""

import threading
from types import TracebackType

from celery import Celery
from celery.beat import Scheduler, Service
from celery.worker import WorkController, state

from common.background import Queue
from common.tasks import tick


class EmbeddedWorker:
    """A context: inside it, queued tasks and the schedule run in this process."""

    def __init__(self, app: Celery) -> None:
        app.finalize()
        self._app = app
        self._beat = Service(app, max_interval=1, scheduler_cls=Scheduler)  # stops within a second
        self._threads = [
            threading.Thread(target=self._work, name="holdfast-worker", daemon=True),
            threading.Thread(target=self._beat.start, name="holdfast-beat", daemon=True),
        ]

    def _work(self) -> None:
        """Made in its own thread: making it closes the thread's database connections."""
        worker = WorkController(
            app=self._app,
            pool_cls="solo",
            concurrency=1,
            hostname="embedded",
            without_mingle=True,
            without_gossip=True,
        )
        worker.start()

    def __enter__(self) -> "EmbeddedWorker":
        for thread in self._threads:
            thread.start()
        Queue.embedded = True
        tick.delay()  # what fell due while nobody was there
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets the task that is running end."""
        Queue.embedded = False
        self._beat.stop()
        setattr(state, "should_terminate", 0)  # noqa: B010  (its stub knows only None)
        for thread in self._threads:
            thread.join(timeout=10)
        setattr(state, "should_terminate", None)  # noqa: B010
