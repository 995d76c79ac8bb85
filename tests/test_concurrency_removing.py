"""History is removed beside everything else: what is new loses nothing, what is old goes once."""

import threading
from typing import Any

import pytest
import time_machine
from django.db import connection, connections, transaction

from common import clock
from payments.models import Payment
from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.exceptions import ReservationNotFound
from reservations.models import Allocation, HistoryRemoval, Reservation, ReservationEvent
from reservations.services import (
    ReservationChanges,
    cancel_reservation,
    change_reservation,
    make_rule,
    record_payment,
    remove_history,
)
from tests.factories import at, book, make_resource
from tests.processes import PATIENCE
from tests.racing import assert_never_overbooked, race

pytestmark = pytest.mark.django_db(transaction=True)


def test_bookings_cancellations_and_payments_lose_nothing() -> None:
    room = make_resource(units=2)
    with time_machine.travel(at(-1200, 8)):
        old = [book(room, at(day, hour)) for day in range(1, 4) for hour in range(8, 18)]
    new = [book(room, at(day)) for day in range(1, 5)]
    rule = make_rule(room.venue, months=24, now=clock.now())

    def act(number: int) -> Any:
        match number:
            case 0 | 1:
                return remove_history(rule, now=clock.now())
            case 2:
                return [book(room, at(day, 14)).pk for day in range(1, 8)]
            case 3:
                return cancel_reservation(reservation_id=new[0].pk, actor=Actor())[0].status
            case 4:
                changes = ReservationChanges(start=at(2, 16), end=at(2, 17))
                return change_reservation(reservation_id=new[1].pk, changes=changes, actor=Actor()).pk
            case _:  # somebody remembers that this one was paid: it stays, or it is gone
                amount = old[-1].total_amount
                return record_payment(reservation_id=old[-1].pk, amount=amount, actor=Actor())

    results: list[Any] = race(6, act)
    first, second, booked, cancelled, moved, paid = results
    was_paid = not isinstance(paid, BaseException)
    assert was_paid or isinstance(paid, ReservationNotFound), paid
    assert first + second == len(old) - was_paid
    assert sum(record.reservations for record in HistoryRemoval.objects.all()) == first + second
    left = set(Reservation.objects.values_list("pk", flat=True))
    assert left == {*booked, *(each.pk for each in new), *([old[-1].pk] if was_paid else [])}
    assert Payment.objects.count() == was_paid
    assert (cancelled, moved) == (Status.CANCELLED, new[1].pk)
    assert set(ReservationEvent.objects.values_list("reservation", flat=True)) == left
    assert set(Allocation.objects.values_list("reservation", flat=True)) == left
    assert_never_overbooked()


def test_nobody_waits_for_history_who_books_the_same_resource() -> None:
    """Deleting what was over for a month takes no lock on the resource."""
    room = make_resource()
    with time_machine.travel(at(-1200, 8)):
        book(room)
    room.refresh_from_db()
    before = room.version
    assert remove_history(make_rule(room.venue, months=24, now=clock.now()), now=clock.now()) == 1
    room.refresh_from_db()
    assert room.version == before


def test_what_somebody_is_changing_stays_until_the_next_run() -> None:
    if connection.vendor == "sqlite":
        return  # writers take turns there
    room = make_resource()
    with time_machine.travel(at(-1200, 8)):
        old = [book(room, at(day)) for day in (1, 2)]
    is_locked, is_over = threading.Event(), threading.Event()

    def change() -> None:
        with transaction.atomic():
            Reservation.objects.select_for_update().get(pk=old[0].pk)
            is_locked.set()
            assert is_over.wait(PATIENCE)
        connections.close_all()

    other = threading.Thread(target=change)
    other.start()
    assert is_locked.wait(PATIENCE)
    rule = make_rule(room.venue, months=24, now=clock.now())
    assert remove_history(rule, now=clock.now()) == 1
    is_over.set()
    other.join()
    assert remove_history(rule, now=clock.now()) == 1
