"""Work that follows a commit, done by a Celery worker."""

import logging
from typing import Any

from celery import Task
from django.conf import settings
from kombu.exceptions import OperationalError

from common.transactions import after_commit

logger = logging.getLogger(__name__)


class Queue:
    """Whether anybody takes what is queued; the embedded worker says so while it runs."""

    embedded = False

    @classmethod
    def is_served(cls) -> bool:
        return bool(settings.REDIS_URL) or cls.embedded


def soon(task: "Task[..., Any]", *args: Any) -> None:
    """Queues the task once the transaction has committed.

    A hint, no promise: without a worker, or while the broker is away, nothing is queued, and the next tick
    finds what is due.
    """
    after_commit(_queue, task, args)


def _queue(task: "Task[..., Any]", args: tuple[Any, ...]) -> None:
    if not Queue.is_served():
        return
    try:
        task.apply_async(args, retry=False)
    except OperationalError as error:
        logger.warning("%s waits for the next tick: the broker is away (%s).", task.name, error)
