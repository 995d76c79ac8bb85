"""What apps above keep beside reservations, for the removal of those that were over long ago."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from common.registry import Registry


@dataclass(frozen=True)
class HistoryPart:
    """``needed``: which reservations have to stay; ``remove`` what belongs to those that go, before they go.

    ``relations``: the keys to reservations that it looks after. ``purposes``: those of ``enums.MANAGED``
    whose reservations may go; without, they stay. ``others``: what it keeps without a reservation, of this
    venue and over by then; ``remove_others`` lets go of them, and says how many rows of history went.
    """

    needed: Callable[[], Q]
    remove: Callable[[Collection[UUID]], object]
    relations: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    others: Callable[[int, datetime], QuerySet[Any, int]] | None = None
    remove_others: Callable[[Collection[int]], int] = len


history_parts: Registry[HistoryPart] = Registry("parts of history")
