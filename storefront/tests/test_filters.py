"""What was booked, in one line."""

import pytest

from reservations.domain.values import ItemRequest
from resources.enums import UnitsBy
from storefront.templatetags import bookings
from tests.factories import book, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize(
    ("units_by", "quantity", "in_one_line"),
    [(UnitsBy.BOOKING, 1, "Kayak"), (UnitsBy.BOOKING, 2, "2 × Kayak"), (UnitsBy.PERSON, 1, "Kayak")],
)
def test_units_are_counted_where_a_booking_takes_several(
    units_by: UnitsBy, quantity: int, in_one_line: str
) -> None:
    kayak = make_resource(name="Kayak", units=4, units_by=units_by)
    reservation = book(kayak, items=[ItemRequest(kayak.pk, quantity=quantity)], party_size=2)
    assert bookings.things(reservation) == in_one_line
    assert bookings.resource_names(reservation) == "Kayak"
