"""An account's feeds, and those it could have."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from calendars.models import CalendarFeed
from calendars.permissions import is_readable
from resources.models import Resource, Venue

Kind = CalendarFeed.Kind
MOST_CHOICES = 500


@dataclass(frozen=True, slots=True)
class Choice:
    """A feed that can be made; ``key`` stands in forms."""

    key: str
    label: str
    kind: str
    resource: Resource | None = None
    venue: Venue | None = None


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
    """One's own bookings; for members of venues also what is booked there."""
    offered = [Choice(Kind.CUSTOMER, _("My bookings"), Kind.CUSTOMER)]
    venues = list(Venue.objects.staffed_by(user).order_by("name"))
    if not venues:
        return offered
    offered.append(Choice(Kind.FACILITATOR, _("What I lead"), Kind.FACILITATOR))
    offered += [
        Choice(f"venue:{each.uuid}", _("Bookings of %s") % each, Kind.VENUE, None, each) for each in venues
    ]
    resources = Resource.objects.filter(venue__in=venues).select_related("venue")
    for each in resources.order_by("venue__name", "position", "name", "id")[:MOST_CHOICES]:
        label = f"{each.name}, {each.venue.name}"
        key = f"resource_staff:{each.uuid}"
        offered.append(Choice(key, _("Bookings of %s") % label, Kind.RESOURCE_STAFF, each))
        key = f"resource:{each.uuid}"
        offered.append(Choice(key, _("When it is busy: %s") % label, Kind.RESOURCE, each))
    return offered
