"""What the tests of the services share."""

from typing import Any

from reservations.models import Reservation
from tests.factories import make_rules, make_venue, open_always


def venue_with(**rules: Any) -> Any:
    venue = make_venue()
    open_always(venue)
    return venue, make_rules(venue, **rules)


def occupied(reservation: Reservation) -> list[tuple[int | None, int | None]]:
    return list(reservation.allocations.values_list("b0", "b1"))
