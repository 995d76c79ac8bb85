"""A resource's busy times for anybody: no names, titles or reservation ids."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import override

from calendars.feeds import FORMAT, FeedPeriod, FeedState, join_chunks, make_tag
from calendars.ical import END, IcalCalendar, write_event, write_opening
from calendars.ical_rows import make_busy_event
from common.clock import epoch_minute, epoch_seconds
from reservations.availability import Moment, full_spans_of, read_busy
from reservations.models import Reservation
from resources.bookables import Bookable
from resources.catalog import catalog_of
from resources.models import Resource
from scheduling.spans import Span

EVENTS_AT_ONCE = 500


def read_state(resource: Resource, now: datetime, language: str, *, dated: bool) -> FeedState:
    """Two statements at most, however much was ever booked; ``dated`` looks for the last change, too.

    The guard counts what changes on each leaf. Expired holds end without a change until they are swept.
    """
    window = FeedPeriod.around(now, back=0)
    leaf_ids = [leaf.id for leaf in _find_bookable(resource).leaves]
    overdue = Reservation.objects.overdue_holds(now).filter(venue_id=OuterRef("venue_id")).order_by()
    overdue_count = overdue.values("venue_id").annotate(count=Count("pk")).values("count")
    versions = Resource.objects.filter(pk__in=leaf_ids).order_by("pk").values_list("pk", "version")
    zone = resource.venue.zone_name
    tag = make_tag(
        FORMAT,
        settings.SITE_URL,
        language,
        (resource.pk, resource.name, resource.venue.name, resource.venue.config_stamp, zone),
        window.first,
        list(versions.annotate(overdue=Subquery(overdue_count))),
    )
    return FeedState(tag, _find_last_change(leaf_ids, window) if dated else None, (zone,))


def _find_bookable(resource: Resource) -> Bookable:
    return catalog_of(resource.venue).bookables[resource.pk]


def _find_last_change(leaf_ids: Sequence[int], window: FeedPeriod) -> datetime:
    changed = Reservation.objects.filter(allocations__resource__in=leaf_ids, ends_at__gt=window.first)
    last_change: datetime | None = changed.aggregate(at=Max("updated_at"))["at"]
    return max(window.first, last_change or window.first)


def read_busy_spans(resource: Resource, now: datetime) -> list[Span]:
    """The spans (UTC minutes) without one free unit."""
    window = FeedPeriod.around(now, back=0)
    bookable = _find_bookable(resource)
    first, last = epoch_minute(window.first), epoch_minute(window.last)
    rows = read_busy([bookable], first, last, Moment(epoch_minute(now), epoch_seconds(now)), duration=1)
    return [span for span in full_spans_of(bookable.leaves, rows, min(1, bookable.limit)) if span[1] > first]


def write_busy_feed(
    resource: Resource, spans: Sequence[Span], now: datetime, language: str
) -> Iterator[bytes]:
    window = FeedPeriod.around(now, back=0)
    name = f"{resource.name} · {resource.venue.name}"
    zone = resource.venue.zone_name
    with override(language):
        description = _("Times when this is booked.")
    calendar = IcalCalendar("PUBLISH", name, description, (zone,), window.first, window.last)
    return join_chunks([write_opening(calendar)], _write_busy_events(resource, spans, language), [END])


def _write_busy_events(resource: Resource, spans: Sequence[Span], language: str) -> Iterator[bytes]:
    zone = resource.venue.zone_name
    for first in range(0, len(spans), EVENTS_AT_ONCE):
        with override(language):
            events = [
                make_busy_event(*span, resource_id=resource.uuid, zone=zone, stamp=resource.created_at)
                for span in spans[first : first + EVENTS_AT_ONCE]
            ]
        yield from map(write_event, events)
