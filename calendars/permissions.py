"""Who may read a feed, and who may connect external calendars. Asked anew at every request."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from calendars.models import CalendarFeed
from common.errors import Forbidden
from reservations.permissions import MANAGING, works_at
from resources.models import Resource, Venue
from resources.permissions import roles_of

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

Kind = CalendarFeed.Kind


def is_readable(feed: CalendarFeed) -> bool:
    """Not revoked, and its owner may still see what it shows."""
    return (
        feed.revoked_at is None
        and feed.owner.is_active
        and may_have(feed.owner, feed.kind, resource=feed.resource, venue=feed.venue)
    )


def may_have(user: "Viewer", kind: str, *, resource: Resource | None, venue: Venue | None) -> bool:
    """Customers have their own bookings; members of a venue what is booked there."""
    if kind == Kind.CUSTOMER:
        return bool(user.pk)
    if kind == Kind.FACILITATOR:
        return user.is_superuser or bool(roles_of(user))
    venue_id = resource.venue_id if resource else venue.pk if venue else None
    return venue_id is not None and works_at(user, venue_id)


def require_connector(user: "Viewer", venue_id: int) -> None:
    """Managers and staff connect external calendars. Raises ``Forbidden``."""
    if not works_at(user, venue_id, *MANAGING):
        raise Forbidden
