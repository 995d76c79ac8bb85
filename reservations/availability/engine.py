"""What is free, and why not: the engine of ``scheduling`` over what is occupied.

Slots, search, probes and the check at booking time all end in the engine's ``slots`` and ``refusal``,
on the same opening plans and the same busy rows. So what is offered can be booked.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from uuid import UUID

from reservations.availability.occupied import BusyRow, busy_rows, rows_touching
from reservations.policies import Booker, Violation, people_violation, violation
from resources.facts import Bookable, Leaf
from scheduling.hours import OpeningPlan, Openings, openings
from scheduling.load import ALWAYS, full_spans
from scheduling.reasons import Reason
from scheduling.slots import SlotRules, nearest, refusal, slots
from scheduling.spans import Span, covers, merge

DAY = 1440
FIRST_HORIZON = DAY
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
    """Every bookable start in [start, end) as ranges; the rows in ``busy`` must cover ``window``."""
    if people_violation(bookable, wish.booker, wish.party_size):
        return []
    full = full_for(bookable.leaves, busy, bookable.units_for(wish.party_size, wish.quantity))
    return _ranges(bookable, wish, full, start=start, end=end, now=now)


def _ranges(
    bookable: Bookable, wish: Wish, full: Sequence[Span], *, start: int, end: int, now: int
) -> list[range]:
    opened = openings(bookable.plan, start, end + wish.duration)
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
    fitting = [each for each in bookables if not people_violation(each, wish.booker, wish.party_size)]
    busy = busy_for(fitting, start, end, moment, duration=wish.duration)
    # Resources with equal hours and rules and equally full, mostly not at all, share one answer.
    known: dict[tuple[OpeningPlan, SlotRules, tuple[Span, ...]], list[range]] = {}
    found: dict[int, list[range]] = {}
    for each in fitting:
        full = full_for(each.leaves, busy, each.units_for(wish.party_size, wish.quantity))
        key = (each.plan, each.slot_rules, tuple(full))
        ranges = known.get(key)
        if ranges is None:
            ranges = known[key] = _ranges(each, wish, full, start=start, end=end, now=moment.minute)
        if ranges:
            found[each.id] = list(ranges)
    return found


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
    return slots_within(bookable, wish, busy, start=start, end=end, now=moment.minute)


def slots_within(
    bookable: Bookable, wish: Wish, busy: BusyByLeaf, *, start: int, end: int, now: int
) -> list[Slot]:
    """``slots_with_reasons`` from rows that were read for many resources at once (``busy_for``)."""
    opened = openings(bookable.plan, start, end + wish.duration)
    step, duration = bookable.slot_rules.slot_step, wish.duration
    starts = {
        at
        for opens, closes in opened.pieces
        for at in range(opens, closes, step)
        # Starts just before closing are no slots at all.
        if start <= at < end and covers(opened.spans, at, at + duration)
    }
    free = {at for each in ranges_within(bookable, wish, busy, start=start, end=end, now=now) for at in each}
    check, left = _Checker(bookable, wish, busy, opened, now), _Remaining(bookable, busy)
    return [
        Slot(at, at + duration, None if at in free else check(at), left(at, at + duration))
        for at in sorted(starts)
    ]


class _Checker:
    """``refusal`` for many starts over the same rows; the full spans are computed once."""

    def __init__(self, bookable: Bookable, wish: Wish, busy: BusyByLeaf, opened: Openings, now: int) -> None:
        units = bookable.units_for(wish.party_size, wish.quantity)
        self.people = people_violation(bookable, wish.booker, wish.party_size)
        self.bookable, self.duration, self.opened, self.now = bookable, wish.duration, opened, now
        self.rules = rules_for(bookable, wish.booker)
        self.full = full_for(bookable.leaves, busy, units)
        self.full_without_holds = self.full and full_for(bookable.leaves, busy, units, holds=False)

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


class _Remaining:
    """Units that the scarcest leaf has left over a blocked span; the rows are counted once."""

    def __init__(self, bookable: Bookable, busy: BusyByLeaf) -> None:
        self.rules = bookable.slot_rules
        self.leaves = [(leaf.limit, *_profile(busy.get(leaf.id, ()))) for leaf in bookable.leaves]

    def __call__(self, start: int, end: int) -> int:
        first, last = self.rules.blocked(start, end)
        return max(
            min(limit - _peak(minutes, loads, first, last) for limit, minutes, loads in self.leaves), 0
        )


def _profile(rows: Sequence[BusyRow]) -> tuple[list[int], list[int]]:
    """The minutes at which the load changes, and the load from each of them on."""
    changes: dict[int, int] = defaultdict(int)
    for b0, b1, units, _ in rows:
        changes[b0] += units
        changes[b1] -= units
    minutes = sorted(changes)
    return minutes, list(accumulate(changes[minute] for minute in minutes))


def _peak(minutes: Sequence[int], loads: Sequence[int], start: int, end: int) -> int:
    first = bisect_right(minutes, start) - 1
    return max(loads[max(first, 0) : bisect_left(minutes, end)], default=0)


def violations(
    probes: Sequence[Probe], booker: Booker, moment: Moment, *, but: UUID | None = None
) -> list[Violation | None]:
    """For each probe why it cannot be booked, or None. One query for all of them."""
    busy = _rows_by_probe(probes, moment, but)
    check = _ProbeChecker(booker, moment.minute)
    return [check(probe, busy.get(number)) for number, probe in enumerate(probes)]


def _rows_by_probe(probes: Sequence[Probe], moment: Moment, but: UUID | None) -> dict[int, BusyByLeaf]:
    """By the probe's position, only the rows that touch its blocked span: the sweep costs what they cost."""
    owners, windows = [], []
    for number, probe in enumerate(probes):
        first, last = probe.bookable.slot_rules.blocked(probe.start, probe.end)
        for leaf in probe.bookable.leaves:
            owners.append((number, leaf.id))
            windows.append((leaf.id, first, last))
    found: dict[int, dict[int, list[BusyRow]]] = defaultdict(dict)
    for position, rows in rows_touching(windows, now_seconds=moment.seconds, but=but).items():
        number, leaf_id = owners[position]
        found[number][leaf_id] = rows
    return dict(found)


