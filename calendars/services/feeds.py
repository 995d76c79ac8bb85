"""Making, renewing and revoking feeds."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from accounts.models import User
from calendars.kinds import Kind
from calendars.models import CalendarFeed
from calendars.permissions import may_have
from common.clock import now as clock_now
from common.errors import Conflict, Forbidden, NotFound
from resources.models import Resource, Venue

NOTED_EVERY = timedelta(hours=1)


def make_feed(
    *, user: User, kind: str, resource: Resource | None = None, venue: Venue | None = None
) -> CalendarFeed:
    """The account's feed of this; the one there is, if there is one. Raises ``Forbidden``."""
    if not may_have(user, kind, resource=resource, venue=venue):
        raise Forbidden
    wanted = {"owner": user, "kind": kind, "resource": resource, "venue": venue, "revoked_at": None}
    known = CalendarFeed.objects.filter(
        owner=user, kind=kind, resource=resource, venue=venue, revoked_at=None
    )
    if found := known.first():
        return found
    try:
        with transaction.atomic():
            return CalendarFeed.objects.create(**wanted)
    except IntegrityError as error:  # made in the same moment
        if found := known.first():
            return found
        raise Conflict from error


def customer_feed(user: User) -> CalendarFeed | None:
    """The feed of one's own bookings, made when first asked for; None once it was revoked."""
    mine = CalendarFeed.objects.filter(owner=user, kind=Kind.CUSTOMER)
    found = list(mine.order_by(F("revoked_at").asc(nulls_first=True))[:1])
    if not found:
        return make_feed(user=user, kind=Kind.CUSTOMER)
    return None if found[0].revoked_at else found[0]


def rotate_feed(*, feed_id: UUID, user: User) -> CalendarFeed:
    """A new secret address; the old one ends at once. Raises ``NotFound``."""
    own = CalendarFeed.objects.filter(pk=feed_id, owner=user, revoked_at=None)
    if not own.update(link_version=F("link_version") + 1):
        raise NotFound
    return CalendarFeed.objects.select_related("resource", "venue").get(pk=feed_id)


def revoke_feed(*, feed_id: UUID, user: User, now: datetime | None = None) -> None:
    """Ends its address. Raises ``NotFound``, also when it was revoked before."""
    own = CalendarFeed.objects.filter(pk=feed_id, owner=user, revoked_at=None)
    if not own.update(revoked_at=now or clock_now()):
        raise NotFound


def note_use(feed: CalendarFeed, *, now: datetime) -> None:
    """When it was last read, to the hour."""
    before = now - NOTED_EVERY
    if feed.last_used_at is None or feed.last_used_at < before:
        old = Q(last_used_at=None) | Q(last_used_at__lt=before)
        CalendarFeed.objects.filter(old, pk=feed.pk).update(last_used_at=now)
