"""What else of a venue is free for exactly the time that is held."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser

from reservations.availability import Wish, moment_now, violations
from reservations.domain.lines import Line, probes
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
    """A resource that can come along, what one of it costs, and how many one booking can take at most."""

    resource: Resource
    price: Decimal
    most: int


def list_add_ons(reservation: Reservation, held: list[Line], user: "User | AnonymousUser") -> list[AddOn]:
    """Other kinds of things first. A constant number of queries, however many resources there are."""
    known, span = catalog_of(reservation.venue).bookables, span_of(reservation)
    taken, kinds = leaf_ids(held), {line.bookable.kind for line in held}
    rows = Resource.objects.visible_to(user).bookable().filter(venue_id=reservation.venue_id)
    lines = {}
    for row in rows:
        facts = known.get(row.pk)
        if facts and not {leaf.id for leaf in facts.leaves} & set(taken):
            lines[row] = Line(facts, facts.units_for(span.party_size))
    booker = read_bookers(user, [reservation.venue_id])[reservation.venue_id]
    found = violations(probes(list(lines.values()), span), booker, moment_now())
    free = [pair for pair, refused in zip(lines.items(), found, strict=True) if refused is None]
    free.sort(key=lambda pair: pair[1].bookable.kind in kinds)
    return [_companion(row, line, reservation) for row, line in free[:MOST_SHOWN]]


def _companion(row: Resource, line: Line, reservation: Reservation) -> AddOn:
    span, facts = span_of(reservation), line.bookable
    price = price_at(facts, Wish(span.end - span.start, span.party_size), span.start)
    return AddOn(row, price, facts.limit if facts.units_by == UnitsBy.BOOKING else 1)
