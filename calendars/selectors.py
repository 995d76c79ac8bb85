"""Opening hours, closures, busy time and what is free; the number of queries is constant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q

from calendars.day_ranges import Days
from calendars.day_totals import Day, Midnights
from common import clock
from reservations.availability import BusyByLeaf, Moment, Wish, full_spans_of, ranges_within, read_busy
from reservations.enums import OCCUPYING
from reservations.models import Allocation, Reservation, ReservationItem
from reservations.policies import kind_violation
from reservations.querysets import ReservationQuerySet
from reservations.reaches import LONGEST_SHORT
from resources.bookables import Bookable
from resources.catalog import catalogs, local_window
from resources.models import AvailabilityOverride, Holiday, Resource
from scheduling.hours import find_openings
from scheduling.load import LoadProfile
from scheduling.spans import Span, clip, merge, subtract
from scheduling.zones import day_span, from_minute, segments_between
from search.bookers import read_bookers
from search.values import Criteria

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Blocked:
    start: int
    end: int
    reason: str
    kind: str


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """Spans in UTC minutes, cut to the days shown; ``used`` has (start, end, units) if there are several."""

    resource: Resource
    bookable: Bookable
    span: Span
    opened: list[Span]
    blocked: list[Blocked]
    busy: list[Span]
    days: list[Day]
    free: list[Span] = field(default_factory=list)
    used: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def is_never_booked(self) -> bool:
        return kind_violation(self.bookable) is not None


def calendar_rows(
    resources: Sequence[Resource], days: Days, user: "User | AnonymousUser", moment: Moment
) -> list[CalendarRow]:
    venue_ids = sorted({resource.venue_id for resource in resources})
    bookables = {
        key: bookable
        for venue_catalog in catalogs(venue_ids).values()
        for key, bookable in venue_catalog.bookables.items()
    }
    bookers = read_bookers(user, venue_ids)
    shown = [(resource, bookables[resource.pk]) for resource in resources if resource.pk in bookables]
    # One person: whether anything at all is free, not whether it fits a certain party.
    criteria = Criteria(party_size=1)
    wishes = {
        bookable.id: criteria.wish_for(bookable, bookers[bookable.venue_id]) for _resource, bookable in shown
    }
    zones = {str(bookable.zone) for _resource, bookable in shown}
    midnights = {zone: Midnights(days.all, zone) for zone in zones}
    # Closures and occupancy are read once, for all resources and days together.
    closed = _Closures(resources, days)
    busy = _read_busy([bookable for _resource, bookable in shown], midnights.values(), wishes, moment)
    return [
        _make_row(
            resource, bookable, midnights[str(bookable.zone)], wishes[bookable.id], busy, closed, moment
        )
        for resource, bookable in shown
    ]


def _read_busy(
    bookables: Sequence[Bookable], midnights: Iterable[Midnights], wishes: dict[int, Wish], moment: Moment
) -> BusyByLeaf:
    if not bookables:
        return {}
    firsts, lasts = zip(*(each.span for each in midnights), strict=True)
    longest = max(wish.duration for wish in wishes.values())
    return read_busy(bookables, min(firsts), max(lasts), moment, duration=longest)


def _make_row(
    resource: Resource,
    bookable: Bookable,
    midnights: Midnights,
    wish: Wish,
    busy: BusyByLeaf,
    closed: "_Closures",
    moment: Moment,
) -> CalendarRow:
    span = midnights.span
    opened = clip(find_openings(bookable.plan, *span).spans, *span)
    full = clip(full_spans_of(bookable.leaves, busy, min(1, bookable.limit)), *span)
    free = ranges_within(bookable, wish, busy, start=span[0], end=span[1], now=moment.minute)

    def would_be_free(start: int, end: int) -> list[range]:
        return ranges_within(bookable, wish, {}, start=start, end=end, now=moment.minute)

    return CalendarRow(
        resource=resource,
        bookable=bookable,
        span=span,
        opened=opened,
        blocked=closed.of(resource, bookable, opened),
        busy=full,
        days=midnights.mark_full(midnights.summarize(opened, full, free), would_be_free, moment.minute),
        free=merge(part for free_range in free for part in _covered_time(free_range, wish.duration)),
        used=_list_used(bookable, busy, span),
    )


def _covered_time(starts: range, duration: int) -> Iterator[Span]:
    if starts.step <= duration and starts:
        yield starts[0], starts[-1] + duration
    else:
        yield from ((at, at + duration) for at in starts)


def _list_used(bookable: Bookable, busy: BusyByLeaf, span: Span) -> list[tuple[int, int, int]]:
    """Only of a resource with several units; a whole's parts have rows of their own."""
    if bookable.limit <= 1 or len(bookable.leaves) > 1:
        return []
    rows = [(b0, b1, units) for b0, b1, units, _is_hold in busy.get(bookable.leaves[0].id, ())]
    first, last = span
    return [
        (max(start, first), min(end, last), units)
        for start, end, units in LoadProfile.of(rows).spans()
        if start < last and end > first
    ]


