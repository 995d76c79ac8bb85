"""What apps above keep beside reservations, for the removal of those that were over long ago."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from common.registry import Registry


@dataclass(frozen=True)
class HistoryPart:
    """``needed``: which reservations have to stay; ``remove`` what belongs to those that go, before they go.

    ``relations``: the keys to reservations that it looks after. ``purposes``: those of ``enums.MANAGED``
    whose reservations may go; without, they stay.
    """

    needed: Callable[[], Q]
    remove: Callable[[Collection[UUID]], object]
    relations: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()


history_parts: Registry[HistoryPart] = Registry("parts of history")
