"""How many bookings each day has, counted by the database: a month of many places shows no more."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from django.db.models import Count, Exists, OuterRef, Q

from calendars.day_totals import Midnights
from calendars.entries import Sight
from calendars.selectors import begins_near
from reservations.availability import Moment
from reservations.enums import OF_VENUE
from reservations.models import Allocation, Reservation
from reservations.scopes import led_by
from resources.bookables import Bookable
from scheduling.zones import from_minute

if TYPE_CHECKING:
    from accounts.models import User
    from calendars.entries import Viewer


def count_bookings(
    bookables: Sequence[Bookable], midnights: Midnights, user: "Viewer", moment: Moment
) -> list[int]:
    """Of one venue, by the position of the day; a booking of several resources counts once."""
    if not (bookables and user.pk):
        return [0] * len(midnights.spans)
    first, last = midnights.span
    leaf_ids = {leaf.id for bookable in bookables for leaf in bookable.leaves}
    on_leaf = Allocation.objects.counting(moment.seconds).overlapping(first, last)
    bookings = Reservation.objects.filter(
        begins_near(bookables, first, last),
        Exists(on_leaf.filter(reservation=OuterRef("pk"), resource__in=leaf_ids)),
        _is_seen(Sight.of(user, bookables[0].venue_id)),
        venue_id=bookables[0].venue_id,
        starts_at__lt=from_minute(last),
        ends_at__gt=from_minute(first),
    ).exclude(purpose__in=OF_VENUE)
    counts = bookings.aggregate(**{str(n): _count_on(*span) for n, span in enumerate(midnights.spans)})
    return [counts[str(number)] for number in range(len(midnights.spans))]


def _is_seen(sight: Sight) -> Q:
    if sight.sees_all:
        return Q()
    is_own = Q(pk__in=sight.own_bookings.values("pk"))
    return is_own | led_by(cast("User", sight.user)) if sight.leads else is_own


def _count_on(first: int, last: int) -> Count:
    on_day = Q(starts_at__lt=from_minute(last), ends_at__gt=from_minute(first))
    return Count("pk", filter=on_day)
