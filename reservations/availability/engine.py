"""Slots, search, probes and the check at booking all use this engine: what is offered can be booked."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from reservations.availability.occupied import BusyRow, busy_rows
from reservations.availability.values import BusyByLeaf, Moment, Wish
from reservations.policies import Booker, people_violation
from resources.bookables import Bookable, Leaf
from resources.stays import cut_by_length, is_stay, longest_of
from scheduling.hours import find_openings
from scheduling.load import full_spans
from scheduling.slots import SlotRules, find_slots, nearest_starts
from scheduling.spans import Span, merge
from scheduling.zones import DAY

STAFF_SHORTEST = 5
"""Minutes that staff book at least, whatever the rules say."""
STAFF_GRACE = 10
"""Minutes for which staff may come late to write down who has just sat down."""


def rules_for(bookable: Bookable, booker: Booker) -> SlotRules:
    """Staff need not keep notice, horizon and steps; hours and buffers bind everybody."""
    rules = bookable.slot_rules
    if not booker.is_staff:
        return rules
    if is_stay(bookable):
        return replace(rules, min_notice=0, max_advance=None)
    return replace(
        rules,
        min_notice=-STAFF_GRACE,
        max_advance=None,
        min_duration=min(rules.min_duration, STAFF_SHORTEST),
        length_step=1,
        any_start=True,
    )


def full_spans_of(leaves: Sequence[Leaf], busy: BusyByLeaf, units: int, *, holds: bool = True) -> list[Span]:
    """The spans in which any leaf lacks room for ``units`` more."""
    spans: list[Span] = []
    for leaf in leaves:
        leaf_rows = busy.get(leaf.id)
        # The common case, without a sweep: nothing is booked.
        if not leaf_rows and units <= leaf.limit:
            continue
        rows = [(b0, b1, used) for b0, b1, used, is_hold in leaf_rows or () if holds or not is_hold]
        spans += full_spans(rows, leaf.limit, units)
    return merge(spans) if len(leaves) > 1 else spans


def ranges_within(
    bookable: Bookable, wish: Wish, busy: BusyByLeaf, *, start: int, end: int, now: int
) -> list[range]:
    if people_violation(bookable, wish.booker, wish.party_size):
        return []
    full = full_spans_of(bookable.leaves, busy, bookable.units_for(wish.party_size, wish.quantity))
    return _find_ranges(bookable, wish, full, start=start, end=end, now=now)


def _find_ranges(
    bookable: Bookable, wish: Wish, full: Sequence[Span], *, start: int, end: int, now: int
) -> list[range]:
    rules = rules_for(bookable, wish.booker)
    if rules.refuses_duration(wish.duration):
        return []
    opened = find_openings(bookable.plan, start, end + longest_of(bookable, wish.duration))
    ranges: list[range] = []
    # Nights over a change of clocks take an hour more or less than the others.
    for first, last, minutes in cut_by_length(bookable, start, end, wish.duration):
        of_length = rules if minutes == wish.duration else rules.for_length(minutes)
        ranges += find_slots(opened, full, of_length, minutes, now, first, last)
    return ranges


class FreeRanges:
    """``ranges_within`` for many: those with equal hours and rules that are equally full share one answer."""

    def __init__(self, busy: BusyByLeaf, now: int) -> None:
        self._busy, self._now = busy, now
        self._known: dict[tuple[Any, ...], list[range]] = {}

    def find(self, bookable: Bookable, wish: Wish, start: int, end: int) -> list[range]:
        units = bookable.units_for(wish.party_size, wish.quantity)
        full = full_spans_of(bookable.leaves, self._busy, units)
        rules = bookable.slot_rules
        stays = is_stay(bookable)
        key = (start, end, wish.duration, wish.booker.is_staff, stays, rules, bookable.plan, *full)
        ranges = self._known.get(key)
        if ranges is None:
            ranges = _find_ranges(bookable, wish, full, start=start, end=end, now=self._now)
            self._known[key] = ranges
        return ranges


def is_meant_for(bookable: Bookable, wish: Wish) -> bool:
    if rules_for(bookable, wish.booker).refuses_duration(wish.duration):
        return False
    return people_violation(bookable, wish.booker, wish.party_size) is None


def read_busy(
    bookables: Iterable[Bookable],
    start: int,
    end: int,
    moment: Moment,
    *,
    duration: int,
    excluding: UUID | None = None,
) -> dict[int, list[BusyRow]]:
    """One query for all rows that bear on starts in [start, end), by leaf id."""
    all_bookables = list(bookables)
    rules = {id(bookable.slot_rules): bookable.slot_rules for bookable in all_bookables}.values()
    leaf_ids = {leaf.id for bookable in all_bookables for leaf in bookable.leaves}
    return busy_rows(
        leaf_ids,
        start - max((slot_rules.buffer_before for slot_rules in rules), default=0),
        end
        + max((longest_of(bookable, duration) for bookable in all_bookables), default=duration)
        + max((slot_rules.buffer_after for slot_rules in rules), default=0),
        now_seconds=moment.seconds,
        excluding=excluding,
    )


def free_ranges(
    bookable: Bookable, wish: Wish, *, start: int, end: int, moment: Moment, excluding: UUID | None = None
) -> list[range]:
    """Bookable starts of one resource in [start, end), ignoring the reservation ``excluding``."""
    busy = read_busy([bookable], start, end, moment, duration=wish.duration, excluding=excluding)
    return ranges_within(bookable, wish, busy, start=start, end=end, now=moment.minute)


def free_ranges_of_many(
    bookables: Sequence[Bookable], wish: Wish, *, start: int, end: int, moment: Moment
) -> dict[int, list[range]]:
    """The resources with free starts in [start, end), by id; one query."""
    suitable = [bookable for bookable in bookables if is_meant_for(bookable, wish)]
    free = FreeRanges(read_busy(suitable, start, end, moment, duration=wish.duration), moment.minute)
    ranges_by_id = ((bookable.id, free.find(bookable, wish, start, end)) for bookable in suitable)
    return {bookable_id: ranges for bookable_id, ranges in ranges_by_id if ranges}


def find_alternatives(
    bookable: Bookable,
    wish: Wish,
    *,
    wanted: int,
    moment: Moment,
    count: int = 3,
    excluding: UUID | None = None,
) -> list[int]:
    """Up to ``count`` bookable starts closest to ``wanted`` (UTC minutes), within a week around it."""
    start = max(wanted - 3 * DAY, moment.minute)
    ranges = free_ranges(
        bookable, wish, start=start, end=wanted + 4 * DAY, moment=moment, excluding=excluding
    )
    return sorted(nearest_starts(ranges, wanted, count))
