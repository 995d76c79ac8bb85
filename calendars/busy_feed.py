"""When a resource is taken, for anybody to read: no names, no titles, no reservation's identity."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from calendars.facts import busy_facts
from calendars.feeds import FORMAT, State, Window, gathered, tag_of
from calendars.ical import END, CalendarFacts, event_lines, opening
from common.clock import epoch_minute, epoch_seconds
from reservations.availability import Moment, busy_for, full_for
from reservations.models import Reservation
from resources.catalog import catalog
from resources.models import Resource
from scheduling.spans import Span


class Busy(NamedTuple):
    """The spans (UTC minutes) in which not one more unit can be had, and what they are known by."""

    spans: list[Span]
    state: State


def busy_of(resource: Resource, now: datetime) -> Busy:
    window = Window.around(now, back=0)
    facts = catalog(resource.venue_id).bookables[resource.pk]
    first, last = epoch_minute(window.first), epoch_minute(window.last)
    rows = busy_for([facts], first, last, Moment(epoch_minute(now), epoch_seconds(now)), duration=1)
    spans = [span for span in full_for(facts.leaves, rows, min(1, facts.limit)) if span[1] > first]
    leaves = [leaf.id for leaf in facts.leaves]
    touched = Reservation.objects.filter(allocations__resource__in=leaves, ends_at__gt=window.first)
    changed = touched.aggregate(at=Max("updated_at"))["at"]
    zone = resource.venue.zone_name
    about = (FORMAT, settings.SITE_URL, resource.pk, resource.name, resource.venue.name, zone, window.first)
    changed_at = max(window.first, changed or datetime.min.replace(tzinfo=UTC))
    return Busy(spans, State(tag_of(about, spans), changed_at, (zone,)))


def pieces(resource: Resource, busy: Busy, now: datetime, language: str) -> Iterator[bytes]:
    window = Window.around(now, back=0)
    name = f"{resource.name} · {resource.venue.name}"
    with override(language):
        about = _("When this is taken.")
    facts = CalendarFacts("PUBLISH", name, about, busy.state.zones, window.first, window.last)
    return gathered([opening(facts)], _events(resource, busy, language), [END])


def _events(resource: Resource, busy: Busy, language: str) -> Iterator[bytes]:
    for start, end in busy.spans:
        with override(language):
            text = event_lines(
                busy_facts(
                    start,
                    end,
                    resource_id=resource.uuid,
                    zone=busy.state.zones[0],
                    stamp=resource.created_at,
                )
            )
        yield text
