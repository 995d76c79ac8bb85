"""What days come to, against asking each day by itself."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.day_totals import Day, Midnights
from scheduling.spans import Span, clip, merge, subtract
from scheduling.zones import day_span

pytestmark = pytest.mark.once
# Over a change of clocks, one over midnight, and a date that a zone skipped.
PERIODS = [
    ("Europe/Berlin", date(2027, 3, 26)),
    ("America/Havana", date(2027, 10, 30)),
    ("Pacific/Apia", date(2011, 12, 28)),
]
offsets = st.integers(-1500, 7500)
span_lists = st.lists(
    st.tuples(offsets, st.integers(1, 3000)).map(lambda it: (it[0], it[0] + it[1])), max_size=8
)
range_lists = st.lists(
    st.tuples(offsets, st.integers(0, 3000), st.sampled_from((5, 30, 45, 1440))), max_size=8
)


@given(st.sampled_from(PERIODS), span_lists, span_lists, range_lists)
def test_one_walk_finds_what_each_day_would_find(
    period: tuple[str, date], opened: list[Span], full: list[Span], free: list[tuple[int, int, int]]
) -> None:
    zone, first_day = period
    days = [first_day + timedelta(days=number) for number in range(5)]
    midnights = Midnights(days, zone)
    first = midnights.span[0]
    opened = clip(merge((first + a, first + z) for a, z in opened), *midnights.span)
    full = clip(merge((first + a, first + z) for a, z in full), *midnights.span)
    starts = [range(first + a, first + a + length, step) for a, length, step in free]
    assert midnights.summarize(opened, full, starts) == [
        sum_up(on, zone, opened, full, starts) for on in days
    ]


def sum_up(on: date, zone: str, opened: list[Span], full: list[Span], starts: list[range]) -> Day:
    first, last = day_span(on, zone)
    is_open, is_full = clip(opened, first, last), clip(full, first, last)
    busy = length(is_open) - length(subtract(is_open, is_full))
    free = [start for each in starts for start in each if first <= start < last]
    return Day(on, length(is_open), busy, len(free), min(free, default=None))


def length(spans: list[Span]) -> int:
    return sum(end - start for start, end in spans)
