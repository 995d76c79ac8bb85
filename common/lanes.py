"""Queues with workers of their own."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, ParamSpec, TypeVar

from celery import Task, shared_task

P = ParamSpec("P")
R = TypeVar("R")


class Lane(StrEnum):
    """What waits for somebody else's server, or takes minutes, delays nothing in another lane."""

    DEFAULT = "default"
    MESSAGES = "messages"
    NETWORK = "network"
    LONG = "long"


def task_in(lane: Lane, **options: Any) -> "Callable[[Callable[P, R]], Task[P, R]]":
    """Makes a function a Celery task of this lane."""
    made: Callable[[Callable[P, R]], Task[P, R]] = shared_task(**options, lane=lane)
    return made


def route(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **more: Any) -> dict[str, str]:
    """Celery's router (``CELERY_TASK_ROUTES``)."""
    return {"queue": str(getattr(task, "lane", Lane.DEFAULT))}
