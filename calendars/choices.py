"""An account's feeds, and those it could have."""

from django.db.models import QuerySet

from accounts.models import User
from calendars.kinds import Choice, Thing, kinds
from calendars.models import CalendarFeed
from calendars.permissions import is_readable
from resources.models import Venue

ORDER = (Thing.NOTHING, Thing.VENUE, Thing.RESOURCE)


def feeds_of(user: User) -> QuerySet[CalendarFeed]:
    """Those with an address that has not been revoked."""
    known = CalendarFeed.objects.select_related("owner", "resource__venue", "venue")
    return known.filter(owner=user, revoked_at=None).order_by("created_at", "id")


def own_feeds(user: User) -> list[CalendarFeed]:
    """Those of them that would be answered today, judged with one look at the memberships."""
    found = list(feeds_of(user))
    for each in found:
        each.owner = user
    return [each for each in found if is_readable(each)]


def choices_for(user: User) -> list[Choice]:
    """One's own bookings; for members of venues also what is booked there: the many resources last."""
    venues = list(Venue.objects.staffed_by(user).order_by("name"))
    in_order = sorted(kinds, key=lambda kind: ORDER.index(kind.thing))
    return [choice for kind in in_order for choice in kind.choices(user, venues)]
