"""Changes of what is booked, in races: the old time is kept or the new one is had, never both or neither."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings

from frontdesk.planning import relocate_bookings
from payments.models import Payment
from payments.tests.fake_provider import FakeProvider
from reservations.domain.values import Actor, Customer
from reservations.enums import Source, Status
from reservations.exceptions import CapacityReached, HoldExpired, TransitionNotAllowed
from reservations.models import Allocation, Reservation
from reservations.services import (
    ReservationChanges,
    cancel_many,
    cancel_reservation,
    change_reservation,
    complete_reservation,
    extend_hold,
)
from reservations.tests.api_helpers import post
from resources.enums import Role, UnitsBy
from tests.factories import (
    at,
    book,
    hold,
    make_member,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)
from tests.racing import assert_never_overbooked, overbooked, race

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_reservations_moved_onto_each_others_times() -> None:
    room, user = make_resource(), make_user()
    mine = Customer.from_user(user)
    for day in range(7, 12):
        pair = [book(room, at(day, hour), customer=mine) for hour in (10, 11)]

        def move(number: int, pair: list[Reservation] = pair) -> int:
            client = Client()
            client.force_login(user)
            wanted = {"start": pair[1 - number].starts_at.isoformat(), "duration": 60}
            address = f"/api/reservations/{pair[number].pk}"
            return client.patch(address, wanted, content_type="application/json").status_code

        assert race(2, move) == [409, 409]
        assert_never_overbooked()


def test_a_session_is_called_off_while_others_book_move_and_cancel() -> None:
    seats = make_resource(units=10, units_by=UnitsBy.PERSON)
    other = make_resource(seats.venue, rules=seats.rules)
    for day in range(7, 11):
        sold = [book(seats, at(day)) for _seat in range(9)]
        both = sorted(each.pk for each in (*sold, book(other, at(day))))
        moved = ReservationChanges(start=at(day, 14), end=at(day, 15))

        def act(
            number: int, day: int = day, ids: list[Any] = both, sold: Any = sold, moved: Any = moved
        ) -> Any:
            match number:
                case 0:
                    return cancel_many(ids=ids, actor=Actor(source=Source.STAFF))
                case 1:
                    return cancel_many(ids=ids[::-1], actor=Actor(source=Source.STAFF))
                case 2:
                    return change_reservation(reservation_id=sold[4].pk, changes=moved, actor=Actor())
                case 3:
                    return cancel_reservation(reservation_id=sold[8].pk, actor=Actor())
                case _:
                    return book(seats, at(day))

        results = race(8, act)
        assert [type(each) for each in results[:2]] == [list, list], results
        assert isinstance(results[2], (Reservation, TransitionNotAllowed)), results
        assert isinstance(results[3], tuple), results
        assert all(isinstance(each, (Reservation, CapacityReached)) for each in results[4:]), results
        assert {each.status for each in Reservation.objects.filter(pk__in=both)} == {Status.CANCELLED}
        assert_never_overbooked()


def test_two_reservations_moved_onto_each_others_resources(circles: list[OperationalError]) -> None:
    venue = make_venue()
    open_always(venue)
    rooms = [make_resource(venue, units=5) for _ in range(2)]
    for day in range(7, 17):
        pair = [book(room, at(day)) for room in rooms]

        def swap(number: int, pair: list[Reservation] = pair) -> Reservation:
            there = {rooms[number].pk: rooms[1 - number].pk}
            return change_reservation(
                reservation_id=pair[number].pk, changes=ReservationChanges(resources=there), actor=Actor()
            )

        assert [each.pk for each in race(2, swap) if isinstance(each, Reservation)] == [
            each.pk for each in pair
        ]
        assert [each.items.get().resource_id for each in pair] == [rooms[1].pk, rooms[0].pk]
    assert circles == []
    assert overbooked() == []


def test_relocation_against_bookings_of_the_target(circles: list[OperationalError]) -> None:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue)
    source, target = (make_resource(venue, rules=rules) for _ in range(2))
    manager = make_member(venue, Role.MANAGER)
    known = [book(source, at(7, hour)) for hour in range(8, 18)]

    def rival(number: int) -> Any:
        if number < 2:
            return relocate_bookings(
                venue_id=venue.pk,
                resource_id=source.pk,
                start=at(7, 0),
                end=at(8, 0),
                actor=Actor(manager, Source.STAFF),
            )
        if number % 2:
            return book(target, at(7, 8 + number % 10))
        return cancel_reservation(reservation_id=known[number % 10].pk, actor=Actor())

    results = race(16, rival)

    assert [each for each in results[:2] if isinstance(each, Exception)] == []
    for each in known:
        each.refresh_from_db()
        assert each.items.count() == 1
    assert {getattr(each, "code", "") for each in results if isinstance(each, BaseException)} <= {"taken"}
    assert circles == []
    assert overbooked() == []


def test_an_expired_hold_extended_against_a_booking() -> None:
    room = make_resource()
    for day in range(7, 12):
        held = hold(room, at(day))
        late = held.created_at + timedelta(minutes=5)
        Allocation.objects.filter(reservation=held).update(expires_at=1)

        def rival(number: int, held: Reservation = held, day: int = day, late: Any = late) -> Reservation:
            if number == 0:
                return extend_hold(reservation_id=held.pk, actor=Actor(), now=late)
            return book(room, at(day))

        extended, booked = race(2, rival)

        assert isinstance(extended, Reservation) != isinstance(booked, Reservation)
        assert isinstance(extended, Reservation | HoldExpired)
        assert overbooked() == []


@pytest.fixture
def provider(settings: Settings) -> None:
    settings.PAYMENT_PROVIDER = "payments.tests.fake_provider.FakeProvider"
    FakeProvider.moved, FakeProvider.is_down = {}, False


def test_a_deposit_is_charged_once(provider: None) -> None:
    room, user = make_resource(), make_user()
    room.rules.deposit_percent = 40
    room.rules.save()
    mine = book(room, customer=Customer.from_user(user))

    def pay(number: int) -> tuple[int, str]:
        client = Client()
        client.force_login(user)
        answer = post(client, f"/api/reservations/{mine.pk}/confirm", {"payment": {"token": "good"}})
        return answer.status_code, answer.json().get("code", "")

    answers: list[Any] = race(8, pay)

    assert [status for status, _code in answers].count(200) == 1
    assert {code for status, code in answers if status != 200} <= {"payment_under_way", "nothing_due"}
    assert list(FakeProvider.moved.values()) == [10]
    assert Payment.objects.get().status == "succeeded"


def test_a_deposit_paid_while_it_is_cancelled_comes_back(provider: None) -> None:
    room, user = make_resource(), make_user()
    room.rules.deposit_percent = 40
    room.rules.save()
    for day in range(7, 12):
        FakeProvider.moved = {}
        mine = book(room, at(day), customer=Customer.from_user(user))

        def rival(number: int, mine: Reservation = mine) -> Any:
            client = Client()
            client.force_login(user)
            action, body = ("confirm", {"payment": {"token": "good"}}) if number else ("cancel", {})
            return post(client, f"/api/reservations/{mine.pk}/{action}", body).status_code

        cancelled, _paid = race(2, rival)

        mine.refresh_from_db()
        assert (cancelled, mine.status) == (200, Status.CANCELLED)
        assert sum(FakeProvider.moved.values()) == 0


def test_rivals_for_the_pace_of_a_kitchen() -> None:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue, occupies_first=15, slot_step=15, min_duration=60)
    kitchen = make_resource(venue, rules=rules, units=10, capacity=10, units_by=UnitsBy.PERSON)

    def seat(number: int) -> Reservation:
        return book(kitchen, at(7, 19, 15 * (number % 2)), 120, party_size=2 + number % 3)

    seated = [each for each in race(32, seat) if isinstance(each, Reservation)]
    for minute in (0, 15):
        covers = sum(each.party_size for each in seated if each.starts_at == at(7, 19, minute))
        assert 9 <= covers <= 10
    assert_never_overbooked()


def test_lengthening_what_runs_against_the_next_booking() -> None:
    room = make_resource()
    staff = Actor(make_member(room.venue), Source.STAFF)
    for day in range(7, 12):
        running = book(room, at(day, 10))

        def act(number: int, day: int = day, running: Reservation = running) -> Reservation:
            if number:
                return book(room, at(day, 11))
            changes = ReservationChanges(end=at(day, 11, 30))
            return change_reservation(
                reservation_id=running.pk, changes=changes, actor=staff, now=at(day, 10, 30)
            )

        assert sum(isinstance(each, Reservation) for each in race(2, act)) == 1
        assert_never_overbooked()


def test_leaving_early_against_the_next_guest() -> None:
    room = make_resource()
    staff = Actor(make_member(room.venue), Source.STAFF)
    for day in range(7, 12):
        visit = book(room, at(day, 10), 180)

        def act(number: int, day: int = day, visit: Reservation = visit) -> Reservation:
            if number:
                return book(room, at(day, 11, 30))
            return complete_reservation(reservation_id=visit.pk, actor=staff, now=at(day, 11))

        results = race(2, act)
        assert isinstance(results[0], Reservation)
        visit.refresh_from_db()
        assert visit.ends_at == at(day, 11)
        assert_never_overbooked()
        if not isinstance(results[1], Reservation):
            book(room, at(day, 11, 30))
