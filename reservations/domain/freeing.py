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
from scheduling.load import Busy, LoadProfile

Row = tuple[int, int | None, int | None, int]
"""Leaf, ``b0``, ``b1`` and units of an allocation; the span is None where nothing is occupied."""


@dataclass
class _Changes:
    freed: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    taken: list[Row] = field(default_factory=list)
    """By venue what was left, and what was taken meanwhile."""

    def count(self) -> tuple[dict[int, int], int]:
        return {venue_id: len(rows) for venue_id, rows in self.freed.items()}, len(self.taken)

    def forget_after(self, count: tuple[dict[int, int], int]) -> None:
        freed, taken = count
        for venue_id, rows in self.freed.items():
            del rows[freed.get(venue_id, 0) :]
        del self.taken[taken:]


_current: ContextVar[_Changes | None] = ContextVar("freed", default=None)


@contextmanager
def announcing_freed() -> Iterator[None]:
    """Announce at its end what came free within it; one inside another leaves that to the outer one.

    Also a decorator. After an error nothing is announced: the transaction undoes it.
    """
    outer = _current.get()
    if outer is not None:
        before = outer.count()
        try:
            yield
        except BaseException:
            outer.forget_after(before)  # its savepoint undoes it; the outer change may go on without it
            raise
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
        spans = _find_freed(rows, changes.taken)
        if spans:
            capacity_released.send(
                Reservation,
                venue_id=venue_id,
                leaf_ids={leaf for leaf, _b0, _b1 in spans},
                start=min(b0 for _leaf, b0, _b1 in spans),
                end=max(b1 for _leaf, _b0, b1 in spans),
                spans=spans,
            )


def _find_freed(freed: Iterable[Row], taken: Iterable[Row]) -> list[tuple[int, int, int]]:
    """Where fewer units are in use than before: of two that left a time, one may have been replaced."""
    changes: dict[int, list[Busy]] = defaultdict(list)
    for rows, sign in ((freed, 1), (taken, -1)):
        for leaf, b0, b1, units in rows:
            if b0 is not None and b1 is not None:
                changes[leaf].append((b0, b1, sign * units))
    return [(leaf, *span) for leaf in sorted(changes) for span in LoadProfile.of(changes[leaf]).above(0)]
