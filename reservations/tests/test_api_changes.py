"""Changing a reservation: PUT, PATCH and DELETE."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.links import token_for
from reservations.models import Allocation, Reservation
from reservations.tests.api_helpers import CUSTOMER_INFO
from resources.enums import Approval, UnitsBy
from resources.models import Resource
from tests.factories import at, book, make_member, make_policy, make_resource, make_rules, make_user

pytestmark = pytest.mark.django_db


def send(client: Client, method: str, reservation: Reservation, body: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return getattr(client, method)(
        f"/api/reservations/{reservation.pk}",
        json.dumps(body or {}),
        content_type="application/json",
        headers=named,
    )


@pytest.fixture
def customer() -> User:
    return make_user(first_name="Grace", last_name="Hopper")


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def booked(room: Resource, customer: User, client: Client) -> Reservation:
    client.force_login(customer)
    return book(room, at(7, 10), customer=Customer.from_user(customer))


@pytest.mark.parametrize("method", ["put", "patch"])
def test_another_time_and_length(client: Client, booked: Reservation, method: str) -> None:
    new = booked.local_start + timedelta(days=1, hours=2)

    answer = send(client, method, booked, {"date": f"{new:%Y-%m-%d}", "time": f"{new:%H:%M}", "duration": 90})

    body = answer.json()
    assert answer.status_code == 200, body
    assert (body["start"], body["duration"]) == (new.isoformat(), 90)
    assert Decimal(body["total_cost"]) == Decimal("37.50")
    assert answer["ETag"] == f'"{body["version"]}"'
    assert body["version"] == 2
    row = Allocation.objects.get(reservation=booked)
    assert row.b1 is not None
    assert row.b0 is not None
    assert row.b1 - row.b0 == 90


def test_what_is_left_out_stays(client: Client, booked: Reservation) -> None:
    hour = (booked.local_start.hour + 1) % 24

    moved = send(client, "put", booked, {"time": f"{hour:02}:00"}).json()
    longer = send(client, "put", booked, {"duration": 120}).json()
    named = send(client, "patch", booked, {"special_requests": "A quiet corner"}).json()

    assert (moved["duration"], moved["date"]) == (60, f"{booked.local_start:%Y-%m-%d}")
    assert (longer["duration"], longer["start"]) == (120, moved["start"])
    assert (named["special_requests"], named["end"]) == ("A quiet corner", longer["end"])


def test_the_same_again_changes_nothing(client: Client, booked: Reservation) -> None:
    body = {"start": booked.local_start.isoformat(), "duration": 60, "special_requests": ""}
    assert send(client, "put", booked, body).json()["version"] == 1
    assert booked.events.count() == 1


def test_a_refused_move_keeps_the_old_time(client: Client, room: Resource, booked: Reservation) -> None:
    book(room, at(7, 12))

    answer = send(client, "put", booked, {"start": at(7, 12).isoformat()})

    assert (answer.status_code, answer.json()["code"]) == (409, "taken")
    assert len(answer.json()["alternatives"]) == 3
    booked.refresh_from_db()
    assert booked.starts_at == at(7, 10)


def test_a_larger_party_takes_more_units(client: Client, customer: User) -> None:
    pool = make_resource(units=10, capacity=10, units_by=UnitsBy.PERSON)
    client.force_login(customer)
    mine = book(pool, at(7, 10), party_size=2, customer=Customer.from_user(customer))
    book(pool, at(7, 10), party_size=5)

    refused = send(client, "patch", mine, {"party_size": 6})
    grown = send(client, "patch", mine, {"party_size": 5})

    assert (refused.status_code, refused.json()["code"]) == (409, "capacity")
    assert (grown.status_code, grown.json()["party_size"]) == (200, 5)
    assert Allocation.objects.get(reservation=mine).units == 5
    assert mine.items.get().units == 5


def test_another_resource(client: Client, room: Resource, booked: Reservation) -> None:
    other = make_resource(room.venue, rules=room.rules, hourly_rate=Decimal(40))
    elsewhere = make_resource()

    assert send(client, "patch", booked, {"resource_id": str(elsewhere.uuid)}).status_code == 404
    answer = send(client, "patch", booked, {"resource_id": other.slug})

    assert answer.json()["resource_id"] == str(other.uuid)
    assert answer.json()["total_cost"] == "40.00"
    assert book(room, at(7, 10)).status == Status.CONFIRMED  # the old room is free again


def test_a_guest_with_another_address_gets_another_secret(client: Client, room: Resource) -> None:
    booked = book(room)
    address, old = f"/api/reservations/{booked.pk}", token_for(booked)
    body = json.dumps({"customer_info": {"email": "grace@example.org"}})
    answer = client.patch(
        address, body, content_type="application/json", headers={"X-Reservation-Token": old}
    )
    assert answer.status_code == 200, answer.content
    new = answer["X-Reservation-Token"]
    assert "cancel" in answer.json()["allowed_actions"]
    found = [client.get(address, headers={"X-Reservation-Token": each}).status_code for each in (old, new)]
    assert found == [404, 200]


def test_contact(client: Client, booked: Reservation) -> None:
    answer = send(client, "patch", booked, {"customer_info": {"phone": "030 23125000"}})

    info = answer.json()["customer_info"]
    assert info == {"name": "Grace Hopper", "email": booked.customer_email, "phone": "+493023125000"}
    assert booked.events.order_by("-id")[0].changes == {"customer_phone": ["", "+493023125000"]}
    assert send(client, "patch", booked, {"customer_info": {"phone": "12"}}).status_code == 400


@pytest.mark.once
@pytest.mark.parametrize(
    "body",
    [
        {"status": "completed"},
        {"total_cost": "0"},
        {"user_id": "x"},
        {"venue": "x"},
        {"customer_info": {"user": "x"}},
        {"time": "25:00"},
        {"date": "2027-13-01"},
        {"duration": 0},
        {"duration": "long"},
        {"party_size": 0},
        {"party_size": 9},
        {"start": "2027-03-01T10:00+01:00", "time": "10:00"},
        {"duration": 60, "end": "2027-03-01T10:00+01:00"},
        {"special_requests": "x" * 2001},
        {"special_requests": "\x00"},
        {"version": 0},
        {"resource_id": ["x"]},
        [],
        "text",
    ],
)
def test_bad_input_changes_nothing(client: Client, booked: Reservation, body: Any) -> None:
    answer = (
        send(client, "patch", booked, body)
        if body
        else client.patch(f"/api/reservations/{booked.pk}", "[]", content_type="application/json")
    )

    assert answer.status_code == 400, answer.content
    booked.refresh_from_db()
    assert (booked.version, booked.starts_at, booked.party_size) == (1, at(7, 10), 1)


def test_of_two_editors_the_second_is_told(client: Client, booked: Reservation) -> None:
    first = send(client, "patch", booked, {"special_requests": "one"}, If_Match='"1"')
    second = send(client, "patch", booked, {"special_requests": "two"}, If_Match='"1"')
    third = send(client, "patch", booked, {"special_requests": "two", "version": 1})

    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (409, "stale_version")
    assert third.status_code == 409
    booked.refresh_from_db()
    assert booked.requests == "one"


@pytest.mark.once
def test_too_late_for_customers_not_for_staff(client: Client, customer: User) -> None:
    room = make_resource()
    room.cancellation_policy = make_policy(room.venue, (240, "100", "0"))
    room.save()
    late = book(room, at(3, 10), customer=Customer.from_user(customer))
    client.force_login(customer)
    refused = send(client, "patch", late, {"start": at(5, 10).isoformat()})
    client.force_login(make_member(room.venue))
    without = send(client, "patch", late, {"start": at(5, 10).isoformat()})
    moved = send(client, "patch", late, {"start": at(5, 10).isoformat(), "as_staff": True})

    assert (refused.status_code, refused.json()["code"]) == (400, "too_late_to_change")
    assert (without.status_code, moved.status_code) == (400, 200)


@pytest.mark.once
def test_customers_cannot_act_as_staff(client: Client, booked: Reservation) -> None:
    answer = send(client, "patch", booked, {"start": at(9, 10).isoformat(), "as_staff": True})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_move_is_approved_again(client: Client, customer: User) -> None:
    room = make_resource()
    room.rules.approval = Approval.MANUAL
    room.rules.save()
    asked = book(room, at(7, 10), customer=Customer.from_user(customer))
    client.force_login(make_member(room.venue))
    client.post(f"/api/reservations/{asked.pk}/confirm", "{}", content_type="application/json")
    client.force_login(customer)

    answer = send(client, "patch", asked, {"start": at(8, 10).isoformat()})

    assert answer.json()["status"] == "pending"


def test_delete_cancels_under_the_policy(client: Client, room: Resource, customer: User) -> None:
    room.cancellation_policy = make_policy(room.venue, (0, "50", "0"))
    room.save()
    mine = book(room, at(7, 10), customer=Customer.from_user(customer))
    client.force_login(customer)

    stale = send(client, "delete", mine, None, If_Match='"7"')
    answer = send(client, "delete", mine)

    assert stale.status_code == 409
    body = answer.json()
    assert (answer.status_code, body["reservation"]["status"]) == (200, "cancelled")
    assert (body["fee"], body["refund"], body["due"], body["currency"]) == ("12.50", "0.00", "12.50", "EUR")
    assert book(room, at(7, 10)).status == Status.CONFIRMED
    assert send(client, "delete", mine).json()["fee"] == "12.50"  # asked again: the same


def test_guests_come_back_with_their_token(client: Client, room: Resource) -> None:
    guest = book(room, at(7, 10), actor=Actor())
    token = token_for(guest)
    assert send(client, "patch", guest, {"duration": 90}).status_code == 404
    assert send(client, "patch", guest, {"duration": 90}, X_Reservation_Token=token).status_code == 200
    assert send(client, "delete", guest, None, X_Reservation_Token=token).status_code == 200


def test_rules_bind_the_new_time_too(client: Client, customer: User) -> None:
    venue = make_resource().venue
    room = make_resource(venue, rules=make_rules(venue, max_duration=120))
    mine = book(room, at(7, 10), customer=Customer.from_user(customer))
    client.force_login(customer)
    answer = send(client, "put", mine, {"duration": 180})
    assert (answer.status_code, answer.json()["code"]) == (400, "too_long")


@pytest.mark.once
def test_the_history_speaks_the_words_of_the_api(client: Client, booked: Reservation) -> None:
    """Field names, instants, amounts and numbers as a reservation shows them."""
    address = f"/api/reservations/{booked.pk}"
    before = client.get(address).json()
    start = (booked.local_start + timedelta(hours=2)).isoformat()
    change = {"start": start, "duration": 120, "party_size": 3, "special_requests": "Quiet"}
    after = send(client, "patch", booked, change | {"customer_info": CUSTOMER_INFO}).json()
    assert send(client, "delete", booked).status_code == 200

    rows = client.get(f"{address}/history").json()["results"]
    moved, edited, cancelled = (row["changes"] for row in rows[-3:])

    named = ("start", "end", "party_size", "total_cost")
    assert moved == {name: [before[name], after[name]] for name in named}
    assert edited["special_requests"] == [before["special_requests"], "Quiet"]
    assert edited["customer_info.name"] == [before["customer_info"]["name"], CUSTOMER_INFO["name"]]
    money = {name: ["0.00", "0.00"] for name in ("cancellation_fee", "refund")}
    assert cancelled == money | {"cancel_reason": ["", ""]}
