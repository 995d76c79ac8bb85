from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from calendars.fetching import require_usable_address, seal_address
from calendars.models import ExternalCalendar
from calendars.services.applying import release_blocks
from common.background import enqueue_after_commit
from common.clock import now as clock_now
from common.errors import Conflict, NotFound
from resources.models import Resource

MOST_PER_RESOURCE = 20


def add_calendar(*, resource: Resource, name: str, url: str, interval: int = 15) -> ExternalCalendar:
    """Block the resource at its busy times from now on. Raises ``AddressRefused`` and ``Conflict``."""
    if ExternalCalendar.objects.filter(resource=resource).count() >= MOST_PER_RESOURCE:
        raise Conflict(_("A resource can have up to %d external calendars.") % MOST_PER_RESOURCE)
    calendar = ExternalCalendar.objects.create(
        venue_id=resource.venue_id,
        resource=resource,
        name=name,
        sealed_url=seal_address(require_usable_address(url)),
        interval=interval,
    )
    fetch_soon(calendar_id=calendar.pk)
    return calendar


def change_calendar(*, calendar_id: UUID, changes: Mapping[str, Any]) -> None:
    """A new address is read afresh; blocks of an inactive calendar stay. Raises ``AddressRefused``."""
    values = dict(changes)
    if "url" in values:
        values["sealed_url"] = seal_address(require_usable_address(values.pop("url")))
        values |= {"etag": "", "last_modified": "", "content_hash": "", "expanded_on": None}
        values |= {"failures": 0, "last_error": ""}
    if values and not ExternalCalendar.objects.filter(pk=calendar_id).update(**values):
        raise NotFound
    # A calendar that is switched on again may be far behind: it does not wait for its turn.
    if "sealed_url" in values or values.get("is_active"):
        fetch_soon(calendar_id=calendar_id)


def fetch_soon(*, calendar_id: UUID) -> None:
    from calendars.tasks import fetch_calendar

    ExternalCalendar.objects.filter(pk=calendar_id).update(next_fetch_at=clock_now())
    enqueue_after_commit(fetch_calendar, str(calendar_id))


def remove_calendar(*, calendar_id: UUID) -> None:
    """End the calendar and its blocks. Raises ``NotFound``, and ``Conflict`` while it is being fetched."""
    now = clock_now()
    calendars = ExternalCalendar.objects.filter(pk=calendar_id)
    if not calendars.exists():
        raise NotFound
    # Inactive first: no worker claims it any more, and whoever has it now is seen next.
    calendars.update(is_active=False)
    busy = calendars.filter(claimed_until__gt=now)
    if busy.exists():
        raise Conflict(_("It's being refreshed right now. Try again in a minute."))
    release_blocks(calendars.get(), now=now)
    calendars.delete()
