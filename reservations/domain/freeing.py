"""Tells the apps above what came free: once all rows of a change are written, and only what still is free.

A receiver may book at once. Told earlier, it would find the rows half changed, or take a time from a batch
that is about to move there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from reservations.models import Reservation
from reservations.signals import capacity_released
from scheduling.spans import Span, merge, subtract

Row = tuple[int, int | None, int | None, int]
"""Leaf, ``b0``, ``b1`` and units of an allocation; the span is None where nothing is occupied."""


@dataclass
class _Changes:
    freed: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    taken: list[Row] = field(default_factory=list)
    """By venue what was left, and what was taken meanwhile."""


_current: ContextVar[_Changes | None] = ContextVar("freed", default=None)


@contextmanager
def announcing_freed() -> Iterator[None]:
    """Announce at its end what came free within it; one inside another leaves that to the outer one.

    Also a decorator. After an error nothing is announced: the transaction undoes it.
    """
    if _current.get() is not None:
        yield
        return
    changes = _Changes()
    token = _current.set(changes)
    try:
        yield
    finally:
        _current.reset(token)
    _announce(changes)


def note_freed(venue_id: int, rows: Iterable[Row]) -> None:
    with announcing_freed():
        changes = _current.get()
        assert changes is not None  # noqa: S101  (for the type checker)
        changes.freed[venue_id] += [row for row in rows if row[1] is not None]


def note_taken(rows: Iterable[Row]) -> None:
    changes = _current.get()
    if changes is not None:
        changes.taken += rows


def _announce(changes: _Changes) -> None:
    for venue_id, rows in changes.freed.items():
        spans = [(row[0], *span) for row in rows for span in _still_free(row, changes.taken)]
        if spans:
            capacity_released.send(
                Reservation,
                venue_id=venue_id,
                leaf_ids={leaf for leaf, _b0, _b1 in spans},
                start=min(b0 for _leaf, b0, _b1 in spans),
                end=max(b1 for _leaf, _b0, b1 in spans),
                spans=spans,
            )


def _still_free(row: Row, taken: Iterable[Row]) -> list[Span]:
    leaf, b0, b1, units = row
    taken_again = [
        (first, last)
        for other, first, last, others_units in taken
        if other == leaf and others_units >= units and first is not None and last is not None
    ]
    return subtract([(b0, b1)], merge(sorted(taken_again))) if b0 is not None and b1 is not None else []
