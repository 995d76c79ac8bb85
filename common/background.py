"""Work that follows a commit, done by a Celery worker."""

import logging
from time import monotonic
from typing import Any

from celery import Task
from django.conf import settings
from kombu.exceptions import OperationalError

from common.transactions import after_commit

logger = logging.getLogger(__name__)


PAUSE = 10.0
"""Seconds for which a broker that was away is not asked again: each visitor would wait for it anew."""


class Queue:
    """Whether anybody takes what is queued; the embedded worker sets ``embedded`` while it runs."""

    embedded = False
    away_until = 0.0

    @classmethod
    def is_served(cls) -> bool:
        return bool(settings.REDIS_URL) or cls.embedded

    @classmethod
    def is_prompt(cls) -> bool:
        """Whether it is taken within milliseconds: workers inside the server look once or twice a second."""
        return bool(settings.REDIS_URL)


def enqueue_after_commit(task: "Task[..., Any]", *args: Any, **kwargs: Any) -> None:
    """Queue the task once the transaction has committed, if a worker and the broker are there."""
    # A hint, no promise: whatever is not queued is found by the next run of a periodic job.
    after_commit(enqueue, task, *args, **kwargs)


def enqueue_or_run_after_commit(task: "Task[..., Any]", *args: Any) -> None:
    """Queue the task once the transaction has committed; run it here if it cannot be queued."""
    after_commit(_enqueue_or_run, task, *args)


def _enqueue_or_run(task: "Task[..., Any]", *args: Any) -> None:
    if not enqueue(task, *args):
        task(*args)


def enqueue(task: "Task[..., Any]", *args: Any, **kwargs: Any) -> bool:
    """Returns whether the task is in the queue now."""
    if not Queue.is_served() or monotonic() < Queue.away_until:
        return False
    try:
        task.apply_async(args, kwargs, retry=False)
    except OperationalError as error:
        logger.warning("%s waits for its next turn: the broker is away (%s).", task.name, error)
        Queue.away_until = monotonic() + PAUSE
        return False
    return True
