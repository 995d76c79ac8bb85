"""Which time somebody who waits could have now: the same engine as every other answer."""

from dataclasses import dataclass
from datetime import date, datetime, time

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from reservations.availability import Moment, Wish, busy_for, ranges_within
from reservations.availability.occupied import BusyRow
from reservations.policies import Booker, people_violation
from resources.catalog import catalog
from resources.facts import Bookable, Catalog
from scheduling.reasons import Reason
from scheduling.zones import day_span, local_minute
from waitlist.models import WaitlistEntry

Busy = dict[int, list[BusyRow]]


@dataclass(frozen=True, slots=True)
class Place:
    """A time that one entry could have; UTC minutes."""

    bookable: Bookable
    start: int
    end: int


class Outlook:
    """What is free for those who wait at one venue, at one moment; rows are read once per thing and date."""

    def __init__(self, known: Catalog, *, now: datetime, longest: int = 0) -> None:
        """``longest``: the longest wish that will be asked about, in minutes."""
        self.known = known
        self.moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
        self._longest = longest
        self._rows: dict[tuple[int | None, int | None, date], Busy] = {}

    def place_for(
        self, entry: WaitlistEntry, declined: frozenset[tuple[int, int]] = frozenset()
    ) -> Place | Reason:
        """The earliest time within the entry's window, on the first of its resources; else why there is none.

        ``declined`` are resources and starts that this person has refused already.
        """
        members = serving(entry, self.known)
        if not members:
            return Reason.INACTIVE
        booker = Booker(is_signed_in=entry.customer_id is not None)
        wish = Wish(entry.duration, entry.party_size, booker=booker)
        start, end = day_span(entry.preferred_on, str(self.known.zone))
        busy = self._busy(entry, members, start, end)
        reasons = []
        for member in members:
            if found := people_violation(member, booker, entry.party_size):
                reasons.append(found.reason)
                continue
            free = ranges_within(member, wish, busy, start=start, end=end, now=self.moment.minute)
            wanted = (at for each in free for at in each if _is_wanted(entry, member, at, declined))
            if (at := next(wanted, None)) is not None:
                return Place(member, at, at + entry.duration)
            reasons.append(Reason.TAKEN)
        return reasons[0]

    def _busy(self, entry: WaitlistEntry, members: list[Bookable], start: int, end: int) -> Busy:
        key = (entry.resource_id, entry.group_id, entry.preferred_on)
        if key not in self._rows:
            duration = max(self._longest, entry.duration)
            self._rows[key] = busy_for(members, start, end, self.moment, duration=duration)
        return self._rows[key]


def place_for(
    entry: WaitlistEntry, *, now: datetime, declined: frozenset[tuple[int, int]] = frozenset()
) -> Place | Reason:
    """What one entry could have now."""
    return Outlook(catalog(entry.venue_id), now=now).place_for(entry, declined)


def serving(entry: WaitlistEntry, known: Catalog) -> list[Bookable]:
    """The resources that would do, in the group's order."""
    if entry.resource_id is not None:
        found = known.bookables.get(entry.resource_id)
        return [found] if found and found.is_active else []
    group = known.groups.get(entry.group_id or 0)
    ids = group.member_ids if group and group.is_active else ()
    return [known.bookables[each] for each in ids if known.bookables[each].is_active]


def _is_wanted(
    entry: WaitlistEntry, bookable: Bookable, start: int, declined: frozenset[tuple[int, int]]
) -> bool:
    minute = local_minute(start, str(bookable.zone)) % 1440
    shown = time(minute // 60, minute % 60)
    early = entry.earliest_time is None or shown >= entry.earliest_time
    late = entry.latest_time is None or shown <= entry.latest_time
    return early and late and (bookable.id, start) not in declined


def is_touched(entry: WaitlistEntry, known: Catalog, leaf_ids: frozenset[int]) -> bool:
    """Whether any resource that would do consists of these leaves, at least in part."""
    return any(leaf_ids & {leaf.id for leaf in each.leaves} for each in serving(entry, known))
