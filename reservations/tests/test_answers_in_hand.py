"""What a change is answered with is what a look at it afterwards shows."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reservations.tests.api_helpers import post
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, make_group, make_member, make_policy, make_resource, make_rules, make_user

API = "/api/reservations"
GUEST = {"name": "Ada Lovelace", "email": "ADA@example.com", "phone": "030 12345678"}
ONLY_NEW = {"manage_token", "manage_url"}


@pytest.fixture
def room(db: None) -> Resource:
    found = make_resource()
    found.cancellation_policy = make_policy(found.venue, (24, "100", "0"), (0, "50", "5"))
    found.save()
    return found


@pytest.fixture
def customer(db: None) -> User:
    return make_user(first_name="Grace", phone="+493012345679")


@pytest.fixture
def client(customer: User) -> Client:
    signed_in = Client()
    signed_in.force_login(customer)
    return signed_in


def wanted(room: Resource, **fields: Any) -> dict[str, Any]:
    start = at().astimezone(room.venue.zone).isoformat()
    return {"resource_id": str(room.uuid), "start": start, "duration": 90, "party_size": 2} | fields


def require_same(client: Client, answer: Any, **headers: str) -> dict[str, Any]:
    """The answer's body without the secrets that are told once, equal to what is there now."""
    assert answer.status_code in (200, 201), answer.content
    body = answer.json()
    told: dict[str, Any] = body.get("reservation", body)
    seen = client.get(f"{API}/{told['id']}", headers=headers)
    assert {name: value for name, value in told.items() if name not in ONLY_NEW} == seen.json()
    assert answer["ETag"] == seen["ETag"]
    return told


def test_a_guests_booking(room: Resource) -> None:
    answer = post(Client(), API, wanted(room, customer_info=GUEST, special_requests="Quiet"))
    require_same(Client(), answer, **{"X-Reservation-Token": answer.json()["manage_token"]})


def test_a_customers_booking_and_its_repetition(room: Resource, client: Client) -> None:
    first, again = (post(client, API, wanted(room), Idempotency_Key="once") for _ in range(2))
    assert require_same(client, first) == require_same(client, again)


def test_several_things_and_any_of_a_group(room: Resource, client: Client) -> None:
    other = make_resource(room.venue)
    both = [{"resource_id": str(each.uuid)} for each in (other, room)]
    asked = {name: value for name, value in wanted(room).items() if name != "resource_id"}
    require_same(client, post(client, API, asked | {"resources": both}))
    group = make_group([make_resource(room.venue)])
    require_same(client, post(client, API, asked | {"group_id": str(group.uuid)}))


def test_what_awaits_approval(room: Resource, client: Client) -> None:
    careful = make_resource(room.venue, rules=make_rules(room.venue, approval="manual"))
    told = require_same(client, post(client, API, wanted(careful)))
    assert told["status"] == "pending"


def test_a_hold_that_becomes_a_booking(room: Resource, client: Client) -> None:
    held = require_same(client, post(client, "/api/holds", wanted(room)))
    answer = post(client, f"{API}/{held['id']}/confirm", {"special_requests": "Tea"})
    assert require_same(client, answer)["status"] == "confirmed"


def test_a_booking_that_moves_elsewhere(room: Resource, client: Client) -> None:
    other, made = make_resource(room.venue), post(client, API, wanted(room)).json()
    change = {"start": at(9).isoformat(), "party_size": 3, "resource_id": str(other.uuid)}
    answer = client.patch(f"{API}/{made['id']}", change, content_type="application/json")
    assert require_same(client, answer)["resource_id"] == str(other.uuid)


def test_a_cancellation(room: Resource, client: Client) -> None:
    made = post(client, API, wanted(room)).json()
    require_same(client, post(client, f"{API}/{made['id']}/cancel", {"reason": "Ill"}))


def test_what_staff_take_and_return(room: Resource) -> None:
    boss = Client()
    boss.force_login(make_member(room.venue, Role.MANAGER))
    made = post(boss, API, wanted(room, customer_info=GUEST)).json()
    paid = post(boss, f"{API}/{made['id']}/payments", {"amount": "37.50"})
    assert require_same(boss, paid)["payment"]["status"] == "paid"
    told = require_same(boss, post(boss, f"{API}/{made['id']}/cancel", {"reason": "Closed"}))
    assert told["payment"]["refunded"] == "37.50"
