"""What a calendar shows: opening hours, what is blocked and why, what is booked, what is free.

The number of queries does not depend on the number of resources, days or bookings.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from calendars.ranges import Days
from reservations.availability import BusyByLeaf, Moment, Wish, busy_for, full_for, ranges_within
from reservations.enums import OCCUPYING
from reservations.querysets import ReservationQuerySet
from reservations.selectors import reservations_in_detail
from resources.catalog import catalogs, local_window
from resources.facts import Bookable
from resources.models import AvailabilityOverride, Holiday, Resource
from scheduling.hours import find_openings
from scheduling.load import LoadProfile
from scheduling.slots import count_starts
from scheduling.spans import Span, clip, merge, subtract
from scheduling.zones import day_span, from_minute, segments_between
from search.bookers import read_bookers
from search.values import Criteria

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Blocked:
    """A local date, or part of it, that is closed for a stated reason. UTC minutes."""

    start: int
    end: int
    reason: str
    kind: str


@dataclass(frozen=True, slots=True)
class Day:
    """One local date of one resource; minutes, and how many starts of the usual length are free."""

    on: date
    open_minutes: int
    busy_minutes: int
    free_starts: int
    first_free: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """One resource over the days shown. Spans are UTC minutes, cut to those days.

    ``free``: where a booking of the usual length fits in; ``used``: how many of several units are taken.
    """

    resource: Resource
    bookable: Bookable
    span: Span
    opened: list[Span]
    blocked: list[Blocked]
    busy: list[Span]
    days: list[Day]
    free: list[Span] = field(default_factory=list)
    used: list[tuple[int, int, int]] = field(default_factory=list)


def calendar_rows(
    resources: Sequence[Resource], days: Days, user: "User | AnonymousUser", moment: Moment
) -> list[Row]:
    """One row per resource; others' bookings are in it as busy time only."""
    venue_ids = sorted({each.venue_id for each in resources})
    facts = {key: found for known in catalogs(venue_ids).values() for key, found in known.bookables.items()}
    people = read_bookers(user, venue_ids)
    shown = [(each, facts[each.pk]) for each in resources if each.pk in facts]
    criteria = Criteria(party_size=1)
    wishes = {
        bookable.id: criteria.wish_for(bookable, people[bookable.venue_id]) for _resource, bookable in shown
    }
    spans = {bookable.id: span_of(days, bookable) for _resource, bookable in shown}
    closed = _Closures(resources, days)
    busy = _busy([bookable for _resource, bookable in shown], spans, wishes, moment)
    return [
        _row(resource, bookable, days, spans[bookable.id], wishes[bookable.id], busy, closed, moment)
        for resource, bookable in shown
    ]


def span_of(days: Days, bookable: Bookable) -> Span:
    zone = str(bookable.zone)
    return day_span(days.first, zone)[0], day_span(days.last, zone)[1]


def _busy(
    bookables: Sequence[Bookable], spans: dict[int, Span], wishes: dict[int, Wish], moment: Moment
) -> BusyByLeaf:
    if not bookables:
        return {}
    first, last = min(span[0] for span in spans.values()), max(span[1] for span in spans.values())
    longest = max(wish.duration for wish in wishes.values())
    return busy_for(bookables, first, last, moment, duration=longest)


def _row(
    resource: Resource,
    bookable: Bookable,
    days: Days,
    span: Span,
    wish: Wish,
    busy: BusyByLeaf,
    closed: "_Closures",
    moment: Moment,
) -> Row:
    opened = clip(find_openings(bookable.plan, *span).spans, *span)
    full = clip(full_for(bookable.leaves, busy, min(1, bookable.limit)), *span)
    free = ranges_within(bookable, wish, busy, start=span[0], end=span[1], now=moment.minute)
    return Row(
        resource=resource,
        bookable=bookable,
        span=span,
        opened=opened,
        blocked=closed.of(resource, bookable, opened),
        busy=full,
        days=[_day(on, bookable, opened, full, free) for on in days.all],
        free=merge(part for each in free for part in _filled(each, wish.duration)),
        used=_used(bookable, busy, span),
    )


def _filled(starts: range, duration: int) -> Iterator[Span]:
    """What bookings with these starts would cover."""
    if starts.step <= duration and starts:
        yield starts[0], starts[-1] + duration
    else:
        yield from ((at, at + duration) for at in starts)


def _used(bookable: Bookable, busy: BusyByLeaf, span: Span) -> list[tuple[int, int, int]]:
    """Of what can be booked several times over; the parts of a whole tell their own."""
    if bookable.limit <= 1 or len(bookable.leaves) > 1:
        return []
    rows = [(b0, b1, units) for b0, b1, units, _is_hold in busy.get(bookable.leaves[0].id, ())]
    first, last = span
    return [
        (max(start, first), min(end, last), units)
        for start, end, units in LoadProfile.of(rows).spans()
        if start < last and end > first
    ]


