"""The time axis on ordinary days and on those with 23, 25 and other hours."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calendars.axis import Axis, Tick
from scheduling.zones import day_span, from_minute

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
CHANGES = {
    (BERLIN, date(2027, 3, 28)): 23 * 60,
    (BERLIN, date(2027, 10, 31)): 25 * 60,
    (NEW_YORK, date(2027, 3, 14)): 23 * 60,
    (NEW_YORK, date(2027, 11, 7)): 25 * 60,
    (LORD_HOWE, date(2027, 10, 3)): 23 * 60 + 30,
    (LORD_HOWE, date(2027, 4, 4)): 24 * 60 + 30,
    ("Asia/Beirut", date(2027, 10, 30)): 25 * 60,
    ("Antarctica/Troll", date(2027, 10, 31)): 26 * 60,
}


def whole(*days: date, zone: str) -> Axis:
    return Axis(days, zone).part([])


def week_of(day: date) -> list[date]:
    return [day - timedelta(days=day.weekday()) + timedelta(days=each) for each in range(7)]


def labels(axis: Axis) -> list[str]:
    return [tick.label + tick.offset for tick in axis.ticks]


@pytest.mark.parametrize(("place", "length"), CHANGES.items(), ids=str)
def test_a_day_is_as_long_as_it_is(place: tuple[str, date], length: int) -> None:
    zone, day = place
    axis = whole(day, zone=zone)

    assert (axis.length, axis.last) == (length, length)
    assert axis.gaps(day) == []
    assert axis.at(day, day_span(day, zone)[1]) == length


def test_the_25_hours_of_a_day_are_told_apart() -> None:
    axis = whole(date(2027, 10, 31), zone=BERLIN)

    assert labels(axis)[:5] == ["00:00", "01:00", "02:00+02:00", "02:00+01:00", "03:00"]
    assert len(axis.ticks) == 25


def test_the_hour_that_is_skipped_is_not_there() -> None:
    axis = whole(date(2027, 3, 28), zone=BERLIN)

    assert labels(axis)[:4] == ["00:00", "01:00", "03:00", "04:00"]


def test_half_an_hour_on_lord_howe() -> None:
    back = whole(date(2027, 4, 4), zone=LORD_HOWE)
    forward = whole(date(2027, 10, 3), zone=LORD_HOWE)

    assert back.ticks[:4] == [
        Tick(0, "00:00"),
        Tick(60, "01:00"),
        Tick(120, "01:30", "+10:30"),
        Tick(150, "02:00"),
    ]
    assert forward.ticks[:4] == [Tick(0, "00:00"), Tick(60, "01:00"), Tick(120, "02:30"), Tick(150, "03:00")]


@pytest.mark.parametrize(("zone", "day"), CHANGES, ids=str)
def test_days_of_a_week_share_the_wall_clock(zone: str, day: date) -> None:
    """Every instant has its own place; equal readings of the clock stand in one line on all days."""
    days = week_of(day)
    axis = whole(*days, zone=zone)
    places: dict[tuple[str, str], set[int]] = {}
    for each in days:
        start, end = day_span(each, zone)
        along = [axis.at(each, minute) for minute in range(start, end)]
        assert along == sorted(set(along)), "in order, none twice"
        assert axis.at(each, end) == along[-1] + 1 <= axis.length
        free = {place for first, last in axis.gaps(each) for place in range(first, last)}
        assert free == set(range(axis.length)) - set(along)
        for minute, place in zip(range(start, end), along, strict=True):
            moment = from_minute(minute, zone)
            places.setdefault((f"{moment:%H:%M}", "again" if moment.fold else ""), set()).add(place)
    assert [reading for reading, found in places.items() if len(found) > 1] == []


def test_a_week_has_room_for_the_hour_that_comes_twice() -> None:
    days = week_of(date(2027, 10, 31))
    axis = whole(*days, zone=BERLIN)

    assert axis.length == 25 * 60
    assert labels(axis)[1:5] == ["01:00", "02:00+02:00", "02:00+01:00", "03:00"]
    assert axis.gaps(days[0]) == [(180, 240)]
    assert axis.gaps(days[6]) == []


def test_a_week_has_a_gap_where_an_hour_is_skipped() -> None:
    days = week_of(date(2027, 3, 28))
    axis = whole(*days, zone=BERLIN)

    assert (axis.length, len(axis.ticks)) == (24 * 60, 24)
    assert [axis.gaps(day) for day in days] == [[]] * 6 + [[(120, 180)]]


@given(st.integers(0, 1440), st.integers(0, 1440))
def test_what_is_shown_are_whole_hours_around_the_edges(a: int, b: int) -> None:
    axis = Axis((date(2027, 6, 1),), "UTC").part([a, b])

    assert 0 <= axis.first <= min(a, b) <= max(a, b) <= max(axis.last, 1440)
    assert axis.first % 60 == 0
    assert axis.last > axis.first
    assert axis.step(axis.first) == 0
    assert axis.step_after(axis.last) == axis.steps == (axis.last - axis.first) // 5
    assert axis.steps % 6 == 0, "the steps that calendar-steps.css has"


def test_lines_are_five_minutes_apart() -> None:
    axis = Axis((date(2027, 6, 1),), "UTC").part([8 * 60, 18 * 60])

    assert [axis.step(at) for at in (0, 480, 484, 485, 2000)] == [0, 0, 0, 1, 120]
    assert [axis.step_after(at) for at in (0, 480, 481, 485, 2000)] == [0, 0, 1, 1, 120]
