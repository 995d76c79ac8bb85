from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from accounts.models import User
from calendars.kinds import BuiltInKind
from calendars.models import CalendarFeed
from calendars.permissions import may_have
from common.clock import now as clock_now
from common.errors import Conflict, Forbidden, NotFound
from resources.models import Resource, Venue

NOTED_EVERY = timedelta(hours=1)


def make_feed(
    *, user: User, kind: str, resource: Resource | None = None, venue: Venue | None = None
) -> CalendarFeed:
    if not may_have(user, kind, resource=resource, venue=venue):
        raise Forbidden
    values = {"owner": user, "kind": kind, "resource": resource, "venue": venue, "revoked_at": None}
    present = CalendarFeed.objects.filter(
        owner=user, kind=kind, resource=resource, venue=venue, revoked_at=None
    )
    if feed := present.first():
        return feed
    try:
        with transaction.atomic():
            return CalendarFeed.objects.create(**values)
    except IntegrityError as error:  # made in the same moment
        if feed := present.first():
            return feed
        raise Conflict from error


def ensure_customer_feed(user: User) -> CalendarFeed | None:
    """Made when first asked for; None once the user has revoked it."""
    own_feeds = CalendarFeed.objects.filter(owner=user, kind=BuiltInKind.CUSTOMER)
    latest = list(own_feeds.order_by(F("revoked_at").asc(nulls_first=True))[:1])
    if not latest:
        return make_feed(user=user, kind=BuiltInKind.CUSTOMER)
    return None if latest[0].revoked_at else latest[0]


def rotate_feed(*, feed_id: UUID, user: User) -> CalendarFeed:
    """Give it a new secret address; the old one ends at once. Raises ``NotFound``."""
    active = CalendarFeed.objects.filter(pk=feed_id, owner=user, revoked_at=None)
    if not active.update(link_version=F("link_version") + 1):
        raise NotFound
    return CalendarFeed.objects.select_related("resource", "venue").get(pk=feed_id)


def revoke_feed(*, feed_id: UUID, user: User, now: datetime | None = None) -> None:
    """Raises ``NotFound``, also when it was revoked before."""
    active = CalendarFeed.objects.filter(pk=feed_id, owner=user, revoked_at=None)
    if not active.update(revoked_at=now or clock_now()):
        raise NotFound


def note_use(feed: CalendarFeed, *, now: datetime) -> None:
    """Record when it was last read, to the hour: not every request writes."""
    before = now - NOTED_EVERY
    if feed.last_used_at is None or feed.last_used_at < before:
        is_outdated = Q(last_used_at=None) | Q(last_used_at__lt=before)
        CalendarFeed.objects.filter(is_outdated, pk=feed.pk).update(last_used_at=now)
