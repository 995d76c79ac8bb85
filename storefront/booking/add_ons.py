from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from reservations.availability import Wish, find_violations, moment_now
from reservations.domain.lines import Line, make_probes
from reservations.domain.pricing import price_at
from reservations.domain.writing import leaf_ids
from reservations.models import Reservation
from reservations.services import span_of
from resources.catalog import catalog_of
from resources.enums import UnitsBy
from resources.models import Resource
from search.bookers import read_bookers

if TYPE_CHECKING:
    from accounts.models import User

MOST_SHOWN = 24


@dataclass(frozen=True, slots=True)
class AddOn:
    """``price`` of one unit, and the ``most`` units that one booking can take."""

    resource: Resource
    price: Decimal
    most: int


def list_add_ons(
    reservation: Reservation, held_lines: list[Line], user: "User | AnonymousUser"
) -> list[AddOn]:
    """Kinds that the booking has none of come first. The number of queries is constant."""
    bookables, span = catalog_of(reservation.venue).bookables, span_of(reservation)
    taken, kinds = leaf_ids(held_lines), {line.bookable.kind for line in held_lines}
    resources = Resource.objects.visible_to(user).listed().filter(venue_id=reservation.venue_id)
    line_by_resource = {}
    for resource in resources:
        bookable = bookables.get(resource.pk)
        # Nothing that shares a leaf with what is held: its own court is no addition to a hall.
        if bookable and not {leaf.id for leaf in bookable.leaves} & set(taken):
            line_by_resource[resource] = Line(bookable, bookable.units_for(span.party_size))
    booker = read_bookers(user, [reservation.venue_id])[reservation.venue_id]
    obstacles = find_violations(make_probes(list(line_by_resource.values()), span), booker, moment_now())
    free = [
        pair for pair, obstacle in zip(line_by_resource.items(), obstacles, strict=True) if obstacle is None
    ]
    free.sort(key=lambda pair: pair[1].bookable.kind in kinds)
    return [_make_add_on(resource, line, reservation) for resource, line in free[:MOST_SHOWN]]


def _make_add_on(resource: Resource, line: Line, reservation: Reservation) -> AddOn:
    span, bookable = span_of(reservation), line.bookable
    price = price_at(bookable, Wish(span.end - span.start, span.party_size), span.start)
    return AddOn(resource, price, bookable.limit if bookable.units_by == UnitsBy.BOOKING else 1)
