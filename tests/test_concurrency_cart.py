"""Holds of several things, in races: nothing is held twice, and a cart is booked as a whole or not at all."""

from typing import Any

import pytest
from django.db import OperationalError

from common.errors import DomainError
from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.exceptions import CartRefused
from reservations.models import Reservation
from reservations.services import add_to_hold, confirm_hold, confirm_holds, release_hold, remove_from_hold
from resources.models import Resource
from tests.factories import GUEST, at, book, hold, make_resource, make_rules, make_venue, open_always
from tests.racing import overbooked, race

pytestmark = pytest.mark.django_db(transaction=True)


def rooms(number: int) -> list[Resource]:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue)
    return [make_resource(venue, rules=rules) for _each in range(number)]


def codes(results: list[Reservation | BaseException]) -> list[str]:
    """Of refusals; empty for what went well."""
    assert [each for each in results if not isinstance(each, Reservation | DomainError)] == []
    return sorted(str(each.code) if isinstance(each, DomainError) else "" for each in results)


def test_many_add_the_same_thing(circles: list[OperationalError]) -> None:
    own = rooms(9)
    wanted, held = own.pop(), [hold(each) for each in own]

    results = race(8, lambda n: add_to_hold(reservation_id=held[n].pk, resource_id=wanted.pk, actor=Actor()))

    assert codes(results)[0] == ""
    assert set(codes(results)[1:]) <= {"taken", "held"}
    assert wanted.reservation_items.count() == 1
    assert overbooked() == []
    assert circles == []


def test_two_that_add_the_same_against_a_booking_of_it(circles: list[OperationalError]) -> None:
    for day in range(7, 11):
        first, second, wanted = rooms(3)
        held = [hold(first, at(day)), hold(second, at(day))]

        def rival(number: int, day: int = day, held: Any = held, wanted: Resource = wanted) -> Reservation:
            if number == 2:
                return book(wanted, at(day))
            return add_to_hold(reservation_id=held[number].pk, resource_id=wanted.pk, actor=Actor())

        assert codes(race(3, rival)).count("") == 1
        assert wanted.reservation_items.count() == 1
        assert overbooked() == []
    assert circles == []


def test_what_is_added_while_it_is_booked_is_booked_or_refused() -> None:
    """Never a booking whose added thing is still only held."""
    for day in range(7, 12):
        first, second = rooms(2)
        held = hold(first, at(day))

        def rival(number: int, held: Reservation = held, second: Resource = second) -> Reservation:
            if number:
                return add_to_hold(reservation_id=held.pk, resource_id=second.pk, actor=Actor())
            return confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor())

        booked, _added = race(2, rival)

        assert isinstance(booked, Reservation)
        held.refresh_from_db()
        occupied = held.allocations.filter(b0__isnull=False)
        assert held.status == Status.CONFIRMED
        assert set(occupied.values_list("expires_at", flat=True)) == {None}
        assert occupied.count() == held.items.count() == len(held.price_lines)


def test_leaving_out_frees_once_while_others_wait_for_it() -> None:
    first, second = rooms(2)
    held = hold(first)
    add_to_hold(reservation_id=held.pk, resource_id=second.pk, actor=Actor())

    def rival(number: int) -> Reservation:
        if number == 0:
            return remove_from_hold(reservation_id=held.pk, resource_id=second.pk, actor=Actor())
        return book(second)

    results = race(6, rival)

    assert isinstance(results[0], Reservation)
    assert sum(isinstance(each, Reservation) for each in results[1:]) <= 1
    assert overbooked() == []


def test_a_cart_booked_twice_and_given_back_at_the_same_moment(circles: list[OperationalError]) -> None:
    for day in range(7, 11):
        held = [hold(each, at(day)) for each in rooms(3)]
        ids = [each.pk for each in held]

        def rival(number: int, ids: Any = tuple(ids)) -> Any:
            if number == 2:
                return release_hold(reservation_id=ids[1], actor=Actor())
            order = ids if number else ids[::-1]
            return confirm_holds(reservation_ids=order, customer=GUEST, actor=Actor())

        results = race(3, rival)

        states = {Reservation.objects.get(pk=each).status for each in ids}
        if isinstance(results[2], Reservation):
            assert states == {Status.HELD, Status.EXPIRED}
            assert all(isinstance(each, CartRefused) for each in results[:2])
        else:
            assert states == {Status.CONFIRMED}
            assert all(isinstance(each, list) for each in results[:2])
        assert overbooked() == []
    assert circles == []
