"""Who may read a feed and connect external calendars; asked anew at every request."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from calendars.kinds import kinds
from calendars.models import CalendarFeed
from common.errors import Forbidden
from common.venues import MANAGING
from resources.models import Resource, Venue
from resources.permissions import works_at

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser


def is_readable(feed: CalendarFeed) -> bool:
    """Not revoked, and its owner may still see what it shows."""
    return (
        feed.revoked_at is None
        and feed.owner.is_active
        and may_have(feed.owner, feed.kind, resource=feed.resource, venue=feed.venue)
    )


def may_have(user: "Viewer", kind: str, *, resource: Resource | None, venue: Venue | None) -> bool:
    """False for kinds of apps that are no longer installed."""
    feed_kind = kinds.get(kind)
    return feed_kind is not None and feed_kind.is_allowed(user, resource, venue)


def require_connector(user: "Viewer", venue_id: int) -> None:
    if not works_at(user, venue_id, *MANAGING):
        raise Forbidden