class _ProbeChecker:
    """Answers probe after probe; what the rules alone decide is looked up once for equal questions."""

    def __init__(self, booker: Booker, now: int) -> None:
        self.booker, self.now = booker, now
        self.by_rules: dict[tuple[OpeningPlan, SlotRules, int, int], Violation | None] = {}
        self.by_people: dict[tuple[int, int, int], tuple[Violation | None, bool]] = {}

    def __call__(self, probe: Probe, busy: BusyByLeaf | None) -> Violation | None:
        bookable = probe.bookable
        asked = bookable.id, probe.party_size, probe.quantity
        if asked not in self.by_people:
            self.by_people[asked] = self._of_people(probe)
        people, never_fits = self.by_people[asked]
        if people or busy or never_fits:
            return people or self._with_rows(probe, busy or {})
        key = bookable.plan, bookable.slot_rules, probe.start, probe.end
        if key not in self.by_rules:
            self.by_rules[key] = self._with_rows(probe, {})
        return self.by_rules[key]

    def _of_people(self, probe: Probe) -> tuple[Violation | None, bool]:
        """Which rule about people is broken, and whether there are more of them than units at any time."""
        bookable = probe.bookable
        people = people_violation(bookable, self.booker, probe.party_size)
        return people, bookable.units_for(probe.party_size, probe.quantity) > bookable.limit

    def _with_rows(self, probe: Probe, busy: BusyByLeaf) -> Violation | None:
        wish = Wish(probe.end - probe.start, probe.party_size, probe.quantity, self.booker)
        opened = openings(probe.bookable.plan, probe.start, probe.end)
        reason = _Checker(probe.bookable, wish, busy, opened, self.now)(probe.start)
        return violation(reason) if reason else None


def alternatives(
    bookable: Bookable, wish: Wish, *, wanted: int, moment: Moment, count: int = 3, but: UUID | None = None
) -> list[int]:
    """Up to ``count`` bookable starts closest to ``wanted`` within a week around it (UTC minutes)."""
    start = max(wanted - 3 * DAY, moment.minute)
    ranges = free_ranges(bookable, wish, start=start, end=wanted + 4 * DAY, moment=moment, but=but)
    return sorted(nearest(ranges, wanted, count))
