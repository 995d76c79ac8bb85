from collections.abc import Sequence
from typing import NamedTuple

from reservations.availability.engine import FreeRanges, is_meant_for, read_busy
from reservations.availability.values import Moment, Wish
from resources.bookables import Bookable
from scheduling.zones import DAY

FIRST_HORIZON = DAY
"""Minutes looked ahead at first; doubled until every query has an answer."""


class StartQuery(NamedTuple):
    """``bookables``, any of which will do, and the UTC minute to begin with."""

    bookables: Sequence[Bookable]
    wish: Wish
    begin: int


def find_first_starts(queries: Sequence[StartQuery], *, horizon: int, moment: Moment) -> list[int | None]:
    """Each query's first bookable start within ``horizon`` minutes of its ``begin``.

    Looks a little ahead, then ever further for those without one; each look is one database query.
    """
    starts: list[int | None] = [None] * len(queries)
    pending = [
        _Pending(number, bookable, query.wish, query.begin)
        for number, query in enumerate(queries)
        for bookable in query.bookables
        if is_meant_for(bookable, query.wish)
    ]
    # Most are free soon: only the others are looked at in the next stretch, twice as long as the one before.
    near, step = 0, FIRST_HORIZON
    while pending and near < horizon:
        far = min(near + step, horizon)
        free = _read_free(pending, near, far, moment)
        for number, bookable, wish, begin in pending:
            ranges = free.find(bookable, wish, begin + near, begin + far)
            first = starts[number]
            if ranges and (first is None or ranges[0].start < first):
                starts[number] = ranges[0].start
        pending = [candidate for candidate in pending if starts[candidate.number] is None]
        near, step = far, step * 2
    return starts


class _Pending(NamedTuple):
    number: int
    bookable: Bookable
    wish: Wish
    begin: int


def _read_free(pending: Sequence[_Pending], near: int, far: int, moment: Moment) -> FreeRanges:
    begins = [candidate.begin for candidate in pending]
    busy = read_busy(
        [candidate.bookable for candidate in pending],
        min(begins) + near,
        max(begins) + far,
        moment,
        duration=max(candidate.wish.duration for candidate in pending),
    )
    return FreeRanges(busy, moment.minute)


def first_available(
    bookables: Sequence[Bookable], wish: Wish, *, start: int, horizon: int, moment: Moment
) -> dict[int, int]:
    queries = [StartQuery((bookable,), wish, start) for bookable in bookables]
    starts = find_first_starts(queries, horizon=horizon, moment=moment)
    return {bookable.id: at for bookable, at in zip(bookables, starts, strict=True) if at is not None}
