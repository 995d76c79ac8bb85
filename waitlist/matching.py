from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from reservations.availability import BusyByLeaf, Moment, Wish, ranges_within, read_busy
from reservations.domain.own_times import list_own_times
from reservations.domain.values import Customer
from reservations.policies import Booker, Violation, people_violation
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog
from resources.stays import end_of
from resources.team import TEAM
from scheduling.reasons import Reason
from scheduling.spans import merge, overlaps
from scheduling.zones import day_span, local_minute
from waitlist.models import WaitlistEntry


@dataclass(frozen=True, slots=True)
class FreeTime:
    """UTC minutes."""

    bookable: Bookable
    start: int
    end: int


class Outlook:
    """What a venue could offer at one moment; occupancy is read once per queue."""

    def __init__(self, venue_catalog: Catalog, *, now: datetime, longest: int = 0) -> None:
        """``longest``: the longest duration that will be asked about, in minutes."""
        self.catalog = venue_catalog
        self.moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
        self._longest = longest
        self._rows: dict[tuple[int | None, int | None, date], BusyByLeaf] = {}

    def find_free_time(
        self, entry: WaitlistEntry, declined: frozenset[tuple[int, int]] = frozenset()
    ) -> FreeTime | Reason:
        """The earliest time at the first resource with one, else why there is none; skips ``declined``."""
        members = list_serving_resources(entry, self.catalog)
        if not members:
            return Reason.INACTIVE
        booker = _booker_of(entry, self.catalog)
        wish = Wish(entry.duration, entry.party_size, booker=booker)
        start, end = day_span(entry.preferred_on, str(self.catalog.zone))
        busy = self._busy(entry, members, start, end)
        reasons = []
        for member in members:
            if obstacle := people_violation(member, booker, entry.party_size):
                reasons.append(obstacle.reason)
                continue
            free = ranges_within(member, wish, busy, start=start, end=end, now=self.moment.minute)
            wanted = (
                FreeTime(member, minute, end_of(member, minute, entry.duration))
                for free_range in free
                for minute in free_range
                if _is_wanted(entry, member, minute, declined)
            )
            found = self._first_possible(entry, wanted)
            if isinstance(found, FreeTime):
                return found
            reasons.append(found)
        return reasons[0]

    def _first_possible(self, entry: WaitlistEntry, wanted: Iterator[FreeTime]) -> FreeTime | Reason:
        first = next(wanted, None)
        if first is None:
            return Reason.TAKEN
        if not first.bookable.customer_rules.one_at_a_time:
            return first
        # Read only now: few of a long queue come as far as this.
        day = day_span(entry.preferred_on, str(self.catalog.zone))
        person = Customer(entry.customer, email=entry.customer_email)
        own_times = merge(list_own_times(person, entry.venue_id, day[0], day[1] + entry.duration))
        possible = (at for at in chain([first], wanted) if not overlaps(own_times, at.start, at.end))
        return next(possible, Reason.ALREADY_BOOKED_THEN)

    def _busy(self, entry: WaitlistEntry, members: list[Bookable], start: int, end: int) -> BusyByLeaf:
        key = (entry.resource_id, entry.group_id, entry.preferred_on)
        if key not in self._rows:
            duration = max(self._longest, entry.duration)
            self._rows[key] = read_busy(members, start, end, self.moment, duration=duration)
        return self._rows[key]


def find_free_time(
    entry: WaitlistEntry, *, now: datetime, declined: frozenset[tuple[int, int]] = frozenset()
) -> FreeTime | Reason:
    """``Outlook.find_free_time`` for a single entry."""
    return Outlook(catalog(entry.venue_id), now=now).find_free_time(entry, declined)


def find_bar(entry: WaitlistEntry) -> Violation | None:
    """The rule because of which nothing will be offered to this person, whatever comes free."""
    venue_catalog = catalog(entry.venue_id)
    booker = _booker_of(entry, venue_catalog)
    members = list_serving_resources(entry, venue_catalog)
    violations = [people_violation(member, booker, entry.party_size) for member in members]
    return None if None in violations else next(iter(violations), None)


def _booker_of(entry: WaitlistEntry, venue_catalog: Catalog) -> Booker:
    if entry.customer is None:
        return Booker()
    # The venue's people lie beside its configuration: a long queue asks nobody else about them.
    is_member = entry.customer.is_superuser or entry.customer.pk in venue_catalog.part(TEAM).roles
    return Booker(is_signed_in=True, is_member=is_member)


def list_serving_resources(entry: WaitlistEntry, venue_catalog: Catalog) -> list[Bookable]:
    """The active resources that would do, in the group's order."""
    if entry.resource_id is not None:
        bookable = venue_catalog.bookables.get(entry.resource_id)
        return [bookable] if bookable and bookable.is_active else []
    group = venue_catalog.groups.get(entry.group_id or 0)
    ids = group.member_ids if group and group.is_active else ()
    return [
        venue_catalog.bookables[member_id]
        for member_id in ids
        if venue_catalog.bookables[member_id].is_active
    ]


def _is_wanted(
    entry: WaitlistEntry, bookable: Bookable, start: int, declined: frozenset[tuple[int, int]]
) -> bool:
    minute = local_minute(start, str(bookable.zone)) % 1440
    local_start = time(minute // 60, minute % 60)
    is_late_enough = entry.earliest_time is None or local_start >= entry.earliest_time
    is_early_enough = entry.latest_time is None or local_start <= entry.latest_time
    return is_late_enough and is_early_enough and (bookable.id, start) not in declined


def is_affected(entry: WaitlistEntry, venue_catalog: Catalog, leaf_ids: frozenset[int]) -> bool:
    return any(
        leaf_ids & {leaf.id for leaf in bookable.leaves}
        for bookable in list_serving_resources(entry, venue_catalog)
    )
