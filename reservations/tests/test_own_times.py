"""Nobody is in two places at once, where the rules say so."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reservations.domain.values import Actor, Customer
from reservations.enums import Source
from reservations.exceptions import BookingRefused
from reservations.models import Reservation
from reservations.services import cancel_reservation, confirm_hold
from reservations.tests.api_helpers import CUSTOMER_INFO, local, post, wanted
from resources.models import Resource, Venue
from tests.factories import (
    GUEST,
    book,
    hold,
    make_member,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)
from tests.racing import race

pytestmark = pytest.mark.django_db
REFUSED = (400, "already_booked_then")


@pytest.fixture
def venue() -> Venue:
    venue = make_venue()
    open_always(venue)
    return venue


@pytest.fixture
def rooms(venue: Venue) -> list[Resource]:
    """Of two sets of rules."""
    return [make_resource(venue, rules=make_rules(venue, one_at_a_time=True)) for _number in range(2)]


@pytest.fixture
def customer(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def patch(client: Client, reservation: Reservation, **fields: Any) -> Any:
    return client.patch(f"/api/reservations/{reservation.pk}", fields, content_type="application/json")


def test_every_door_refuses_a_second_place(client: Client, rooms: list[Resource], customer: User) -> None:
    here, there = rooms
    mine = book(here, local(7, 10), 60, customer=Customer.from_user(customer))
    asked = wanted(there, time="10:30", customer_info=None)

    quote = post(client, "/api/quotes", asked).json()
    assert (quote["available"], quote["reason"]) == (False, "already_booked_then")
    for door in ("/api/reservations", "/api/holds"):
        assert told(post(client, door, asked)) == REFUSED, door
    series = asked | {"rule": "FREQ=DAILY;COUNT=3"}
    days = post(client, "/api/series/preview", series).json()["occurrences"]
    assert [day["reason"] for day in days] == ["already_booked_then", None, None]
    refused = post(client, "/api/series", series)
    assert [row["reason"] for row in refused.json()["refused"]] == ["already_booked_then"]
    booked = post(client, "/api/series", series | {"on_conflict": "skip"}).json()
    assert len(booked["reservations"]) == 2
    assert told(patch(client, mine, date=f"{local(8):%Y-%m-%d}", time="11:00")) == REFUSED


def test_what_touches_or_lies_elsewhere_or_under_free_rules_is_none_of_it(
    client: Client, rooms: list[Resource], customer: User
) -> None:
    here, there = rooms
    person: dict[str, Any] = {"customer": Customer.from_user(customer)}
    mine = book(here, local(7, 10), 60, **person)
    parking = make_resource(here.venue, rules=make_rules(here.venue))
    elsewhere = make_resource()
    elsewhere.rules.one_at_a_time = True
    elsewhere.rules.save()
    book(parking, local(7, 10), **person)
    book(elsewhere, local(7, 10), **person)
    book(there, local(7, 9), 60, **person)
    book(there, local(7, 11), 60, **person)
    assert patch(client, mine, duration=30).status_code == 200
    book(there, local(7, 10, 30), 30, **person)
    assert told(patch(client, mine, duration=60)) == REFUSED
    cancel_reservation(reservation_id=mine.pk, actor=Actor())
    book(here, local(7, 10), 30, **person)


def test_a_guest_is_known_by_address_and_nobody_without(client: Client, rooms: list[Resource]) -> None:
    here, there = rooms
    book(here, local(7, 10), customer=GUEST)
    loud = CUSTOMER_INFO | {"email": GUEST.email.upper()}
    assert told(post(client, "/api/reservations", wanted(there, customer_info=loud))) == REFUSED
    with pytest.raises(BookingRefused):
        book(there, local(7, 10), customer=Customer(make_user(GUEST.email), "Ada", "other@example.com"))
    other = book(there, local(7, 10), customer=Customer(None, "Grace", "grace@example.com"))
    client.force_login(make_member(here.venue))
    info = {"email": GUEST.email}
    assert patch(client, other, customer_info=info, as_staff=True).status_code == 200


def test_a_guest_cannot_take_over_a_booking_by_its_address(client: Client, rooms: list[Resource]) -> None:
    here, there = rooms
    book(here, local(7, 10), customer=GUEST)
    made = post(client, "/api/reservations", wanted(there, customer_info={"name": "G", "email": "g@x.org"}))
    address, secret = f"/api/reservations/{made.json()['id']}", made.json()["manage_token"]
    answer = client.patch(
        address,
        {"customer_info": {"email": GUEST.email}},
        content_type="application/json",
        headers={"X-Reservation-Token": secret},
    )
    assert told(answer) == REFUSED


def test_a_hold_is_asked_again_when_it_becomes_a_booking(client: Client, rooms: list[Resource]) -> None:
    here, there = rooms
    holds = [hold(room, local(7, 10)) for room in (here, there)]
    first = confirm_hold(reservation_id=holds[0].pk, customer=GUEST, actor=Actor())
    with pytest.raises(BookingRefused) as refused:
        confirm_hold(reservation_id=holds[1].pk, customer=GUEST, actor=Actor())
    assert refused.value.code == "already_booked_then"
    again = confirm_hold(reservation_id=holds[0].pk, customer=GUEST, actor=Actor())
    assert again.pk == first.pk


def test_staff_may(client: Client, rooms: list[Resource]) -> None:
    here, there = rooms
    staff = make_member(here.venue)
    book(here, local(7, 10), customer=GUEST)
    book(there, local(7, 10), customer=GUEST, actor=Actor(staff, Source.STAFF))
    client.force_login(staff)
    asked = wanted(here, time="12:00", customer_info={"name": GUEST.name, "email": GUEST.email})
    book(there, local(7, 12), customer=GUEST)
    assert told(post(client, "/api/reservations", asked)) == REFUSED
    assert post(client, "/api/reservations", asked | {"as_staff": True}).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_two_bookings_at_once_one_is_made(rooms: list[Resource]) -> None:
    """By address, by account, and by turning holds into bookings."""
    account = Customer(make_user(GUEST.email), "Ada", "ada@work.example")
    held = [hold(room, local(9, 10)) for room in rooms]
    acts: list[Any] = [
        lambda number: book(rooms[number], local(7, 10, 30 * number), customer=GUEST),
        lambda number: book(rooms[number], local(8, 10), customer=(GUEST, account)[number]),
        lambda number: confirm_hold(reservation_id=held[number].pk, customer=GUEST, actor=Actor()),
    ]
    for act in acts:
        results = race(2, act)
        assert sum(isinstance(each, Reservation) for each in results) == 1, results
        assert [each.code for each in results if isinstance(each, BookingRefused)] == ["already_booked_then"]
