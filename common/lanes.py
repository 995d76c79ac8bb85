"""Queues with workers of their own: what waits for another server, or takes long, delays no other lane."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, ParamSpec, TypeVar

from celery import Task, shared_task

P = ParamSpec("P")
R = TypeVar("R")


class Lane(StrEnum):
    DEFAULT = "default"
    MESSAGES = "messages"
    NETWORK = "network"
    CALENDARS = "calendars"
    LONG = "long"


def task_in(lane: Lane, **options: Any) -> "Callable[[Callable[P, R]], Task[P, R]]":
    """Make a function a Celery task of this lane."""
    decorator: Callable[[Callable[P, R]], Task[P, R]] = shared_task(**options, lane=lane)
    return decorator


def route_task(
    name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **more: Any
) -> dict[str, str]:
    return {"queue": str(getattr(task, "lane", Lane.DEFAULT))}
