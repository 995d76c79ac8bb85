"""The kinds of feeds about bookings."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calendars.kinds import BuiltInKind, FeedChoice, FeedKind, Thing, kinds
from common.second_factor import is_administrator
from common.venues import MANAGING
from reservations.enums import MANAGED
from reservations.models import ReservationItem
from reservations.offered import is_offered
from reservations.scopes import led_by
from resources.catalog import catalog
from resources.models import Resource, Venue
from resources.permissions import roles_of, works_at

if TYPE_CHECKING:
    from accounts.models import User
    from calendars.models import CalendarFeed

    Viewer = User | AnonymousUser

MOST_CHOICES = 500


def works_there(user: "Viewer", resource: Resource | None, venue: Venue | None) -> bool:
    venue_id = resource.venue_id if resource else venue.pk if venue else None
    return venue_id is not None and works_at(user, venue_id)


def manages_there(user: "Viewer", resource: Resource | None, venue: Venue | None) -> bool:
    """For feeds with all the customers of a resource or a venue."""
    venue_id = resource.venue_id if resource else venue.pk if venue else None
    return venue_id is not None and works_at(user, venue_id, *MANAGING)


def _may_read_bookings(user: "Viewer", resource: Resource | None, venue: Venue | None) -> bool:
    if manages_there(user, resource, venue):
        return True
    is_oneself = resource is not None and bool(user.pk) and resource.person_id == user.pk
    return is_oneself and works_there(user, resource, venue)


def _has_account(user: "Viewer", resource: Resource | None, venue: Venue | None) -> bool:
    return bool(user.pk)


def _works_anywhere(user: "Viewer", resource: Resource | None, venue: Venue | None) -> bool:
    return is_administrator(user) or bool(roles_of(user))


def _of_customer(feed: "CalendarFeed") -> Q:
    return Q(customer_id=feed.owner_id) & ~is_offered() & ~Q(purpose__in=MANAGED)


def _of_venue(feed: "CalendarFeed") -> Q:
    return Q(venue_id=feed.venue_id)


def _of_resource(feed: "CalendarFeed") -> Q:
    if feed.resource is None:
        return Q(pk__in=())
    return Q(Exists(_items().filter(resource_id__in=sharing(feed.resource))))


def _with_customers(feed: "CalendarFeed") -> Q:
    """Facilitators have it of the resource that they are, and there see what they lead."""
    sees_all = manages_there(feed.owner, feed.resource, None)
    return _of_resource(feed) if sees_all else _of_resource(feed) & led_by(feed.owner)


def _of_facilitator(feed: "CalendarFeed") -> Q:
    return Q(venue_id__in=list(roles_of(feed.owner))) & led_by(feed.owner)


def _items() -> "QuerySet[ReservationItem]":
    return ReservationItem.objects.filter(reservation=OuterRef("pk"))


def sharing(resource: Resource) -> list[int]:
    """Ids of all that takes this resource's time: itself, its parts, and what it is part of."""
    bookables = catalog(resource.venue_id).bookables
    leaves = {leaf.id for leaf in bookables[resource.pk].leaves}
    return [bookable.id for bookable in bookables.values() if leaves & {leaf.id for leaf in bookable.leaves}]


def _offer_own(user: "User", venues: Sequence[Venue]) -> Iterable[FeedChoice]:
    return [FeedChoice(BuiltInKind.CUSTOMER, _("My bookings"), BuiltInKind.CUSTOMER)]


def _offer_led(user: "User", venues: Sequence[Venue]) -> Iterable[FeedChoice]:
    return (
        [FeedChoice(BuiltInKind.FACILITATOR, _("Bookings I lead"), BuiltInKind.FACILITATOR)] if venues else []
    )


def _offer_venues(user: "User", venues: Sequence[Venue]) -> Iterable[FeedChoice]:
    return [
        FeedChoice(f"venue:{venue.uuid}", _("Bookings of %s") % venue, BuiltInKind.VENUE, None, venue)
        for venue in venues
    ]


def _offer_resources(user: "User", venues: Sequence[Venue]) -> Iterator[FeedChoice]:
    """Each with both kinds that there are of it."""
    resources = Resource.objects.filter(venue__in=venues).select_related("venue")
    for resource in (
        resources.order_by("venue__name", "position", "name", "id")[:MOST_CHOICES] if venues else ()
    ):
        label = f"{resource.name}, {resource.venue.name}"
        key = f"resource_staff:{resource.uuid}"
        yield FeedChoice(key, _("Bookings of %s") % label, BuiltInKind.RESOURCE_STAFF, resource)
        key = f"resource:{resource.uuid}"
        yield FeedChoice(key, _("Busy times: %s") % label, BuiltInKind.RESOURCE, resource)


def _offer_with_the_other(user: "User", venues: Sequence[Venue]) -> Iterable[FeedChoice]:
    return ()


def register() -> None:
    label = gettext_lazy("My bookings")
    kinds.register(BuiltInKind.CUSTOMER, FeedKind(label, _has_account, _of_customer, _offer_own, is_own=True))
    label = gettext_lazy("Busy times of a resource")
    busy = FeedKind(
        label, works_there, _of_resource, _offer_with_the_other, Thing.RESOURCE, shows_only_times=True
    )
    kinds.register(BuiltInKind.RESOURCE, busy)
    label = gettext_lazy("Bookings of a resource")
    with_details = FeedKind(label, _may_read_bookings, _with_customers, _offer_resources, Thing.RESOURCE)
    kinds.register(BuiltInKind.RESOURCE_STAFF, with_details)
    label = gettext_lazy("Bookings of a venue")
    kinds.register(BuiltInKind.VENUE, FeedKind(label, manages_there, _of_venue, _offer_venues, Thing.VENUE))
    led = FeedKind(gettext_lazy("Bookings I lead"), _works_anywhere, _of_facilitator, _offer_led)
    kinds.register(BuiltInKind.FACILITATOR, led)
