"""Which starts are free: the engine of ``scheduling`` over what is occupied.

Slots, search, probes and the check at booking time all end in the engine's ``slots`` and ``refusal``,
on the same opening plans and the same busy rows. So what is offered can be booked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from reservations.availability.occupied import BusyRow, busy_rows
from reservations.availability.values import BusyByLeaf, Moment, Wish
from reservations.policies import Booker, people_violation
from resources.facts import Bookable, Leaf
from scheduling.hours import find_openings
from scheduling.load import full_spans
from scheduling.slots import SlotRules, find_slots, nearest_starts
from scheduling.spans import Span, merge
from scheduling.zones import DAY


def rules_for(bookable: Bookable, booker: Booker) -> SlotRules:
    """Staff may book at short notice and far ahead; hours, steps and buffers bind everybody."""
    rules = bookable.slot_rules
    return replace(rules, min_notice=0, max_advance=None) if booker.is_staff else rules


def full_for(leaves: Sequence[Leaf], busy: BusyByLeaf, units: int, *, holds: bool = True) -> list[Span]:
    """Where any leaf is too full for ``units`` more."""
    spans: list[Span] = []
    for leaf in leaves:
        found = busy.get(leaf.id)
        if not found and units <= leaf.limit:  # nothing booked: the common case, without a sweep
            continue
        rows = [(b0, b1, used) for b0, b1, used, is_hold in found or () if holds or not is_hold]
        spans += full_spans(rows, leaf.limit, units)
    return merge(spans) if len(leaves) > 1 else spans


def ranges_within(
    bookable: Bookable, wish: Wish, busy: BusyByLeaf, *, start: int, end: int, now: int
) -> list[range]:
    """Every bookable start in [start, end) as ranges; ``busy_for`` has the rows for them."""
    if people_violation(bookable, wish.booker, wish.party_size):
        return []
    full = full_for(bookable.leaves, busy, bookable.units_for(wish.party_size, wish.quantity))
    return _ranges(bookable, wish, full, start=start, end=end, now=now)


def _ranges(
    bookable: Bookable, wish: Wish, full: Sequence[Span], *, start: int, end: int, now: int
) -> list[range]:
    opened = find_openings(bookable.plan, start, end + wish.duration)
    return find_slots(opened, full, rules_for(bookable, wish.booker), wish.duration, now, start, end)


class FreeRanges:
    """``ranges_within`` for many that ``is_meant_for`` accepts: those with equal hours and rules that are
    equally full, mostly not at all, share one answer.
    """

    def __init__(self, busy: BusyByLeaf, now: int) -> None:
        self._busy, self._now = busy, now
        self._known: dict[tuple[Any, ...], list[range]] = {}

    def find(self, bookable: Bookable, wish: Wish, start: int, end: int) -> list[range]:
        units = bookable.units_for(wish.party_size, wish.quantity)
        full = full_for(bookable.leaves, self._busy, units)
        rules = bookable.slot_rules
        key = (start, end, wish.duration, wish.booker.is_staff, rules, bookable.plan, *full)
        ranges = self._known.get(key)
        if ranges is None:
            ranges = _ranges(bookable, wish, full, start=start, end=end, now=self._now)
            self._known[key] = ranges
        return ranges


def is_meant_for(bookable: Bookable, wish: Wish) -> bool:
    """Whether such a booking is possible here at any time."""
    if bookable.slot_rules.refuses_duration(wish.duration):
        return False
    return people_violation(bookable, wish.booker, wish.party_size) is None


def busy_for(
    bookables: Iterable[Bookable],
    start: int,
    end: int,
    moment: Moment,
    *,
    duration: int,
    but: UUID | None = None,
) -> dict[int, list[BusyRow]]:
    """One query for all rows that matter to these bookables' starts in [start, end)."""
    found = list(bookables)
    rules = {id(each.slot_rules): each.slot_rules for each in found}.values()
    leaf_ids = {leaf.id for each in found for leaf in each.leaves}
    return busy_rows(
        leaf_ids,
        start - max((each.buffer_before for each in rules), default=0),
        end + duration + max((each.buffer_after for each in rules), default=0),
        now_seconds=moment.seconds,
        but=but,
    )


def free_ranges(
    bookable: Bookable, wish: Wish, *, start: int, end: int, moment: Moment, but: UUID | None = None
) -> list[range]:
    """Bookable starts of one resource in [start, end); ``but`` is a reservation about to be moved."""
    busy = busy_for([bookable], start, end, moment, duration=wish.duration, but=but)
    return ranges_within(bookable, wish, busy, start=start, end=end, now=moment.minute)


def free_ranges_of_many(
    bookables: Sequence[Bookable], wish: Wish, *, start: int, end: int, moment: Moment
) -> dict[int, list[range]]:
    """Which of many resources are free within [start, end): id -> starts, only those with any. One query."""
    suitable = [each for each in bookables if is_meant_for(each, wish)]
    free = FreeRanges(busy_for(suitable, start, end, moment, duration=wish.duration), moment.minute)
    found = ((each.id, free.find(each, wish, start, end)) for each in suitable)
    return {bookable_id: ranges for bookable_id, ranges in found if ranges}


def alternatives(
    bookable: Bookable, wish: Wish, *, wanted: int, moment: Moment, count: int = 3, but: UUID | None = None
) -> list[int]:
    """Up to ``count`` bookable starts closest to ``wanted`` within a week around it (UTC minutes)."""
    start = max(wanted - 3 * DAY, moment.minute)
    ranges = free_ranges(bookable, wish, start=start, end=wanted + 4 * DAY, moment=moment, but=but)
    return sorted(nearest_starts(ranges, wanted, count))
