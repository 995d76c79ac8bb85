"""Load and full spans: group bookings, units, and agreement with counting every minute."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..load import ALWAYS, Busy, LoadProfile, full_spans
from ..spans import Span, covers, merge
from .oracle import LoadByMinute

pytestmark = pytest.mark.once

some_rows = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 20), st.integers(0, 3)).map(
        lambda row: (row[0], row[0] + row[1], row[2])
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], 0),
        ([(0, 10, 1), (10, 20, 2)], 2),  # one after the other: not 3
        ([(0, 10, 1), (9, 20, 2)], 3),
        ([(0, 10, 1), (0, 10, 1), (0, 10, 1)], 3),  # equal rows count each
        ([(20, 30, 5), (-9, 0, 5)], 0),  # outside
    ],
)
def test_peak_is_the_most_at_one_time(rows: list[Busy], expected: int) -> None:
    assert LoadProfile.of(rows).peak(0, 20) == expected


@pytest.mark.parametrize(
    ("rows", "limit", "units", "full"),
    [
        ([(5, 9, 1)], 1, 1, [(5, 9)]),
        ([(0, 5, 1), (5, 9, 1)], 1, 1, [(0, 9)]),
        ([(5, 9, 1)], 2, 1, []),
        ([(5, 9, 1)], 2, 2, [(5, 9)]),
        ([(5, 9, 1), (5, 9, 1)], 2, 1, [(5, 9)]),
        ([(0, 9, 1), (3, 5, 1), (5, 7, 1)], 2, 1, [(3, 7)]),
        ([(0, 9, 0)], 1, 1, []),  # takes nothing
        ([], 1, 2, [ALWAYS]),
        ([(0, 9, 1)], 0, 1, [ALWAYS]),
    ],
)
def test_full_where_the_units_do_not_fit(rows: list[Busy], limit: int, units: int, full: list[Span]) -> None:
    assert full_spans(rows, limit, units) == full


@given(some_rows, st.integers(0, 6), st.integers(1, 4))
def test_full_spans_agree_with_every_minute(rows: list[Busy], limit: int, units: int) -> None:
    full = full_spans(rows, limit, units)
    load = LoadByMinute(rows, range(-5, 80))
    assert full == merge(full)
    for minute in load.minutes:
        assert covers(full, minute, minute + 1) == (load.at(minute) + units > limit)


@given(some_rows, st.integers(0, 70), st.integers(1, 30))
def test_peak_agrees_with_every_minute(rows: list[Busy], start: int, length: int) -> None:
    load = LoadByMinute(rows, range(start, start + length))
    assert LoadProfile.of(rows).peak(start, start + length) == max(load.used.values())


@given(some_rows)
def test_loads_tell_each_minutes_units_and_nothing_twice(rows: list[Busy]) -> None:
    found = LoadProfile.of(rows).spans()

    told = {minute: units for start, end, units in found for minute in range(start, end)}
    slow = {minute: sum(u for b0, b1, u in rows if b0 <= minute < b1) for minute in range(-1, 80)}
    assert told == {minute: units for minute, units in slow.items() if units}
    for (_a, end, units), (start, _b, more) in zip(found, found[1:], strict=False):
        assert end < start or units != more
