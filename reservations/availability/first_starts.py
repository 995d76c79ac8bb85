"""The next free time: of one, of any of several, of many at once."""

from collections.abc import Sequence
from typing import NamedTuple

from reservations.availability.engine import FreeRanges, busy_for, is_meant_for
from reservations.availability.values import Moment, Wish
from resources.facts import Bookable
from scheduling.zones import DAY

FIRST_HORIZON = DAY
"""How far ahead is looked at first; doubled until everything is resolved."""


class StartQuery(NamedTuple):
    """Resources of which any one will do, what is wished, and the minute to look from."""

    bookables: Sequence[Bookable]
    wish: Wish
    begin: int


def find_first_starts(queries: Sequence[StartQuery], *, horizon: int, moment: Moment) -> list[int | None]:
    """Each query's first bookable start within ``horizon`` minutes of its ``begin``.

    Looks a little ahead, then twice as far for those still without an answer: most have one soon,
    and only the full ones cost a long look. Each look is one query to the database.
    """
    starts: list[int | None] = [None] * len(queries)
    pending = [
        _Pending(number, bookable, query.wish, query.begin)
        for number, query in enumerate(queries)
        for bookable in query.bookables
        if is_meant_for(bookable, query.wish)
    ]
    near, step = 0, FIRST_HORIZON
    while pending and near < horizon:
        far = min(near + step, horizon)
        free = _read_free(pending, near, far, moment)
        for number, bookable, wish, begin in pending:
            ranges = free.find(bookable, wish, begin + near, begin + far)
            first = starts[number]
            if ranges and (first is None or ranges[0].start < first):
                starts[number] = ranges[0].start
        pending = [each for each in pending if starts[each.number] is None]
        near, step = far, step * 2
    return starts


class _Pending(NamedTuple):
    """One resource of a query that has no answer yet; ``number`` is the query's."""

    number: int
    bookable: Bookable
    wish: Wish
    begin: int


def _read_free(pending: Sequence[_Pending], near: int, far: int, moment: Moment) -> FreeRanges:
    """What decides about starts from ``near`` to ``far`` minutes after each one's own beginning."""
    begins = [each.begin for each in pending]
    busy = busy_for(
        [each.bookable for each in pending],
        min(begins) + near,
        max(begins) + far,
        moment,
        duration=max(each.wish.duration for each in pending),
    )
    return FreeRanges(busy, moment.minute)


def first_available(
    bookables: Sequence[Bookable], wish: Wish, *, start: int, horizon: int, moment: Moment
) -> dict[int, int]:
    """The first bookable start of each resource within ``horizon`` minutes of ``start``; id -> UTC minute."""
    queries = [StartQuery((each,), wish, start) for each in bookables]
    starts = find_first_starts(queries, horizon=horizon, moment=moment)
    return {each.id: at for each, at in zip(bookables, starts, strict=True) if at is not None}
