"""Releases, offers and walk-ups at the same moment."""

from datetime import time

import pytest

from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.services import cancel_reservation
from reservations.tests.api_helpers import local
from tests.factories import book, make_resource
from tests.racing import assert_never_overbooked, race
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import accept_offer
from waitlist.tests.helpers import join

pytestmark = pytest.mark.django_db(transaction=True)


def person(number: int) -> Customer:
    return Customer(name=f"P{number}", email=f"p{number}@example.com")


def test_fifty_releases_make_as_many_offers_as_units_came_free(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pool = make_resource(units=50, capacity=100)
    taken = [book(pool, local(7, 10), customer=person(number)) for number in range(50)]
    for number in range(60):
        join(pool, customer=person(100 + number), earliest_time=time(10), latest_time=time(10), duration=60)

    released = race(50, lambda number: cancel_reservation(reservation_id=taken[number].pk, actor=Actor()))

    assert [each for each in released if isinstance(each, BaseException)] == []
    assert [each.exc_text for each in caplog.records if each.levelname == "ERROR"] == []
    offered = WaitlistOffer.objects.filter(outcome="open")
    assert offered.count() == 50
    served = set(offered.values_list("entry__customer_email", flat=True))
    assert served == {f"p{number}@example.com" for number in range(100, 150)}  # the first who came
    assert WaitlistEntry.objects.waiting().count() == 10
    assert_never_overbooked()


def test_two_accept_one_offer() -> None:
    room = make_resource()
    taken = book(room, local(7, 10))
    join(room, customer=person(1), earliest_time=time(10), latest_time=time(10), duration=60)
    cancel_reservation(reservation_id=taken.pk, actor=Actor())
    offer = WaitlistOffer.objects.get()

    found = race(8, lambda _number: accept_offer(offer_id=offer.pk, actor=Actor()).pk)

    assert set(found) == {offer.reservation_id}
    offer.reservation.refresh_from_db()
    assert offer.reservation.status == Status.CONFIRMED
    assert_never_overbooked()


def test_walk_ups_and_the_queue() -> None:
    """Whoever gets it, it is one: the queue's first, or a walk-up who came before the offer."""
    room = make_resource()
    taken = book(room, local(7, 10))
    join(room, customer=person(1), earliest_time=time(10), latest_time=time(10), duration=60)

    def act(number: int) -> object:
        if number == 0:
            return cancel_reservation(reservation_id=taken.pk, actor=Actor())
        return book(room, local(7, 10), customer=person(50 + number))

    race(9, act)

    assert_never_overbooked()
    assert room.allocations.filter(b0__isnull=False).count() == 1
