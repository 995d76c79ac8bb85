"""Random hours, bookings and rules, small enough to walk minute by minute."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from ..hours import OpeningPlan, Override, WeeklyHours
from ..load import Busy
from ..slots import SlotRules
from ..spans import Span

CLOCK_CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by 30 minutes
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Adelaide", date(2026, 4, 5)),  # from UTC+10:30
    ("America/Sao_Paulo", date(2018, 11, 4)),  # midnight does not exist
    ("America/Sao_Paulo", date(2018, 2, 18)),  # back over midnight, to the date before
    ("Africa/Cairo", date(2026, 4, 24)),  # midnight does not exist
    ("Africa/Cairo", date(2026, 10, 29)),
    ("Asia/Beirut", date(2026, 3, 29)),  # midnight does not exist
    ("America/St_Johns", date(2010, 11, 7)),  # at 00:01, to 23:01 of the date before
    ("Pacific/Apia", date(2011, 12, 30)),  # a date that was skipped
]
ORDINARY = [
    ("Asia/Kathmandu", date(2026, 7, 1)),  # UTC+05:45
    ("Asia/Kolkata", date(2028, 2, 29)),
    ("Europe/Berlin", date(2028, 2, 29)),
    ("UTC", date(2026, 12, 31)),
]

some_zone_and_day = st.sampled_from(CLOCK_CHANGES + ORDINARY)
_some_minute = st.one_of(
    st.sampled_from([0, 30, 60, 90, 120, 150, 180, 540, 720, 1020, 1380, 1439]),
    st.integers(0, 95).map(lambda quarter: quarter * 15),
    st.integers(0, 1439),
)
_some_length = st.one_of(st.integers(1, 24).map(lambda hours: hours * 60), st.integers(1, 1440))


@st.composite
def some_window(draw: DrawFn) -> Span:
    """Local minutes of a window, possibly past midnight."""
    start = draw(_some_minute)
    return start, start + draw(_some_length)


def some_day_near(day: date) -> SearchStrategy[date]:
    return st.integers(-2, 2).map(lambda days: day + timedelta(days=days))


@st.composite
def some_hours(draw: DrawFn, day: date) -> WeeklyHours:
    """A weekly row that is likely to matter around the date."""
    start, end = draw(some_window())
    return WeeklyHours(
        weekday=draw(st.just(day) | some_day_near(day)).weekday(),
        start=start,
        end=end,
        is_available=draw(st.sampled_from([True, True, True, False])),
        max_duration=draw(st.sampled_from([None, None, None, 30, 60, 90])),
        valid_from=draw(st.none() | st.none() | some_day_near(day)),
        valid_until=draw(st.none() | st.none() | some_day_near(day)),
    )


@st.composite
def some_override(draw: DrawFn, day: date) -> Override:
    """An override of one to three dates around the date."""
    first = draw(some_day_near(day))
    start, end = draw(st.one_of(st.just((None, None)), some_window()))
    return Override(
        first_on=first,
        last_on=first + timedelta(days=draw(st.integers(0, 2))),
        start=start,
        end=end,
        is_open=draw(st.booleans()),
        resource=draw(st.booleans()),
    )


ROUND_THE_CLOCK = tuple(WeeklyHours(weekday, 0, 1440) for weekday in range(7))


@st.composite
def some_plan(draw: DrawFn, zone: str, day: date) -> OpeningPlan:
    """Hours of a resource and its venue around a date."""
    hours = st.lists(some_hours(day), min_size=2, max_size=6).map(tuple)
    return OpeningPlan(
        zone=zone,
        resource_hours=draw(st.one_of(hours, st.just(()), st.just(ROUND_THE_CLOCK))),
        venue_hours=draw(st.one_of(hours, st.just(ROUND_THE_CLOCK))),
        overrides=tuple(draw(st.lists(some_override(day), max_size=4))),
        holidays=draw(st.frozensets(some_day_near(day), max_size=2)),
    )


@st.composite
def some_rules(draw: DrawFn) -> SlotRules:
    """Rules with durations of at most five hours."""
    step = draw(st.sampled_from([5, 10, 15, 20, 30, 45, 60, 7]))
    shortest = draw(st.sampled_from([step, 2 * step, 15, 40]))
    return SlotRules(
        slot_step=step,
        min_duration=shortest,
        max_duration=shortest + draw(st.integers(0, 180)),
        buffer_before=draw(st.sampled_from([0, 0, 5, 15])),
        buffer_after=draw(st.sampled_from([0, 0, 10, 30])),
        min_notice=draw(st.sampled_from([0, 0, 60, 300, -10])),
        max_advance=draw(st.sampled_from([None, None, None, 1500, 2500])),
        occupies_first=draw(st.sampled_from([None, None, 15, 50])),
        length_step=draw(st.sampled_from([None, None, None, 1])),
    )


@st.composite
def some_busy(draw: DrawFn, start: int, end: int) -> list[Busy]:
    """Bookings around a span of UTC minutes, some of them equal, with one to three units each."""
    return [
        (b0, b0 + length, units)
        for b0, length, units, times in draw(
            st.lists(
                st.tuples(
                    st.integers(start - 120, end + 120),
                    st.sampled_from([5, 15, 30, 60, 90, 240]),
                    st.integers(1, 3),
                    st.integers(1, 2),
                ),
                max_size=8,
            )
        )
        for _ in range(times)
    ]
