from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from reservations.availability.occupied import BusyRow, rows_touching
from reservations.availability.slots import SlotChecker
from reservations.availability.values import BusyByLeaf, Moment, Probe, Wish
from reservations.policies import Booker, Violation, people_violation, violation
from resources.stays import is_stay
from scheduling.hours import OpeningPlan, find_openings
from scheduling.slots import SlotRules


def find_violations(
    probes: Sequence[Probe], booker: Booker, moment: Moment, *, excluding: UUID | None = None
) -> list[Violation | None]:
    """Each probe's violation, or None if it can be booked; one query."""
    busy = _read_rows_by_probe(probes, moment, excluding)
    check = _ProbeChecker(booker, moment.minute)
    return [check(probe, busy.get(number)) for number, probe in enumerate(probes)]


def _read_rows_by_probe(
    probes: Sequence[Probe], moment: Moment, excluding: UUID | None
) -> dict[int, BusyByLeaf]:
    owners, windows = [], []
    for number, probe in enumerate(probes):
        first, last = probe.bookable.slot_rules.blocked(probe.start, probe.end)
        for leaf in probe.bookable.leaves:
            owners.append((number, leaf.id))
            windows.append((leaf.id, first, last))
    busy_by_probe: dict[int, dict[int, list[BusyRow]]] = defaultdict(dict)
    for position, rows in rows_touching(windows, now_seconds=moment.seconds, excluding=excluding).items():
        number, leaf_id = owners[position]
        busy_by_probe[number][leaf_id] = rows
    return dict(busy_by_probe)


class _ProbeChecker:
    def __init__(self, booker: Booker, now: int) -> None:
        self.booker, self.now = booker, now
        self.by_rules: dict[tuple[OpeningPlan, SlotRules, bool, int, int], Violation | None] = {}
        self.by_people: dict[tuple[int, int, int], tuple[Violation | None, bool]] = {}

    def __call__(self, probe: Probe, busy: BusyByLeaf | None) -> Violation | None:
        bookable = probe.bookable
        people_key = bookable.id, probe.party_size, probe.quantity
        if people_key not in self.by_people:
            self.by_people[people_key] = self._of_people(probe)
        people, never_fits = self.by_people[people_key]
        # With nothing booked, the answer depends on the rules only, and is shared by equal probes.
        if people or busy or never_fits:
            return people or self._with_rows(probe, busy or {})
        key = bookable.plan, bookable.slot_rules, is_stay(bookable), probe.start, probe.end
        if key not in self.by_rules:
            self.by_rules[key] = self._with_rows(probe, {})
        return self.by_rules[key]

    def _of_people(self, probe: Probe) -> tuple[Violation | None, bool]:
        bookable = probe.bookable
        broken_rule = people_violation(bookable, self.booker, probe.party_size)
        return broken_rule, bookable.units_for(probe.party_size, probe.quantity) > bookable.limit

    def _with_rows(self, probe: Probe, busy: BusyByLeaf) -> Violation | None:
        wish = Wish(probe.end - probe.start, probe.party_size, probe.quantity, self.booker)
        opened = find_openings(probe.bookable.plan, probe.start, probe.end)
        reason = SlotChecker(probe.bookable, wish, busy, opened, self.now)(probe.start, probe.end)
        return violation(reason) if reason else None
