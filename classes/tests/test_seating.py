"""Seats of a session, by whichever door: what is booked, refused and counted."""

from decimal import Decimal

import pytest

from classes.services.seating import seat_of
from classes.tests.helpers import House, make_house, take
from reservations.exceptions import CapacityReached

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def test_a_seat_is_a_booking_at_the_sessions_price_and_name(house: House) -> None:
    session = house.add_session()
    seat = take(session, quantity=2, notes="Bad knee")
    reservation = seat.reservation
    assert (reservation.title, reservation.total_amount, reservation.party_size) == (
        "Morning Meditation",
        Decimal(50),
        2,
    )
    assert (seat.session_id, seat.seats, seat.is_active, seat.notes) == (session.pk, 2, True, "Bad knee")
    assert seat_of(reservation).pk == seat.pk


def test_the_eleventh_of_ten_is_refused(house: House) -> None:
    session = house.add_session(capacity=10)
    take(session, quantity=9)
    with pytest.raises(CapacityReached):
        take(session, quantity=2)
    take(session)
    with pytest.raises(CapacityReached):
        take(session)
