"""Booking through the service: what is written, what is refused."""

from decimal import Decimal

import pytest

from reservations.enums import Status
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from tests.factories import at, book, make_resource


@pytest.mark.django_db
def test_a_booking_is_confirmed_priced_and_occupies_its_span() -> None:
    reservation = book(make_resource(), minutes=90)

    assert reservation.status == Status.CONFIRMED
    assert reservation.total_amount == Decimal("37.50")
    allocation = reservation.allocations.get()
    assert allocation.b0 is not None
    assert allocation.b1 == allocation.b0 + 90
    assert [event.kind for event in reservation.events.all()] == ["booked"]


@pytest.mark.django_db
def test_an_overlapping_booking_is_refused_with_alternatives() -> None:
    room = make_resource()
    book(room, at(hour=10), minutes=60)

    with pytest.raises(SlotTaken) as refused:
        book(room, at(hour=10, minute=30), minutes=60)

    assert at(hour=11) in refused.value.extra["alternatives"]
    assert Reservation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_transactional_tests_can_be_flushed() -> None:
    assert book(make_resource()).events.count() == 1
