"""Windows of days and times, against the wall clock minute by minute."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.spans import merge
from scheduling.zones import DAY, day_span, from_minute, window_span
from search.windows import Window, first_within, starts_within

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
CLOCKS_CHANGE = [date(2027, 3, 28), date(2027, 10, 31), date(2027, 3, 14), date(2027, 11, 7)]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", [date(2027, 1, 5), *CLOCKS_CHANGE])
def test_a_window_holds_what_the_clock_shows_within_it(zone: str, day: date) -> None:
    """But for the hour that is shown twice: its second showing may lie after the window's end."""
    opens, closes = 9 * 60, 17 * 60 + 30
    start, end = window_span(day, opens, closes, zone)
    first, last = day_span(day, zone)
    shown = {at: from_minute(at, zone) for at in range(first, last)}
    inside = [at for at, local in shown.items() if opens <= local.hour * 60 + local.minute < closes]
    assert list(range(start, end)) == inside


def test_whole_days_follow_each_other_without_a_gap() -> None:
    window = Window(date(2027, 3, 27), days=3)
    assert window.spans("Europe/Berlin", 0) == [window.around("Europe/Berlin")]
    assert window.last == date(2027, 3, 29)
    start, end = window.around("Europe/Berlin")
    assert end - start == 3 * DAY - 60


def test_nothing_before_now() -> None:
    window = Window(date(2027, 1, 5), days=2, opens=600, closes=660)
    first, second = window.spans("UTC", 0)
    assert window.spans("UTC", first[0] + 30) == [(first[0] + 30, first[1]), second]
    assert window.spans("UTC", second[1] + 1) == []


ranges = st.builds(range, st.integers(0, 300), st.integers(0, 400), st.integers(1, 45))


@given(
    st.lists(ranges, max_size=4), st.lists(st.tuples(st.integers(0, 300), st.integers(0, 120)), max_size=3)
)
def test_starts_within_are_those_of_the_ranges_in_the_spans(
    found: list[range], given: list[tuple[int, int]]
) -> None:
    spans = [(start, start + length) for start, length in given]
    expected = {at for each in found for at in each if any(start <= at < end for start, end in spans)}
    assert starts_within(found, spans) == sorted(expected)
    assert first_within(found, merge(spans)) == min(expected, default=None)
