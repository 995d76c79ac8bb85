"""Booking through the service: what is written, what is refused."""

from decimal import Decimal

import pytest

from notifications.models import Message
from reservations.domain.values import LONGEST_NAME, Actor, Customer
from reservations.enums import Status
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from tests.factories import at, book, make_resource, make_user


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


@pytest.mark.django_db
def test_accounts_may_have_longer_names_than_bookings() -> None:
    room = make_resource()
    long: list[dict[str, str]] = [
        {"first_name": "x" * 150, "last_name": "y" * 150},
        {"email": f"{'a' * 240}@example.com"},
    ]
    for number, fields in enumerate(long):
        user = make_user(**fields)
        booked = book(room, at(number + 1), customer=Customer.from_user(user), actor=Actor(user))
        assert len(booked.customer_name) == LONGEST_NAME
    assert {
        len(name) for name in Message.objects.filter(kind="confirmed").values_list("name", flat=True)
    } == {200}
