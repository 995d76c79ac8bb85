"""A calendar feed for staff: what those have booked who have an umbrella."""

from collections.abc import Iterable, Sequence

from django.db.models import Q

from accounts.models import User
from calendars.booking_kinds import manages_there
from calendars.kinds import FeedChoice, FeedKind, Thing, kinds
from calendars.models import CalendarFeed
from resources.models import Venue
from tests.example_product.models import Umbrella

KIND = "umbrellas"


def _reservations(feed: CalendarFeed) -> Q:
    lent = Umbrella.objects.filter(venue=feed.venue_id, is_lent=True)
    return Q(venue_id=feed.venue_id, customer__in=lent.values("customer"))


def _choices(user: User, venues: Sequence[Venue]) -> Iterable[FeedChoice]:
    return [FeedChoice(f"{KIND}:{each.uuid}", f"Umbrellas of {each}", KIND, venue=each) for each in venues]


def register() -> None:
    kinds.register(KIND, FeedKind("Umbrellas", manages_there, _reservations, _choices, Thing.VENUE))
