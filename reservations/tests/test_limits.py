"""Limits per customer, and the ways around them that are none."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reservations.domain.values import Actor, Customer
from reservations.exceptions import BookingRefused
from reservations.models import Reservation
from reservations.series import change_series
from reservations.series.changing import SeriesChange, SeriesScope
from reservations.tests.api_helpers import CUSTOMER_INFO, local, post, wanted
from resources.enums import Period
from resources.models import Resource
from tests.factories import GUEST, book, make_member, make_resource, make_rules, make_user
from tests.racing import race

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    room = make_resource()
    room.rules.max_per_period, room.rules.limit_period = 1, Period.DAY
    room.rules.save()
    return room


@pytest.fixture
def customer(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def move(client: Client, reservation: Reservation, **fields: Any) -> Any:
    return client.patch(f"/api/reservations/{reservation.pk}", fields, content_type="application/json")


def test_an_address_in_capitals_is_the_same(client: Client, room: Resource) -> None:
    book(room, local(7, 10), customer=GUEST)
    loud = CUSTOMER_INFO | {"email": CUSTOMER_INFO["email"].upper()}
    answer = post(client, "/api/reservations", wanted(room, time="12:00", customer_info=loud))
    assert (answer.status_code, answer.json()["code"]) == (400, "limit_reached")


@pytest.mark.django_db(transaction=True)
def test_an_account_with_many_addresses_is_one_customer(room: Resource) -> None:
    user = make_user()

    def rival(number: int) -> Reservation:
        customer = Customer(user, "Ada", f"ada{number}@example.com")
        return book(room, local(7, 8 + number), customer=customer, actor=Actor(user))

    results = race(10, rival)

    assert sum(isinstance(each, Reservation) for each in results) == 1
    assert {each.code for each in results if isinstance(each, BookingRefused)} == {"limit_reached"}


def test_moving_counts_like_booking(client: Client, room: Resource, customer: User) -> None:
    mine = [book(room, local(day, 10), customer=Customer.from_user(customer)) for day in (7, 8)]

    onto = move(client, mine[1], start=local(7, 14).isoformat())
    beside = move(client, mine[1], start=local(8, 14).isoformat())

    assert (onto.status_code, onto.json()["code"]) == (400, "limit_reached")
    assert beside.status_code == 200
    client.force_login(make_member(room.venue))
    assert move(client, mine[1], start=local(7, 14).isoformat(), as_staff=True).status_code == 200


def test_what_staff_allowed_can_still_be_moved(client: Client, room: Resource, customer: User) -> None:
    """Two on one day, by staff's leave: each may move within its day, and away from it."""
    mine = [
        book(room, local(7, hour), customer=Customer.from_user(customer), actor=Actor()) for hour in (10,)
    ]
    Reservation.objects.filter(pk=book(room, local(7, 12)).pk).update(customer=customer)
    assert move(client, mine[0], start=local(7, 14).isoformat()).status_code == 200
    assert move(client, mine[0], start=local(8, 14).isoformat()).status_code == 200


def test_another_resource_has_limits_of_its_own(client: Client, room: Resource, customer: User) -> None:
    strict = make_resource(room.venue, rules=make_rules(room.venue, max_active_per_customer=1))
    elsewhere = book(room, local(7, 10), customer=Customer.from_user(customer))
    book(strict, local(9, 10), customer=Customer.from_user(customer))
    answer = move(client, elsewhere, resource_id=str(strict.uuid))
    assert (answer.status_code, answer.json()["code"]) == (400, "limit_reached")


def test_a_series_moves_as_one(client: Client, room: Resource, customer: User) -> None:
    first = local(7, 10)
    body = {"resource_id": room.slug, "date": f"{first:%Y-%m-%d}", "time": "10:00", "duration": 60}
    made = post(client, "/api/series", body | {"rule": "FREQ=DAILY;COUNT=3"}).json()
    series = Reservation.objects.get(pk=made["reservations"][0]["id"]).series_id
    assert series is not None

    def shift(days: int) -> Any:
        change = SeriesChange(shift_days=days)
        return change_series(
            series_id=series, anchor=None, scope=SeriesScope.ALL, change=change, actor=Actor(customer)
        )

    assert len(shift(1)) == 3
    book(room, local(11, 14), customer=Customer.from_user(customer))
    with pytest.raises(BookingRefused) as refused:
        shift(1)
    assert refused.value.code == "limit_reached"