class _Closures:
    def __init__(self, resources: Sequence[Resource], days: Days) -> None:
        venues = {resource.venue_id: resource.venue for resource in resources}
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
        """Closures with their reasons, without the parts that are open in spite of them."""
        closures = [*self._closed(resource, bookable), *self._holidays(resource, bookable)]
        return sorted(
            (
                Blocked(start, end, closure.reason, closure.kind)
                for closure in closures
                for start, end in subtract(merge([(closure.start, closure.end)]), opened)
            ),
            key=lambda closure: (closure.start, closure.end),
        )

    def _closed(self, resource: Resource, bookable: Bookable) -> Iterable[Blocked]:
        zone = str(bookable.zone)
        for override in self.overrides:
            if override.venue_id != resource.venue_id or override.resource_id not in (None, resource.pk):
                continue
            for on in self.days.all:
                if override.starts_on <= on <= override.ends_on:
                    yield Blocked(*_closed_span(on, zone, override), override.reason, "closure")

    def _holidays(self, resource: Resource, bookable: Bookable) -> Iterable[Blocked]:
        venue, zone = resource.venue, str(bookable.zone)
        for holiday in self.holidays:
            applies = holiday.country == venue.country and holiday.subdivision in ("", venue.subdivision)
            if applies and resource.observes_holidays:
                yield Blocked(*day_span(holiday.date, zone), holiday.name, "holiday")


def _closed_span(on: date, zone: str, override: AvailabilityOverride) -> Span:
    midnight, next_midnight = day_span(on, zone)
    if override.start_time is None or override.end_time is None:
        return midnight, next_midnight
    first, last = local_window(override.start_time, override.end_time)
    return _instant_at(midnight, first, zone), _instant_at(midnight, last, zone)


def _instant_at(midnight: int, minutes: int, zone: str) -> int:
    """The instant ``minutes`` of wall clock after midnight, also if the clocks change in between."""
    offset = segments_between(zone, midnight, midnight + 1)[0][2]
    at = midnight + minutes
    return at + offset - segments_between(zone, at, at + 1)[0][2]


def calendar_reservations(
    resources: Sequence[Resource], days: Days, user: "User | AnonymousUser", *, mine: bool
) -> ReservationQuerySet:
    """Bookings in these days that ``user`` may see in full; with ``mine`` only their own."""
    zones = {resource.venue.zone_name for resource in resources} or {"UTC"}
    first = min(day_span(days.first, zone)[0] for zone in zones)
    last = max(day_span(days.last, zone)[1] for zone in zones)
    reservations = Reservation.objects.visible_to(user)
    if mine:
        reservations = reservations.filter(customer_id=user.pk).their_bookings()
    venue_catalogs = catalogs({resource.venue_id for resource in resources})
    shown = [
        bookable
        for resource in resources
        if (bookable := venue_catalogs[resource.venue_id].bookables.get(resource.pk))
    ]
    booked = ReservationItem.objects.filter(reservation=OuterRef("pk"), resource__in=resources)
    lapsed = Reservation.objects.overdue_holds(clock.now()).values("pk")
    return (
        reservations.exclude(pk__in=lapsed)
        .filter(
            begins_near(shown, first, last),
            Exists(booked),
            venue_id__in=[*venue_catalogs],
            status__in=OCCUPYING,
            starts_at__lt=from_minute(last),
            ends_at__gt=from_minute(first),
        )
        .order_by("starts_at", "id")
    )


def begins_near(bookables: Sequence[Bookable], first: int, last: int) -> Q:
    """What may end after ``first``, without all history: all but long ones begin shortly before."""
    if any(bookable.slot_rules.occupies_first is not None for bookable in bookables):
        return Q()  # how long it takes something does not tell how long it is
    leaf_ids = {leaf.id for bookable in bookables for leaf in bookable.leaves}
    long = Allocation.objects.filter(resource_id__in=leaf_ids, reach__isnull=False).overlapping(first, last)
    long_ids = list(long.values_list("reservation_id", flat=True))
    return Q(starts_at__gte=from_minute(first - LONGEST_SHORT)) | Q(pk__in=long_ids)
