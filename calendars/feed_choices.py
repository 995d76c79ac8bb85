from django.db.models import QuerySet

from accounts.models import User
from calendars.kinds import FeedChoice, Thing, kinds
from calendars.models import CalendarFeed
from calendars.permissions import is_readable, may_have
from resources.models import Venue

ORDER = (Thing.NOTHING, Thing.VENUE, Thing.RESOURCE)


def active_feeds(user: User) -> QuerySet[CalendarFeed]:
    """The account's feeds that have not been revoked."""
    feeds = CalendarFeed.objects.select_related("owner", "resource__venue", "venue")
    return feeds.filter(owner=user, revoked_at=None).order_by("created_at", "id")


def list_readable_feeds(user: User) -> list[CalendarFeed]:
    """Those that would be answered today, with one query about memberships."""
    feeds = list(active_feeds(user))
    for feed in feeds:
        feed.owner = user
    return [feed for feed in feeds if is_readable(feed)]


def list_choices(user: User) -> list[FeedChoice]:
    venues = list(Venue.objects.staffed_by(user).order_by("name"))
    in_order = sorted(kinds, key=lambda kind: ORDER.index(kind.thing))
    choices = [choice for kind in in_order for choice in kind.choices(user, venues)]
    return [choice for choice in choices if _may_choose(user, choice)]


def _may_choose(user: User, choice: FeedChoice) -> bool:
    return may_have(user, choice.kind, resource=choice.resource, venue=choice.venue)
