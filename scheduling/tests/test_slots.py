"""Slots and refusals: tables for each rule, and the helpers over ranges."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..hours import Limit, Openings
from ..load import ALWAYS
from ..reasons import Reason
from ..slots import (
    SlotRules,
    common_slots,
    count_starts,
    find_refusal,
    find_slots,
    free_spans,
    nearest_starts,
)
from ..spans import Span, merge

pytestmark = pytest.mark.once

HOUR = SlotRules(slot_step=30, min_duration=60, max_duration=120)


def opened(*pieces: Span, limits: list[Limit] | None = None) -> Openings:
    return Openings(sorted(pieces), merge(pieces), limits or [])


def starts(ranges: list[range]) -> list[int]:
    return list(chain.from_iterable(ranges))


def offered(
    openings: Openings, full: list[Span], rules: SlotRules, duration: int = 60, now: int = 0
) -> list[int]:
    return starts(find_slots(openings, full, rules, duration, now, 0, 10_000))


def test_slots_step_from_the_start_of_each_opening() -> None:
    assert offered(opened((605, 725), (800, 865)), [], HOUR) == [605, 635, 665, 800]


def test_a_booking_may_run_on_into_the_next_piece() -> None:
    assert offered(opened((600, 660), (660, 720)), [], HOUR, 120) == [600]


def test_the_window_holds_starts_only() -> None:
    found = find_slots(opened((600, 900)), [], HOUR, 120, 0, 630, 661)
    assert found == [range(630, 661, 30)]
    assert find_slots(opened((600, 900)), [], HOUR, 120, 0, 700, 700) == []


def test_full_spans_leave_what_is_around_them() -> None:
    assert offered(opened((600, 840)), [(690, 720)], HOUR) == [600, 630, 720, 750, 780]
    assert offered(opened((600, 840)), [ALWAYS], HOUR) == []


def test_buffers_keep_clear_of_full_spans_but_may_pass_closing_time() -> None:
    rules = SlotRules(30, 60, 120, buffer_before=15, buffer_after=30)
    assert offered(opened((600, 840)), [], rules) == [600, 630, 660, 690, 720, 750, 780]
    # After 735 there are 15 minutes; before 690, 30.
    assert offered(opened((600, 900)), [(690, 735)], rules) == [600, 750, 780, 810, 840]
    assert free_spans(opened((600, 900)), [(690, 735)], rules, 60) == [(600, 660), (750, 900)]


def test_openings_that_limit_the_length_are_left_out_for_longer_bookings() -> None:
    limited = opened((600, 660), (660, 780), limits=[(600, 660, 60)])
    assert offered(limited, [], HOUR, 60) == [600, 630, 660, 690, 720]
    assert offered(limited, [], HOUR, 90) == [660, 690]


def test_overlapping_openings_offer_each_start_once() -> None:
    found = find_slots(opened((600, 720), (630, 780), (640, 700)), [], HOUR, 60, 0, 0, 10_000)
    assert starts(found) == [600, 630, 660, 690, 640, 670, 720]
    assert [r.start for r in found] == sorted(r.start for r in found)
    assert count_starts(found) == len(set(starts(found)))


def test_an_overlapping_opening_does_not_hide_a_later_one() -> None:
    pieces = opened((600, 900), (630, 1200), (640, 760))  # the second goes on from 900
    assert offered(pieces, [(780, 1140)], HOUR) == [600, 630, 660, 690, 720, 640, 670, 700, 1140]


def test_a_gap_between_grids_of_one_phase_keeps_the_grid() -> None:
    assert offered(opened((600, 670), (630, 800)), [], HOUR) == [600, 630, 660, 690, 720]


def test_notice_and_advance_bound_the_starts() -> None:
    rules = SlotRules(30, 60, 120, min_notice=30, max_advance=90)
    assert offered(opened((600, 900)), [], rules, now=600) == [630, 660, 690]
    assert offered(opened((600, 900)), [], HOUR, now=631) == [660, 690, 720, 750, 780, 810, 840]


@pytest.mark.parametrize(("duration", "slot_count"), [(30, 0), (60, 5), (90, 4), (100, 0), (150, 0)])
def test_only_durations_that_the_rules_allow(duration: int, slot_count: int) -> None:
    assert len(offered(opened((600, 780)), [], HOUR, duration)) == slot_count


RULES = SlotRules(30, 60, 120, 15, 15, min_notice=60, max_advance=1000)
DAY = opened((600, 900), (1000, 1200), limits=[(1000, 1100, 60)])
BOOKED = [(700, 730), (800, 820)]
BOOKED_FOR_SURE = [(700, 730)]


@pytest.mark.parametrize(
    ("start", "end", "now", "reason"),
    [
        (600, 660, 500, None),
        (600, 660, 540, None),
        (600, 660, 601, Reason.PAST),
        (600, 660, 600, Reason.TOO_SOON),
        (600, 660, 541, Reason.TOO_SOON),
        (1120, 1180, 120, None),
        (1120, 1180, 119, Reason.TOO_FAR),
        (600, 659, 500, Reason.TOO_SHORT),
        (600, 600, 500, Reason.TOO_SHORT),
        (600, 500, 500, Reason.TOO_SHORT),
        (600, 721, 500, Reason.TOO_LONG),
        (600, 661, 500, Reason.OFF_STEP),
        (590, 650, 500, Reason.CLOSED),
        (870, 930, 500, Reason.CLOSED),
        (1000, 1060, 500, None),
        (1000, 1090, 500, Reason.TOO_LONG),
        (1090, 1180, 500, Reason.TOO_LONG),
        (1100, 1190, 500, Reason.OFF_STEP),
        (601, 661, 500, Reason.OFF_STEP),
        (630, 690, 500, Reason.TAKEN),  # its buffer after
        (690, 750, 500, Reason.TAKEN),
        (720, 780, 500, Reason.TAKEN),
        (750, 810, 500, Reason.HELD),
        (720, 810, 500, Reason.TAKEN),  # held and taken
        (810, 870, 500, Reason.HELD),
        (840, 900, 500, None),
        # The first rule that is broken is the one that is named.
        (601, 602, 900, Reason.PAST),
        (601, 602, 600, Reason.TOO_SOON),
        (2001, 2002, 900, Reason.TOO_FAR),
        (901, 1100, 500, Reason.TOO_LONG),
        (901, 962, 500, Reason.OFF_STEP),
        (691, 751, 500, Reason.OFF_STEP),
        (1001, 1091, 500, Reason.TOO_LONG),
    ],
)
def test_the_first_broken_rule_is_named(start: int, end: int, now: int, reason: Reason | None) -> None:
    assert find_refusal(DAY, BOOKED, BOOKED_FOR_SURE, RULES, start, end, now) == reason


def test_reason_codes_are_plain_text() -> None:
    assert f"{Reason.TOO_SOON}" == "too_soon"
    assert all(reason == reason.name.lower() for reason in Reason)


@pytest.mark.parametrize(
    ("wanted", "number", "expected"),
    [
        (60, 1, [60]),
        (70, 3, [60, 90, 30]),
        (75, 2, [60, 90]),
        (-500, 2, [0, 30]),
        (5000, 2, [530, 500]),
        (310, 3, [120, 500, 90]),
        (60, 0, []),
        (60, 99, [60, 30, 90, 0, 120, 500, 530]),
    ],
)
def test_the_nearest_starts_come_first(wanted: int, number: int, expected: list[int]) -> None:
    assert nearest_starts([range(0, 121, 30), range(500, 531, 30)], wanted, number) == expected


def test_no_starts_no_alternatives() -> None:
    assert nearest_starts([], 60, 3) == []
    assert count_starts([]) == 0


def ranges_with(step: int | None = None) -> st.SearchStrategy[list[range]]:
    """Disjoint ranges, as `slots` returns them: of the given step, or of several."""
    steps = st.just(step) if step else st.sampled_from([5, 7, 10])
    return st.lists(
        st.builds(
            lambda start, length, by: range(start, start + length, by),
            st.integers(0, 200),
            st.integers(0, 100),
            steps,
        ),
        max_size=4,
    ).map(_disjoint)


def _disjoint(ranges: list[range]) -> list[range]:
    kept: list[range] = []
    for each in ranges:
        if set(each).isdisjoint(chain.from_iterable(kept)):
            kept.append(each)
    return kept


@given(st.lists(st.one_of(ranges_with(10), ranges_with()), min_size=1, max_size=3))
def test_common_slots_are_those_that_all_offer(choices: list[list[range]]) -> None:
    shared = set.intersection(*(set(starts(ranges)) for ranges in choices))
    assert sorted(starts(common_slots(choices))) == sorted(shared)


@given(st.lists(ranges_with(10), min_size=1, max_size=3))
def test_common_slots_of_one_step_stay_ranges(choices: list[list[range]]) -> None:
    found = common_slots(choices)
    shared = set.intersection(*(set(starts(ranges)) for ranges in choices))
    assert sorted(starts(found)) == sorted(shared)
    assert all(each.step == 10 for each in found)


def test_common_slots_of_nothing_are_none() -> None:
    assert common_slots([]) == []
    assert common_slots([[range(0, 10, 5)], []]) == []


@given(ranges_with(10), st.integers(-50, 350), st.integers(0, 9))
def test_nearest_agrees_with_sorting_every_start(ranges: list[range], wanted: int, number: int) -> None:
    by_distance = sorted(starts(ranges), key=lambda start: (abs(start - wanted), start))
    assert nearest_starts(ranges, wanted, number) == by_distance[:number]
