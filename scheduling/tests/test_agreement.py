"""What is offered can be booked, and is what the rules say, on every minute of random days.

Three answers are compared for every start: `slots` (what is offered), `refusal` (what is accepted)
and the oracle, which walks the minutes.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effort import examples

from ..hours import OpeningPlan, Openings, WeeklyHours, find_openings
from ..load import Busy, full_spans
from ..slots import SlotRules, find_refusal, find_slots
from ..spans import Span, covers, merge
from ..zones import day_span
from .oracle import LOOK_BACK, LoadByMinute, Oracle, is_open
from .strategies import (
    CLOCK_CHANGES,
    ORDINARY,
    ROUND_THE_CLOCK,
    some_busy,
    some_plan,
    some_rules,
    some_zone_and_day,
)

pytestmark = pytest.mark.once

slow = examples(60)


def window_around(zone: str, day: date) -> Span:
    """From the evening before a local date to the small hours after it."""
    start, _ = day_span(day, zone)
    _, end = day_span(day, zone)
    return start - 180, max(end, start + 1440) + 120


def offered_and_accepted(
    plan: OpeningPlan,
    rules: SlotRules,
    rows: list[Busy],
    duration: int,
    window: Span,
    now: int,
) -> tuple[list[int], set[int]]:
    """The starts that the engine offers, and those it accepts when asked one by one."""
    start, end = window
    full = full_spans(rows, 3, 1)
    found = find_slots(find_openings(plan, start, end + duration), full, rules, duration, now, start, end)
    accepted = {
        minute
        for minute in range(start, end)
        # The openings of the booking alone: the answer must not depend on the window.
        if not find_refusal(
            find_openings(plan, minute, minute + duration),
            full,
            full,
            rules,
            minute,
            minute + duration,
            now,
        )
    }
    return list(chain.from_iterable(found)), accepted


@slow
@given(st.data())
def test_offered_accepted_and_right_are_the_same(data: st.DataObject) -> None:
    zone, day = data.draw(some_zone_and_day)
    plan = data.draw(some_plan(zone, day))
    rules = data.draw(some_rules())
    window = window_around(zone, day)
    rows = data.draw(some_busy(*window))
    now = data.draw(st.integers(window[0] - 1000, window[0] + 1000))
    step = rules.length_step or rules.slot_step
    steps = (rules.max_duration - rules.min_duration) // step
    duration = rules.min_duration + step * data.draw(st.integers(0, steps))

    offered, accepted = offered_and_accepted(plan, rules, rows, duration, window, now)
    right = offers_by_the_minute(plan, rules, rows, duration, window, now)
    assert len(offered) == len(set(offered))
    assert set(offered) == accepted
    assert accepted == right


def offers_by_the_minute(
    plan: OpeningPlan,
    rules: SlotRules,
    rows: list[Busy],
    duration: int,
    window: Span,
    now: int,
) -> set[int]:
    """The oracle's answer: bookings of one unit where three may be in use at once."""
    start, end = window
    load = LoadByMinute(rows, range(start - 100, end + duration + 100))
    return Oracle(plan, start, end, end + duration).offers(rules, duration, load, 2, now)


@pytest.mark.parametrize(("zone", "day"), CLOCK_CHANGES + ORDINARY)
@pytest.mark.parametrize("hours", [(0, 1440), (90, 185), (1380, 1530)])
def test_the_days_that_clocks_change(zone: str, day: date, hours: Span) -> None:
    rows = tuple(WeeklyHours(weekday, *hours) for weekday in range(7))
    plan = OpeningPlan(zone, rows, ())
    rules = SlotRules(15, 30, 60)
    window = window_around(zone, day)
    offered, accepted = offered_and_accepted(plan, rules, [], 30, window, window[0])
    right = offers_by_the_minute(plan, rules, [], 30, window, window[0])
    assert right
    assert set(offered) == accepted == right


@slow
@given(st.data())
def test_open_is_what_the_first_word_says(data: st.DataObject) -> None:
    zone, day = data.draw(some_zone_and_day)
    plan = data.draw(some_plan(zone, day))
    start, end = window_around(zone, day)
    found = find_openings(plan, start, end)
    assert found.spans == merge(found.pieces)
    for minute in range(start, end, 7):
        assert covers(found.spans, minute, minute + 1) == is_open(plan, minute)


@examples(60)
@given(st.data())
def test_openings_do_not_depend_on_the_window(data: st.DataObject) -> None:
    zone, day = data.draw(some_zone_and_day)
    plan = data.draw(some_plan(zone, day))
    start, end = window_around(zone, day)
    wide = find_openings(plan, start - 3 * 1440, end + 3 * 1440)
    minute = data.draw(st.integers(start, end - 1))
    narrow = find_openings(plan, minute, minute + 1)
    assert over(narrow, minute) == over(wide, minute)


def over(found: Openings, minute: int) -> list[tuple[int, ...]]:
    """The pieces and limits over one minute."""
    return [span for span in [*found.pieces, *found.limits] if span[0] <= minute < span[1]]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Apia", "America/New_York"])
def test_round_the_clock_is_never_closed(zone: str) -> None:
    plan = OpeningPlan(zone, ROUND_THE_CLOCK, ())
    start, _ = day_span(date(2011, 1, 1), zone)
    end, _ = day_span(date(2012, 3, 1), zone)
    found = find_openings(plan, start, end)
    assert covers(found.spans, start, end)
    assert len(found.spans) == 1


def test_a_leap_day_has_its_own_hours() -> None:
    leap_day = date(2028, 2, 29)
    rows = (WeeklyHours(leap_day.weekday(), 540, 600, valid_from=leap_day, valid_until=leap_day),)
    plan = OpeningPlan("Europe/Berlin", rows, ())
    start, _ = day_span(leap_day - timedelta(days=60), "Europe/Berlin")
    found = find_openings(plan, start, start + 120 * 1440)
    midnight, _ = day_span(leap_day, "Europe/Berlin")
    assert found.spans == [(midnight + 540, midnight + 600)]


def test_the_oracle_looks_back_far_enough() -> None:
    """A window lasts 24 hours on the wall clock: 25 on the day that clocks go back."""
    assert LOOK_BACK > 25 * 60
