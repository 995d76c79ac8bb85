"""What is free, and why not: the engine of ``scheduling`` over the rows of ``reservations.busy``.

Slots, search, probes and the check at booking time all end in the engine's ``slots`` and ``refusal``,
on the same opening plans and the same busy rows. So what is offered can be booked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from reservations.busy import BusyRow, busy_rows
from reservations.policies import Booker, Violation, people_violation, violation
from resources.facts import Bookable, Leaf
from scheduling.hours import Openings, openings
from scheduling.load import ALWAYS, full_spans, peak
from scheduling.reasons import Reason
from scheduling.slots import SlotRules, nearest, refusal, slots
from scheduling.spans import Span, merge

DAY = 1440
FIRST_HORIZON = 2 * DAY
"""How far ``first_available`` looks at first; doubled until everything is resolved."""

BusyByLeaf = Mapping[int, Sequence[BusyRow]]


@dataclass(frozen=True, slots=True)
class Moment:
    """The present: UTC minutes for the rules, UTC seconds for the expiry of holds.

    They differ on purpose: an import judges the rules by the time a record was made, while holds
    always expire by the real clock.
    """

    minute: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for: minutes, people, and the quantity where units are asked for directly."""

    duration: int
    party_size: int = 1
    quantity: int = 1
    booker: Booker = Booker()


@dataclass(frozen=True, slots=True)
class Slot:
    """One possible start. ``reason`` is None when it can be booked; ``remaining`` counts units."""

    start: int
    end: int
    reason: Reason | None
    remaining: int


@dataclass(frozen=True, slots=True)
class Probe:
    """One question: can this be booked from ``start`` to ``end`` (UTC minutes) for the party?"""

    bookable: Bookable
    start: int
    end: int
    party_size: int = 1
    quantity: int = 1


def rules_for(bookable: Bookable, booker: Booker) -> SlotRules:
    """Staff may book at short notice and far ahead; hours, steps and buffers bind everybody."""
    rules = bookable.slot_rules
    return replace(rules, min_notice=0, max_advance=None) if booker.is_staff else rules


def window(bookable: Bookable, start: int, end: int, duration: int) -> Span:
    """The span whose busy rows decide about starts within [start, end)."""
    rules = bookable.slot_rules
    return start - rules.buffer_before, end + duration + rules.buffer_after


def full_for(leaves: Iterable[Leaf], busy: BusyByLeaf, units: int, *, holds: bool = True) -> list[Span]:
    """Where any leaf is too full for ``units`` more."""
    spans: list[Span] = []
    for leaf in leaves:
        rows = [(b0, b1, used) for b0, b1, used, is_hold in busy.get(leaf.id, ()) if holds or not is_hold]
        spans += full_spans(rows, leaf.limit, units)
    return merge(spans) if len(spans) > 1 else spans


