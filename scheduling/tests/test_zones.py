"""Wall clocks: skipped and repeated minutes, half-hour shifts, days without a midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..zones import (
    AmbiguousLocalTime,
    LocalTimeError,
    NonexistentLocalTime,
    day_span,
    from_minute,
    local_minute,
    resolve_local,
    segments_between,
    segments_of_year,
    to_minute,
)
from .strategies import CLOCK_CHANGES, ORDINARY

pytestmark = pytest.mark.once

ZONES = sorted({zone for zone, _ in CLOCK_CHANGES + ORDINARY})
some_zone = st.sampled_from(ZONES)
some_minute = st.integers(
    to_minute(datetime(1973, 1, 2, tzinfo=UTC)), to_minute(datetime(2037, 12, 30, tzinfo=UTC))
)


def utc(text: str) -> int:
    """The UTC minute of an ISO date and time without offset."""
    return to_minute(datetime.fromisoformat(text).replace(tzinfo=UTC))


def instants_of(local: datetime, zone: str) -> list[int]:
    """The UTC minutes that a local time may mean, one or two."""
    try:
        return [resolve_local(local, zone)]
    except AmbiguousLocalTime as error:
        return [to_minute(candidate) for candidate in error.candidates]


def walls_of(day: date, zone: str) -> list[int]:
    """Every UTC minute of two days around whose wall clock shows the date, one by one."""
    middle = utc(f"{day}T12:00")
    return [m for m in range(middle - 2880, middle + 2880) if from_minute(m, zone).date() == day]


def test_minutes_count_from_1970() -> None:
    assert to_minute(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert to_minute(datetime(1969, 12, 31, 23, 59, tzinfo=UTC)) == -1
    assert to_minute(datetime(1970, 1, 2, 1, tzinfo=ZoneInfo("Europe/Berlin"))) == 1440


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 1, 1),
        datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC),
    ],
)
def test_naive_and_broken_minutes_are_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match=r"has no time zone|is not a whole minute"):
        to_minute(moment)


@given(some_minute, some_zone)
def test_minutes_survive_any_wall_clock(minute: int, zone: str) -> None:
    shown = from_minute(minute, zone)
    assert to_minute(shown) == minute
    assert local_minute(minute, zone) == (shown.toordinal() * 1440 + shown.hour * 60 + shown.minute)


def test_a_year_is_cut_where_the_offset_changes() -> None:
    spring, autumn = utc("2026-03-29T01:00"), utc("2026-10-25T01:00")
    assert segments_of_year("Europe/Berlin", 2026) == (
        (utc("2026-01-01T00:00"), spring, 60),
        (spring, autumn, 120),
        (autumn, utc("2027-01-01T00:00"), 60),
    )
    assert segments_of_year("Asia/Kathmandu", 2026) == (
        (utc("2026-01-01T00:00"), utc("2027-01-01T00:00"), 345),
    )
    assert [offset for *_, offset in segments_of_year("Australia/Lord_Howe", 2026)] == [660, 630, 660]


def test_segments_between_join_years_and_are_clipped() -> None:
    start, end = utc("2026-12-01T00:00"), utc("2027-02-01T00:00")
    assert segments_between("Europe/Berlin", start, end) == [(start, end, 60)]
    assert segments_between("Europe/Berlin", end, start) == []
    change = utc("2026-03-29T01:00")
    assert segments_between("Europe/Berlin", change - 1, change + 1) == [
        (change - 1, change, 60),
        (change, change + 1, 120),
    ]


@given(some_minute, some_zone)
def test_segments_have_the_offset_of_each_minute(minute: int, zone: str) -> None:
    around = segments_between(zone, minute - 50_000, minute + 50_000)
    assert around[0][0] == minute - 50_000
    assert around[-1][1] == minute + 50_000
    for start, end, offset in around:
        for instant in (start, end - 1):
            assert from_minute(instant, zone).utcoffset() == timedelta(minutes=offset)


@pytest.mark.parametrize("year", [0, 1, 9999, 12_000])
def test_years_out_of_range_are_refused(year: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        segments_of_year("Europe/Berlin", year)


@pytest.mark.parametrize("local", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59)])
def test_local_times_at_the_ends_of_the_calendar_are_refused(local: datetime) -> None:
    with pytest.raises(ValueError, match="out of range"):
        resolve_local(local, "Pacific/Apia")


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(KeyError, match="Mars/Olympus"):
        segments_of_year("Mars/Olympus", 2026)


@given(some_minute, some_zone)
def test_a_wall_clock_reading_resolves_to_its_instant_or_says_why(minute: int, zone: str) -> None:
    shown = from_minute(minute, zone)
    assert minute in instants_of(shown.replace(tzinfo=None, fold=0), zone)


@pytest.mark.parametrize(
    ("local", "zone", "before", "after"),
    [
        ("2026-03-29T02:30", "Europe/Berlin", "01:59:00+01:00", "03:00:00+02:00"),
        ("2027-03-14T02:00", "America/New_York", "01:59:00-05:00", "03:00:00-04:00"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "01:59:00+10:30", "02:30:00+11:00"),
        ("2018-11-04T00:00", "America/Sao_Paulo", "23:59:00-03:00", "01:00:00-02:00"),
        ("2026-04-24T00:59", "Africa/Cairo", "23:59:00+02:00", "01:00:00+03:00"),
        ("2011-12-30T12:00", "Pacific/Apia", "23:59:00-10:00", "00:00:00+14:00"),
    ],
)
def test_skipped_times_are_refused_with_their_neighbours(
    local: str, zone: str, before: str, after: str
) -> None:
    with pytest.raises(NonexistentLocalTime, match="does not exist in") as caught:
        resolve_local(datetime.fromisoformat(local), zone)
    first, second = caught.value.candidates
    assert (first.isoformat()[11:], second.isoformat()[11:]) == (before, after)
    assert to_minute(second) - to_minute(first) == 1


@pytest.mark.parametrize(
    ("local", "zone", "apart"),
    [
        ("2026-10-25T02:00", "Europe/Berlin", 60),
        ("2026-10-25T02:59", "Europe/Berlin", 60),
        ("2027-11-07T01:30", "America/New_York", 60),
        ("2026-04-05T01:45", "Australia/Lord_Howe", 30),
        ("2018-02-17T23:30", "America/Sao_Paulo", 60),
    ],
)
def test_repeated_times_are_refused_with_both(local: str, zone: str, apart: int) -> None:
    with pytest.raises(AmbiguousLocalTime, match="exists twice in") as caught:
        resolve_local(datetime.fromisoformat(local), zone)
    first, second = caught.value.candidates
    assert to_minute(second) - to_minute(first) == apart
    for candidate in (first, second):
        assert candidate.replace(tzinfo=None, fold=0) == datetime.fromisoformat(local)


def test_what_surrounds_a_change_resolves() -> None:
    assert resolve_local(datetime(2026, 10, 25, 3), "Europe/Berlin") == utc("2026-10-25T02:00")
    assert resolve_local(datetime(2026, 3, 29, 3), "Europe/Berlin") == utc("2026-03-29T01:00")
    assert issubclass(AmbiguousLocalTime, LocalTimeError)
    assert issubclass(LocalTimeError, ValueError)


@pytest.mark.parametrize("local", [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1)])
def test_only_naive_whole_minutes_are_local_times(local: datetime) -> None:
    with pytest.raises(ValueError, match=r"offset of its own|whole minute"):
        resolve_local(local, "Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Europe/Berlin", date(2028, 2, 29), 24),
        ("America/New_York", date(2027, 11, 7), 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Sao_Paulo", date(2018, 2, 17), 25),
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Pacific/Apia", date(2011, 12, 30), 0),
        ("Asia/Kathmandu", date(2026, 7, 1), 24),
    ],
)
def test_a_day_is_every_minute_that_shows_its_date(zone: str, day: date, hours: float) -> None:
    start, end = day_span(day, zone)
    assert list(range(start, end)) == walls_of(day, zone)
    assert end - start == hours * 60


@pytest.mark.parametrize(("zone", "day"), CLOCK_CHANGES)
def test_days_follow_one_another(zone: str, day: date) -> None:
    days = [day + timedelta(days=by) for by in range(-2, 3)]
    spans = [day_span(each, zone) for each in days]
    assert all(a[1] == b[0] for a, b in zip(spans, spans[1:], strict=False))


def test_a_day_begins_when_its_midnight_is_first_shown() -> None:
    start, end = day_span(date(2010, 11, 7), "America/St_Johns")
    assert from_minute(start, "America/St_Johns").isoformat() == "2010-11-07T00:00:00-02:30"
    assert from_minute(start + 1, "America/St_Johns").isoformat() == "2010-11-06T23:01:00-03:30"
    assert end - start == 25 * 60
