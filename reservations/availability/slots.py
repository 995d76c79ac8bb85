from collections.abc import Sequence
from uuid import UUID

from reservations.availability.engine import full_spans_of, ranges_within, read_busy, rules_for
from reservations.availability.occupied import BusyRow
from reservations.availability.values import BusyByLeaf, Moment, Slot, Wish
from reservations.policies import people_violation
from resources.bookables import Bookable
from resources.stays import end_of, length_of, longest_of
from scheduling.hours import Openings, find_openings
from scheduling.load import ALWAYS, LoadProfile
from scheduling.reasons import Reason
from scheduling.slots import find_refusal
from scheduling.spans import covers


def slots_with_reasons(
    bookable: Bookable, wish: Wish, *, start: int, end: int, moment: Moment, excluding: UUID | None = None
) -> list[Slot]:
    """Every start of the grid in [start, end), with the reason it is not free, and the units left."""
    busy = read_busy([bookable], start, end, moment, duration=wish.duration, excluding=excluding)
    return slots_within(bookable, wish, busy, start=start, end=end, now=moment.minute)


def slots_within(
    bookable: Bookable, wish: Wish, busy: BusyByLeaf, *, start: int, end: int, now: int
) -> list[Slot]:
    opened = find_openings(bookable.plan, start, end + longest_of(bookable, wish.duration))
    step = bookable.slot_rules.slot_step
    starts = {
        at
        for opens, closes in opened.pieces
        for at in range(opens, closes, step)
        # Starts just before closing are no slots at all.
        if start <= at < end and covers(opened.spans, at, end_of(bookable, at, wish.duration))
    }
    free = {
        minute
        for free_range in ranges_within(bookable, wish, busy, start=start, end=end, now=now)
        for minute in free_range
    }
    check, remaining = SlotChecker(bookable, wish, busy, opened, now), _Remaining(bookable, busy)
    spans = [(at, end_of(bookable, at, wish.duration)) for at in sorted(starts)]
    return [Slot(*span, None if span[0] in free else check(*span), remaining(*span)) for span in spans]


class SlotChecker:
    def __init__(self, bookable: Bookable, wish: Wish, busy: BusyByLeaf, opened: Openings, now: int) -> None:
        units = bookable.units_for(wish.party_size, wish.quantity)
        self.people = people_violation(bookable, wish.booker, wish.party_size)
        self.bookable, self.opened, self.now = bookable, opened, now
        self.rules = rules_for(bookable, wish.booker)
        self.full = full_spans_of(bookable.leaves, busy, units)
        self.full_without_holds = self.full and full_spans_of(bookable.leaves, busy, units, holds=False)

    def __call__(self, start: int, end: int) -> Reason | None:
        if self.people:
            return self.people.reason
        reason = find_refusal(
            self.opened,
            self.full,
            self.full_without_holds,
            self.rules,
            start,
            end,
            self.now,
            length_of(self.bookable, start, end),
        )
        return _refine_reason(self.bookable, reason, over_limit=self.full == [ALWAYS])


def _refine_reason(bookable: Bookable, reason: Reason | None, *, over_limit: bool) -> Reason | None:
    if reason == Reason.TAKEN:
        if bookable.is_whole:
            return Reason.PART_TAKEN
        return Reason.CAPACITY if over_limit or bookable.limit > 1 else Reason.TAKEN
    return reason


class _Remaining:
    def __init__(self, bookable: Bookable, busy: BusyByLeaf) -> None:
        self.rules = bookable.slot_rules
        self.leaves = [(leaf.limit, _make_profile(busy.get(leaf.id, ()))) for leaf in bookable.leaves]

    def __call__(self, start: int, end: int) -> int:
        first, last = self.rules.blocked(start, end)
        return max(min(limit - load.peak(first, last) for limit, load in self.leaves), 0)


def _make_profile(rows: Sequence[BusyRow]) -> LoadProfile:
    return LoadProfile.of((b0, b1, units) for b0, b1, units, _is_hold in rows)