def ranges_within(
    bookable: Bookable, wish: Wish, busy: BusyByLeaf, *, start: int, end: int, now: int
) -> list[range]:
    """Every bookable start in [start, end) as ranges; the rows in ``busy`` must cover ``window``."""
    if people_violation(bookable, wish.booker, wish.party_size):
        return []
    units = bookable.units_for(wish.party_size, wish.quantity)
    opened = openings(bookable.plan, start, end + wish.duration)
    full = full_for(bookable.leaves, busy, units)
    return slots(opened, full, rules_for(bookable, wish.booker), wish.duration, now, start, end)


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
    spans = [window(bookable, start, end, duration) for bookable in found] or [(start, end)]
    leaf_ids = {leaf.id for bookable in found for leaf in bookable.leaves}
    return busy_rows(
        leaf_ids,
        min(first for first, _ in spans),
        max(last for _, last in spans),
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
    fitting = [each for each in bookables if not people_violation(each, wish.booker, wish.party_size)]
    busy = busy_for(fitting, start, end, moment, duration=wish.duration)
    found = {
        each.id: ranges_within(each, wish, busy, start=start, end=end, now=moment.minute) for each in fitting
    }
    return {resource_id: ranges for resource_id, ranges in found.items() if ranges}


def first_available(
    bookables: Sequence[Bookable], wish: Wish, *, start: int, horizon: int, moment: Moment
) -> dict[int, int]:
    """The first bookable start of each resource within ``horizon`` minutes of ``start``; id -> UTC minute.

    Looks a little ahead, then twice as far for those still without an answer: most have one soon,
    and only the full ones cost a long look.
    """
    found: dict[int, int] = {}
    begin, step = start, FIRST_HORIZON
    open_ones = list(bookables)
    while open_ones and begin < start + horizon:
        until = min(begin + step, start + horizon)
        ranges = free_ranges_of_many(open_ones, wish, start=begin, end=until, moment=moment)
        found |= {resource_id: free[0].start for resource_id, free in ranges.items()}
        open_ones = [each for each in open_ones if each.id not in found]
        begin, step = until, step * 2
    return found


def slots_with_reasons(
    bookable: Bookable, wish: Wish, *, start: int, end: int, moment: Moment, but: UUID | None = None
) -> list[Slot]:
    """Every start of the grid in [start, end), free or not, with the reason and the units left."""
    busy = busy_for([bookable], start, end, moment, duration=wish.duration, but=but)
    opened = openings(bookable.plan, start, end + wish.duration)
    step = bookable.slot_rules.slot_step
    starts = sorted(
        {
            at
            for opens, closes in opened.pieces
            for at in range(opens, closes, step)
            if start <= at < end and _fits(opened, at, at + wish.duration)
        }
    )
    check = _Checker(bookable, wish, busy, opened, moment.minute)
    return [
        Slot(at, at + wish.duration, check(at), _remaining(bookable, busy, at, at + wish.duration))
        for at in starts
    ]


def _fits(opened: Openings, start: int, end: int) -> bool:
    """Whether an opening has the whole span: starts just before closing are no slots at all."""
    return any(opens <= start and end <= closes for opens, closes in opened.spans)


class _Checker:
    """``refusal`` for many starts over the same rows; the full spans are computed once."""

    def __init__(self, bookable: Bookable, wish: Wish, busy: BusyByLeaf, opened: Openings, now: int) -> None:
        units = bookable.units_for(wish.party_size, wish.quantity)
        self.people = people_violation(bookable, wish.booker, wish.party_size)
        self.bookable, self.duration, self.opened, self.now = bookable, wish.duration, opened, now
        self.rules = rules_for(bookable, wish.booker)
        self.full = full_for(bookable.leaves, busy, units)
        self.full_without_holds = full_for(bookable.leaves, busy, units, holds=False)

    def __call__(self, start: int) -> Reason | None:
        if self.people:
            return self.people.reason
        end = start + self.duration
        found = refusal(self.opened, self.full, self.full_without_holds, self.rules, start, end, self.now)
        return _named(self.bookable, found, over_limit=self.full == [ALWAYS])


def _named(bookable: Bookable, reason: Reason | None, *, over_limit: bool) -> Reason | None:
    """``taken`` in the words that fit: a part is taken, or too few units are left."""
    if reason == Reason.TAKEN:
        if bookable.is_whole:
            return Reason.PART_TAKEN
        return Reason.CAPACITY if over_limit or bookable.limit > 1 else Reason.TAKEN
    return reason


def _remaining(bookable: Bookable, busy: BusyByLeaf, start: int, end: int) -> int:
    """Units that the scarcest leaf has left over the blocked span."""
    first, last = bookable.slot_rules.blocked(start, end)
    left = [
        leaf.limit - peak([row[:3] for row in busy.get(leaf.id, ())], first, last) for leaf in bookable.leaves
    ]
    return max(min(left), 0)


def violations(
    probes: Sequence[Probe], booker: Booker, moment: Moment, *, but: UUID | None = None
) -> list[Violation | None]:
    """For each probe why it cannot be booked, or None. One query for all of them."""
    if not probes:
        return []
    bookables = {probe.bookable.id: probe.bookable for probe in probes}.values()
    start, end = min(probe.start for probe in probes), max(probe.end for probe in probes)
    busy = busy_for(bookables, start, end, moment, duration=0, but=but)
    return [_probe_violation(probe, booker, busy, moment.minute) for probe in probes]


def _probe_violation(probe: Probe, booker: Booker, busy: BusyByLeaf, now: int) -> Violation | None:
    bookable = probe.bookable
    if people := people_violation(bookable, booker, probe.party_size):
        return people
    wish = Wish(probe.end - probe.start, probe.party_size, probe.quantity, booker)
    near = _near(bookable, busy, probe)
    opened = openings(bookable.plan, probe.start, probe.end)
    reason = _Checker(bookable, wish, near, opened, now)(probe.start)
    return violation(reason) if reason else None


def _near(bookable: Bookable, busy: BusyByLeaf, probe: Probe) -> BusyByLeaf:
    """Only the rows that touch the probe's blocked span: the sweep then costs what they cost."""
    first, last = bookable.slot_rules.blocked(probe.start, probe.end)
    return {
        leaf.id: [row for row in busy.get(leaf.id, ()) if row[0] < last and row[1] > first]
        for leaf in bookable.leaves
    }


def alternatives(
    bookable: Bookable, wish: Wish, *, wanted: int, moment: Moment, count: int = 3, but: UUID | None = None
) -> list[int]:
    """Up to ``count`` bookable starts closest to ``wanted`` within a week around it (UTC minutes)."""
    start = max(wanted - 3 * DAY, moment.minute)
    ranges = free_ranges(bookable, wish, start=start, end=wanted + 4 * DAY, moment=moment, but=but)
    return sorted(nearest(ranges, wanted, count))
