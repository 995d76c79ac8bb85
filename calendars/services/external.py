"""Connecting external calendars and letting go of them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from calendars.fetching import sealed, usable_address
from calendars.models import ExternalCalendar
from calendars.services.applying import release_all
from common.background import enqueue_after_commit
from common.clock import now as clock_now
from common.errors import Conflict, NotFound
from resources.models import Resource

MOST_PER_RESOURCE = 20


def add_calendar(*, resource: Resource, name: str, url: str, interval: int = 15) -> ExternalCalendar:
    """From now on its busy times block the resource. Raises ``AddressRefused`` and ``Conflict``."""
    if ExternalCalendar.objects.filter(resource=resource).count() >= MOST_PER_RESOURCE:
        raise Conflict(_("A resource has %d external calendars at most.") % MOST_PER_RESOURCE)
    made = ExternalCalendar.objects.create(
        venue_id=resource.venue_id,
        resource=resource,
        name=name,
        sealed_url=sealed(usable_address(url)),
        interval=interval,
    )
    look_now(calendar_id=made.pk)
    return made


def change_calendar(*, calendar_id: UUID, changes: Mapping[str, Any]) -> None:
    """``name``, ``url``, ``interval``, ``is_active``. Raises ``NotFound`` and ``AddressRefused``.

    Another address is read afresh; while it is not active, what is blocked stays blocked.
    """
    values = dict(changes)
    if "url" in values:
        values["sealed_url"] = sealed(usable_address(values.pop("url")))
        values |= {"etag": "", "last_modified": "", "content_hash": "", "expanded_on": None}
        values |= {"failures": 0, "last_error": ""}
    if values and not ExternalCalendar.objects.filter(pk=calendar_id).update(**values):
        raise NotFound
    if "sealed_url" in values or values.get("is_active"):
        look_now(calendar_id=calendar_id)


def look_now(*, calendar_id: UUID) -> None:
    """Has it looked at as soon as a worker is free."""
    from calendars.tasks import fetch_calendar

    ExternalCalendar.objects.filter(pk=calendar_id).update(next_fetch_at=clock_now())
    enqueue_after_commit(fetch_calendar, str(calendar_id))


def remove_calendar(*, calendar_id: UUID) -> None:
    """Ends the calendar and gives its times back. Raises ``NotFound``, ``Conflict`` while it is looked at."""
    now = clock_now()
    known = ExternalCalendar.objects.filter(pk=calendar_id)
    if not known.exists():
        raise NotFound
    known.update(is_active=False)
    busy = known.filter(claimed_until__gt=now)
    if busy.exists():
        raise Conflict(_("It is being looked at right now: try again in a minute."))
    release_all(known.get(), now=now)
    known.delete()