def _day(
    on: date, bookable: Bookable, opened: Sequence[Span], full: Sequence[Span], free: Sequence[range]
) -> Day:
    first, last = day_span(on, str(bookable.zone))
    todays = clip(opened, first, last)
    left = subtract(todays, clip(full, first, last))
    near = [each for each in free if each.start < last and each.stop > first]
    starts = [part for each in near if (part := _within(each, first, last))]
    return Day(
        on=on,
        open_minutes=_length(todays),
        busy_minutes=_length(todays) - _length(left),
        free_starts=count_starts(starts),
        first_free=min((each.start for each in starts), default=None),
    )


def _within(starts: range, first: int, last: int) -> range:
    """The part of an arithmetic progression that lies in [first, last)."""
    skipped = max(0, -(-(first - starts.start) // starts.step))
    return range(starts.start + skipped * starts.step, min(starts.stop, last), starts.step)


def _length(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)


class _Closures:
    """Overrides that close, and public holidays, of all the venues shown; two queries."""

    def __init__(self, resources: Sequence[Resource], days: Days) -> None:
        venues = {each.venue_id: each.venue for each in resources}
        self.overrides = list(
            AvailabilityOverride.objects.filter(
                venue_id__in=venues, is_available=False, starts_on__lte=days.last, ends_on__gte=days.first
            )
        )
        countries = {venue.country for venue in venues.values()}
        self.holidays = list(
            Holiday.objects.filter(country__in=countries, date__range=(days.first, days.last))
        )
        self.days = days

    def of(self, resource: Resource, bookable: Bookable, opened: Sequence[Span]) -> list[Blocked]:
        """Closures with their reasons, less what is open in spite of them."""
        found = [*self._closed(resource, bookable), *self._holidays(resource, bookable)]
        return sorted(
            (
                Blocked(start, end, each.reason, each.kind)
                for each in found
                for start, end in subtract(merge([(each.start, each.end)]), opened)
            ),
            key=lambda each: (each.start, each.end),
        )

    def _closed(self, resource: Resource, bookable: Bookable) -> Iterable[Blocked]:
        zone = str(bookable.zone)
        for row in self.overrides:
            if row.venue_id != resource.venue_id or row.resource_id not in (None, resource.pk):
                continue
            for on in self.days.all:
                if row.starts_on <= on <= row.ends_on:
                    yield Blocked(*_span_on(on, zone, row), row.reason, "closure")

    def _holidays(self, resource: Resource, bookable: Bookable) -> Iterable[Blocked]:
        venue, zone = resource.venue, str(bookable.zone)
        for row in self.holidays:
            here = row.country == venue.country and row.subdivision in ("", venue.subdivision)
            if here and resource.observes_holidays:
                yield Blocked(*day_span(row.date, zone), row.name, "holiday")


def _span_on(on: date, zone: str, row: AvailabilityOverride) -> Span:
    """What an override closes of one local date: all of it, or between its times (wall clock)."""
    midnight, next_midnight = day_span(on, zone)
    if row.start_time is None or row.end_time is None:
        return midnight, next_midnight
    first, last = local_window(row.start_time, row.end_time)
    return _shown_at(midnight, first, zone), _shown_at(midnight, last, zone)


def _shown_at(midnight: int, minutes: int, zone: str) -> int:
    """The instant ``minutes`` of wall clock after a local midnight, also where the clocks change between."""
    offset = segments_between(zone, midnight, midnight + 1)[0][2]
    at = midnight + minutes
    return at + offset - segments_between(zone, at, at + 1)[0][2]


def calendar_reservations(
    resources: Sequence[Resource], days: Days, user: "User | AnonymousUser", *, mine: bool
) -> ReservationQuerySet:
    """Bookings in these days that ``user`` may see in full: their own, or those of their venues."""
    zones = {each.venue.zone_name for each in resources} or {"UTC"}
    first = min(day_span(days.first, zone)[0] for zone in zones)
    last = max(day_span(days.last, zone)[1] for zone in zones)
    rows = reservations_in_detail().visible_to(user)
    if mine:
        rows = rows.filter(customer_id=user.pk)
    return (
        rows.filter(
            items__resource__in=[each.pk for each in resources],
            status__in=OCCUPYING,
            starts_at__lt=from_minute(last),
            ends_at__gt=from_minute(first),
        )
        .distinct()
        .order_by("starts_at", "id")
    )
