"""A resource's busy times for anybody: no names, titles or reservation ids."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from calendars.feeds import FORMAT, FeedPeriod, FeedState, join_chunks, make_tag
from calendars.ical import END, IcalCalendar, write_event, write_opening
from calendars.ical_rows import make_busy_event
from common.clock import epoch_minute, epoch_seconds
from reservations.availability import Moment, full_spans_of, read_busy
from reservations.models import Reservation
from resources.catalog import catalog
from resources.models import Resource
from scheduling.spans import Span


class BusyTimes(NamedTuple):
    """The spans (UTC minutes) without one free unit."""

    spans: list[Span]
    state: FeedState


def read_busy_times(resource: Resource, now: datetime) -> BusyTimes:
    window = FeedPeriod.around(now, back=0)
    bookable = catalog(resource.venue_id).bookables[resource.pk]
    first, last = epoch_minute(window.first), epoch_minute(window.last)
    rows = read_busy([bookable], first, last, Moment(epoch_minute(now), epoch_seconds(now)), duration=1)
    spans = [span for span in full_spans_of(bookable.leaves, rows, min(1, bookable.limit)) if span[1] > first]
    leaf_ids = [leaf.id for leaf in bookable.leaves]
    allocated = Reservation.objects.filter(allocations__resource__in=leaf_ids, ends_at__gt=window.first)
    last_change = allocated.aggregate(at=Max("updated_at"))["at"]
    zone = resource.venue.zone_name
    identity = (
        FORMAT,
        settings.SITE_URL,
        resource.pk,
        resource.name,
        resource.venue.name,
        zone,
        window.first,
    )
    changed_at = max(window.first, last_change or datetime.min.replace(tzinfo=UTC))
    return BusyTimes(spans, FeedState(make_tag(identity, spans), changed_at, (zone,)))


def write_busy_feed(resource: Resource, busy: BusyTimes, now: datetime, language: str) -> Iterator[bytes]:
    window = FeedPeriod.around(now, back=0)
    name = f"{resource.name} · {resource.venue.name}"
    with override(language):
        description = _("When this is taken.")
    calendar = IcalCalendar("PUBLISH", name, description, busy.state.zones, window.first, window.last)
    return join_chunks([write_opening(calendar)], _write_busy_events(resource, busy, language), [END])


def _write_busy_events(resource: Resource, busy: BusyTimes, language: str) -> Iterator[bytes]:
    for start, end in busy.spans:
        with override(language):
            text = write_event(
                make_busy_event(
                    start,
                    end,
                    resource_id=resource.uuid,
                    zone=busy.state.zones[0],
                    stamp=resource.created_at,
                )
            )
        yield text
