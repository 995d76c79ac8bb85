"""Opening hours: the precedence of hours, overrides and holidays, and the days clocks change."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import date

import pytest

from ..hours import OpeningPlan, Override, WeeklyHours, find_openings
from ..spans import Span
from ..zones import day_span, from_minute

pytestmark = pytest.mark.once

MONDAY = date(2026, 6, 1)
TUESDAY = date(2026, 6, 2)
WEDNESDAY = date(2026, 6, 3)
NINE_TO_FIVE = tuple(WeeklyHours(weekday, 540, 1020) for weekday in range(7))
EVENINGS = tuple(WeeklyHours(weekday, 1200, 1560) for weekday in range(7))  # 20:00-02:00


def plan(
    resource: tuple[WeeklyHours, ...] = (),
    venue: tuple[WeeklyHours, ...] = NINE_TO_FIVE,
    *overrides: Override,
    holidays: frozenset[date] = frozenset(),
    zone: str = "UTC",
) -> OpeningPlan:
    return OpeningPlan(zone, resource, venue, overrides, holidays)


def whole_day(is_open: bool, resource: bool = False, day: date = TUESDAY) -> Override:
    return Override(day, day, None, None, is_open, resource=resource)


def timed(start: int, end: int, is_open: bool, resource: bool = False) -> Override:
    return Override(TUESDAY, TUESDAY, start, end, is_open, resource=resource)


def shown(spans: list[Span], zone: str) -> list[str]:
    """Spans as wall clock texts, ``dd hh:mm-dd hh:mm``."""
    return ["-".join(f"{from_minute(bound, zone):%d %H:%M}" for bound in span) for span in spans]


def pieces_on(plan: OpeningPlan, day: date) -> list[str]:
    """The pieces that start on a local date."""
    found = find_openings(plan, *day_span(day, plan.zone)).pieces
    return shown([p for p in found if from_minute(p[0], plan.zone).date() == day], plan.zone)


def spans_on(plan: OpeningPlan, day: date) -> list[str]:
    """The merged openings that start on a local date."""
    found = find_openings(plan, *day_span(day, plan.zone)).spans
    return shown([s for s in found if from_minute(s[0], plan.zone).date() == day], plan.zone)


OPEN, CLOSED = True, False
RESOURCE, VENUE = True, False


@pytest.mark.parametrize(
    ("overrides", "holiday", "expected"),
    [
        ([], False, ["02 09:00-02 17:00"]),
        ([], True, []),
        ([whole_day(CLOSED)], False, []),
        ([whole_day(OPEN)], True, ["02 09:00-02 17:00"]),
        ([whole_day(OPEN, RESOURCE), whole_day(CLOSED)], True, ["02 09:00-02 17:00"]),
        ([whole_day(CLOSED, RESOURCE), whole_day(OPEN)], False, []),
        ([whole_day(OPEN), whole_day(CLOSED)], False, []),
        ([timed(600, 660, OPEN)], True, ["02 10:00-02 11:00"]),
        ([timed(600, 660, OPEN), whole_day(CLOSED)], False, ["02 10:00-02 11:00"]),
        ([timed(600, 660, OPEN), whole_day(CLOSED, RESOURCE)], False, []),
        ([timed(600, 660, OPEN, RESOURCE), timed(540, 1020, CLOSED)], False, ["02 10:00-02 11:00"]),
        ([timed(720, 780, CLOSED)], False, ["02 09:00-02 12:00", "02 13:00-02 17:00"]),
        ([timed(720, 780, CLOSED), timed(720, 900, OPEN)], True, ["02 13:00-02 15:00"]),
        ([timed(0, 1440, CLOSED), whole_day(OPEN, RESOURCE)], False, ["02 09:00-02 17:00"]),
        ([timed(1020, 1200, OPEN)], False, ["02 09:00-02 20:00"]),
        ([timed(1200, 1260, OPEN)], False, ["02 09:00-02 17:00", "02 20:00-02 21:00"]),
        ([timed(1200, 1260, OPEN), whole_day(OPEN, RESOURCE)], False, ["02 09:00-02 17:00"]),
    ],
)
def test_the_highest_word_decides(overrides: list[Override], holiday: bool, expected: list[str]) -> None:
    holidays = frozenset([TUESDAY]) if holiday else frozenset[date]()
    assert spans_on(plan((), NINE_TO_FIVE, *overrides, holidays=holidays), TUESDAY) == expected
    around = plan((), NINE_TO_FIVE, *overrides, holidays=holidays)
    assert spans_on(around, MONDAY) == ["01 09:00-01 17:00"]
    assert spans_on(around, WEDNESDAY) == ["03 09:00-03 17:00"]


def test_hours_of_the_resource_replace_those_of_the_venue() -> None:
    own = (WeeklyHours(TUESDAY.weekday(), 600, 660),)
    assert pieces_on(plan(own), TUESDAY) == ["02 10:00-02 11:00"]
    assert pieces_on(plan(own), MONDAY) == []


def test_hours_of_the_resource_count_only_while_valid() -> None:
    own = (WeeklyHours(TUESDAY.weekday(), 600, 660, valid_from=TUESDAY, valid_until=TUESDAY),)
    assert pieces_on(plan(own), MONDAY) == ["01 09:00-01 17:00"]
    assert pieces_on(plan(own), TUESDAY) == ["02 10:00-02 11:00"]
    assert pieces_on(plan(own), WEDNESDAY) == ["03 09:00-03 17:00"]


def test_breaks_are_taken_out_of_the_hours() -> None:
    lunch = WeeklyHours(TUESDAY.weekday(), 720, 780, is_available=False)
    broken = ["02 09:00-02 12:00", "02 13:00-02 17:00"]
    assert pieces_on(plan((lunch,)), TUESDAY) == broken
    assert pieces_on(plan((), (*NINE_TO_FIVE, lunch)), TUESDAY) == broken
    assert pieces_on(plan(NINE_TO_FIVE, (lunch,)), TUESDAY) == ["02 09:00-02 17:00"]


def test_a_break_past_midnight_reaches_the_next_date() -> None:
    cleaning = WeeklyHours(TUESDAY.weekday(), 1380, 1500, is_available=False)  # 23:00-01:00
    assert pieces_on(plan((), (*EVENINGS, cleaning)), TUESDAY) == ["02 20:00-02 23:00"]
    assert pieces_on(plan((), (*EVENINGS, cleaning)), WEDNESDAY) == [
        "03 01:00-03 02:00",
        "03 20:00-04 02:00",
    ]


def test_overlapping_rows_keep_their_own_pieces() -> None:
    twice = (WeeklyHours(1, 540, 720), WeeklyHours(1, 610, 780), WeeklyHours(1, 780, 840))
    assert pieces_on(plan((), twice), TUESDAY) == [
        "02 09:00-02 12:00",
        "02 10:10-02 13:00",
        "02 13:00-02 14:00",
    ]
    assert spans_on(plan((), twice), TUESDAY) == ["02 09:00-02 14:00"]


def test_a_row_goes_on_where_an_opening_lifts_a_closing() -> None:
    lifted = plan((), NINE_TO_FIVE, timed(600, 900, CLOSED), timed(510, 720, OPEN, RESOURCE))
    assert pieces_on(lifted, TUESDAY) == [
        "02 08:30-02 12:00",
        "02 09:00-02 12:00",
        "02 15:00-02 17:00",
    ]


def test_evenings_last_past_midnight() -> None:
    assert pieces_on(plan((), EVENINGS), TUESDAY) == ["02 20:00-03 02:00"]


def test_a_closed_date_takes_its_night_and_the_small_hours_of_the_one_before() -> None:
    closed = plan((), EVENINGS, holidays=frozenset([TUESDAY]))
    assert pieces_on(closed, MONDAY) == ["01 20:00-02 00:00"]
    assert pieces_on(closed, TUESDAY) == []
    assert pieces_on(closed, WEDNESDAY) == ["03 20:00-04 02:00"]


def test_a_timed_closing_past_midnight_speaks_for_the_next_date() -> None:
    closed = plan((), EVENINGS, timed(1410, 1500, CLOSED), whole_day(OPEN, day=WEDNESDAY))
    assert pieces_on(closed, TUESDAY) == ["02 20:00-02 23:30"]
    assert pieces_on(closed, WEDNESDAY) == ["03 01:00-03 02:00", "03 20:00-04 02:00"]


def test_a_timed_opening_past_midnight_outlives_a_holiday() -> None:
    party = plan((), (), timed(1320, 1560, OPEN), holidays=frozenset([TUESDAY, WEDNESDAY]))
    assert pieces_on(party, TUESDAY) == ["02 22:00-03 02:00"]


def test_a_range_of_overrides_opens_its_window_on_every_date() -> None:
    fair = Override(MONDAY, WEDNESDAY, 600, 720, OPEN, "fair")
    assert [pieces_on(plan((), (), fair), day) for day in (MONDAY, TUESDAY, WEDNESDAY)] == [
        ["01 10:00-01 12:00"],
        ["02 10:00-02 12:00"],
        ["03 10:00-03 12:00"],
    ]


def test_round_the_clock_is_one_span() -> None:
    always = plan((), tuple(WeeklyHours(weekday, 0, 1440) for weekday in range(7)))
    found = find_openings(always, *day_span(TUESDAY, "UTC"))
    assert shown(found.spans, "UTC") == ["01 00:00-04 00:00"]
    assert len(found.pieces) == 3


def test_limits_follow_the_pieces_of_their_rows() -> None:
    rows = (WeeklyHours(1, 540, 720, max_duration=30), WeeklyHours(1, 720, 780))
    found = find_openings(plan((), rows, timed(600, 660, CLOSED)), *day_span(TUESDAY, "UTC"))
    limited = [(start, end) for start, end, longest in found.limits if longest == 30]
    assert shown(limited, "UTC") == ["02 09:00-02 10:00", "02 11:00-02 12:00"]
    assert len(found.limits) == 2


@pytest.mark.parametrize(
    ("zone", "day", "window", "expected"),
    [
        # Skipped minutes vanish, and what is left is one piece.
        ("Europe/Berlin", date(2026, 3, 29), (60, 240), ["29 01:00-29 04:00"]),
        ("Europe/Berlin", date(2026, 3, 29), (120, 180), []),
        ("Europe/Berlin", date(2026, 3, 29), (150, 240), ["29 03:00-29 04:00"]),
        ("Australia/Lord_Howe", date(2026, 10, 4), (120, 165), ["04 02:30-04 02:45"]),
        ("America/Sao_Paulo", date(2018, 11, 4), (0, 120), ["04 01:00-04 02:00"]),
        ("Africa/Cairo", date(2026, 4, 24), (0, 60), []),
        ("Pacific/Apia", date(2011, 12, 30), (0, 1440), []),
        # Repeated minutes open twice.
        ("Europe/Berlin", date(2026, 10, 25), (120, 165), ["25 02:00-25 02:45"] * 2),
        ("Europe/Berlin", date(2026, 10, 25), (60, 240), ["25 01:00-25 04:00"]),
        ("America/New_York", date(2027, 11, 7), (90, 100), ["07 01:30-07 01:40"] * 2),
        ("Australia/Lord_Howe", date(2026, 4, 5), (90, 120), ["05 01:30-05 02:00"]),
        (
            "Australia/Lord_Howe",
            date(2026, 4, 5),
            (60, 110),
            ["05 01:00-05 01:50", "05 01:30-05 01:50"],
        ),
        ("Asia/Kathmandu", date(2026, 7, 1), (540, 600), ["01 09:00-01 10:00"]),
        ("Asia/Kathmandu", date(2028, 2, 29), (540, 600), ["29 09:00-29 10:00"]),
    ],
)
def test_hours_mean_the_wall_clock(zone: str, day: date, window: Span, expected: list[str]) -> None:
    rows = (WeeklyHours(day.weekday(), *window),)
    hours = OpeningPlan(zone, rows, ())
    span = day_span(day, zone)
    found = find_openings(hours, span[0] - 1440, span[1] + 1440).pieces
    assert shown(found, zone) == expected


def test_elapsed_time_on_the_days_clocks_change() -> None:
    rows = (WeeklyHours(6, 60, 240),)
    for day, hours in [(date(2026, 3, 29), 2), (date(2026, 10, 25), 4)]:
        (piece,) = find_openings(
            OpeningPlan("Europe/Berlin", rows, ()), *day_span(day, "Europe/Berlin")
        ).pieces
        assert piece[1] - piece[0] == hours * 60


def test_a_closing_within_the_skipped_hour_cuts_nothing() -> None:
    day = date(2026, 3, 29)
    closing = Override(day, day, 120, 180, CLOSED)
    rows = (WeeklyHours(6, 60, 240),)
    assert pieces_on(OpeningPlan("Europe/Berlin", rows, (), (closing,)), day) == ["29 01:00-29 04:00"]


def test_clocks_back_over_midnight_show_the_evening_before_again() -> None:
    night = (WeeklyHours(4, 1439, 2879),)  # Friday 23:59 to Saturday 23:59
    zone, day = "America/St_Johns", date(2010, 11, 7)  # Sunday 00:01 -> Saturday 23:01
    start, _ = day_span(day, zone)
    found = find_openings(OpeningPlan(zone, night, ()), start, start + 30).spans
    assert shown(found, zone) == ["05 23:59-06 23:59", "06 23:01-06 23:59"]


def test_an_empty_window_has_no_openings() -> None:
    found = find_openings(plan(), 100, 100)
    assert (found.pieces, found.spans, found.limits) == ([], [], [])


@pytest.mark.parametrize(
    "make",
    [
        lambda: WeeklyHours(7, 0, 60),
        lambda: WeeklyHours(0, 1440, 1500),
        lambda: WeeklyHours(0, -1, 60),
        lambda: WeeklyHours(0, 60, 60),
        lambda: WeeklyHours(0, 60, 1501),
        lambda: Override(TUESDAY, MONDAY, None, None, CLOSED),
        lambda: Override(MONDAY, TUESDAY, 60, None, CLOSED),
        lambda: Override(MONDAY, TUESDAY, None, 60, CLOSED),
        lambda: Override(MONDAY, TUESDAY, 120, 60, CLOSED),
    ],
)
def test_windows_that_are_none_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"is not|is before|or neither"):
        make()


def test_plans_are_values() -> None:
    one, other = plan(), plan()
    assert one == other
    assert hash(one) == hash(other)
    assert replace(one, zone="Europe/Berlin") != one
    assert hash(pickle.loads(pickle.dumps(one))) == hash(one)
    with pytest.raises(FrozenInstanceError):
        one.zone = "Europe/Berlin"  # type: ignore[misc]


def test_a_changed_plan_is_answered_anew() -> None:
    before = plan()
    assert pieces_on(before, TUESDAY) == ["02 09:00-02 17:00"]
    after = replace(before, overrides=(whole_day(CLOSED),))
    assert pieces_on(after, TUESDAY) == []
    assert pieces_on(before, TUESDAY) == ["02 09:00-02 17:00"]
