"""Releases, offers and walk-ups at the same moment."""

from datetime import datetime, time, timedelta
from uuid import UUID

import pytest

from common.clock import now
from reservations.domain.values import Actor, Customer, ReservationChanges
from reservations.enums import Status
from reservations.models import Reservation
from reservations.services import cancel_reservation, change_many
from reservations.tests.api_helpers import local
from tests.factories import book, make_resource
from tests.racing import assert_never_overbooked, race
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import accept_offer
from waitlist.tests.helpers import join

pytestmark = pytest.mark.django_db(transaction=True)


def person(number: int) -> Customer:
    return Customer(name=f"P{number}", email=f"p{number}@example.com")


def test_twenty_releases_make_as_many_offers_as_units_came_free(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pool = make_resource(units=20, capacity=40)
    taken = [book(pool, local(7, 10), customer=person(number)) for number in range(20)]
    for number in range(25):
        join(pool, customer=person(100 + number), earliest_time=time(10), latest_time=time(10), duration=60)

    released = race(20, lambda number: cancel_reservation(reservation_id=taken[number].pk, actor=Actor()))

    assert [each for each in released if isinstance(each, BaseException)] == []
    assert [each.exc_text for each in caplog.records if each.levelname == "ERROR"] == []
    offered = WaitlistOffer.objects.filter(outcome="open")
    assert offered.count() == 20
    served = set(offered.values_list("entry__customer_email", flat=True))
    assert served == {f"p{number}@example.com" for number in range(100, 120)}  # the first who came
    assert WaitlistEntry.objects.waiting().count() == 5
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


def test_a_batch_trades_times_that_others_wait_for() -> None:
    """Nobody is offered what one booking of the batch leaves to another, whatever comes free beside it."""
    for _ in range(5):
        room = make_resource()
        pair = [book(room, local(7, hour), customer=person(hour)) for hour in (10, 11)]
        third = book(room, local(7, 12), customer=person(12))
        for hour in (10, 12):
            at_that_hour = {"earliest_time": time(hour), "latest_time": time(hour), "duration": 60}
            join(room, customer=person(100 + hour), **at_that_hour)
        starts = {pair[0].pk: pair[1].starts_at, pair[1].pk: pair[0].starts_at}

        def act(
            number: int, third: Reservation = third, starts: dict[UUID, datetime] = starts
        ) -> list[Reservation] | Reservation:
            if number:
                return cancel_reservation(reservation_id=third.pk, actor=Actor())[0]
            return change_many(
                changes=lambda each: ReservationChanges(
                    start=starts[each.pk], end=starts[each.pk] + timedelta(hours=1)
                ),
                ids=list(starts),
                actor=Actor(),
                now=now(),
            )

        moved, cancelled = race(2, act)

        assert isinstance(moved, list), moved
        assert isinstance(cancelled, Reservation), cancelled
        offered = WaitlistOffer.objects.filter(entry__resource=room)
        assert [offer.reservation.starts_at for offer in offered] == [local(7, 12)]
    assert_never_overbooked()
