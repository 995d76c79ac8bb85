"""Idempotency keys of creating requests, on the endpoint that weekly hours are created with."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from common.clock import now
from common.models import StoredAnswer
from common.sealing import seal, unseal
from reservations.services import renew_link
from reservations.tests.api_helpers import CUSTOMER_INFO, post, wanted
from resources.enums import Role
from resources.models import OpeningHours, Resource
from tests.factories import at, make_member, make_resource

pytestmark = pytest.mark.django_db
HOURS = {"start_time": "09:00", "end_time": "17:00", "days_of_week": [0, 1]}


@pytest.fixture
def room(client: Client) -> Resource:
    room = make_resource()
    client.force_login(make_member(room.venue, Role.MANAGER))
    return room


def create(client: Client, room: Resource, key: str, **fields: Any) -> Any:
    body = HOURS | {"resource_id": str(room.uuid)} | fields
    return post(client, "/api/timeslots", body, Idempotency_Key=key)


def test_the_same_key_gets_the_same_answer(client: Client, room: Resource) -> None:
    first, second = create(client, room, "k"), create(client, room, "k")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert OpeningHours.objects.filter(resource=room).count() == 2


def test_another_body_is_a_mismatch(client: Client, room: Resource) -> None:
    create(client, room, "k")
    answer = create(client, room, "k", end_time="18:00")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


def test_a_refusal_is_not_kept(client: Client, room: Resource) -> None:
    assert create(client, room, "k", start_time="nine").status_code == 400
    assert StoredAnswer.objects.count() == 0
    assert create(client, room, "k").status_code == 201


def test_keys_belong_to_an_account(client: Client, room: Resource) -> None:
    create(client, room, "k")
    client.force_login(make_member(room.venue, Role.MANAGER))
    create(client, room, "k")
    assert OpeningHours.objects.filter(resource=room).count() == 4


@pytest.mark.parametrize("key", ["x" * 201, "ключ"])
def test_keys_that_are_none(client: Client, room: Resource, key: str) -> None:
    answer = client.post(
        "/api/timeslots", "{}", content_type="application/json", headers={"Idempotency-Key": key}
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["Idempotency-Key"])


def test_answers_are_stored_sealed(client: Client, room: Resource, settings: Settings) -> None:
    create(client, room, "k")
    stored = StoredAnswer.objects.get()
    assert str(room.uuid) not in stored.body
    assert unseal(stored.body)["templates"][0]["start_time"] == "09:00"
    own, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    StoredAnswer.objects.update(body=seal({}))
    settings.SECRET_KEY = own
    answer = create(client, room, "k")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_sealing_is_random() -> None:
    assert seal("x") != seal("x")


def test_old_keys_are_forgotten(client: Client, room: Resource) -> None:
    create(client, room, "old")
    body = {"resource_id": make_resource().slug, "start": at(7, 10).isoformat()}
    assert post(client, "/api/reservations", body, Idempotency_Key="old").status_code == 201
    assert StoredAnswer.objects.count() == 2, "a booking's keys are its own"
    old = now() - timedelta(days=8)
    StoredAnswer.objects.update(created_at=old)
    create(client, room, "new", start_time="18:00", end_time="19:00")
    call_command("tick")
    assert [row.key for row in StoredAnswer.objects.all()] == ["new"]


def test_a_key_is_looked_for_after_a_refusal(client: Client, room: Resource) -> None:
    """The request that took the time may have been the client's own first try, a moment earlier."""
    body = {"resource_id": room.slug, "start": at(7, 10).isoformat()}
    first = post(client, "/api/reservations", body, Idempotency_Key="k")
    second = post(client, "/api/reservations", body, Idempotency_Key="k")
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])


def test_keys_of_guests_belong_to_a_browser_or_an_address(client: Client) -> None:
    """The same key and body from somebody else is another request: never the first one's secret."""
    court = make_resource()
    body = wanted(court, customer_info=None)
    clients = {name: Client() for name in ("here", "elsewhere", "browser", "other browser")}
    for name in ("browser", "other browser"):
        clients[name].cookies["csrftoken"] = f"{name} " * 5
    held = post(clients["here"], "/api/holds", body, Idempotency_Key="1")
    assert held.status_code == 201
    clients["elsewhere"].defaults["REMOTE_ADDR"] = "192.0.2.7"
    for name in ("elsewhere", "browser", "other browser"):
        answer = post(clients[name], "/api/holds", body, Idempotency_Key="1")
        assert answer.status_code == 409, name
        assert held.json()["manage_token"] not in answer.content.decode(), name


@pytest.mark.parametrize("path", ["holds", "waitlist"])
def test_behind_one_address_only_a_random_key_brings_the_secret_again(path: str) -> None:
    """Two programs without cookies are alike: with a short key one would get the other's secret."""
    for key, shown in (("1", False), ("7c9e6679-7425-40de-944b-e07fc1f90ae7", True)):
        room = make_resource()
        body: dict[str, Any] = wanted(room, customer_info=None)
        if path == "waitlist":
            customer = {"name": "Ada", "email": f"ada{key}@example.com"}
            body = {"resource_id": room.slug, "date": at(7, 10).date().isoformat(), "customer_info": customer}
        first, again = (post(Client(), f"/api/{path}", body, Idempotency_Key=key) for _turn in range(2))
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
        assert (first.json()["manage_token"] in again.content.decode()) is shown, key


def test_a_browser_keeps_its_key_when_its_address_changes(client: Client) -> None:
    body = wanted(make_resource(), customer_info=None)
    client.cookies["csrftoken"] = "x" * 32
    first = post(client, "/api/holds", body, Idempotency_Key="1")
    client.defaults["REMOTE_ADDR"] = "192.0.2.7"
    client.cookies["sessionid"] = "begun"
    second = post(client, "/api/holds", body, Idempotency_Key="1")
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])


def test_stored_answers_to_guests_are_not_shown_to_others(client: Client) -> None:
    """Where the answer itself is kept, as for a place on a waitlist."""
    body: dict[str, object] = {"resource_id": str(make_resource().uuid), "date": at(7, 10).date().isoformat()}
    body |= {"customer_info": {"name": "Ada", "email": "ada@example.com"}}
    first = post(client, "/api/waitlist", body, Idempotency_Key="1")
    assert first.status_code == 201, first.content
    answer = post(Client(REMOTE_ADDR="192.0.2.7"), "/api/waitlist", body, Idempotency_Key="1")
    assert first.json()["manage_token"] not in answer.content.decode()


@pytest.mark.parametrize("path", ["reservations", "holds"])
def test_a_key_opens_nothing_that_has_become_somebody_elses(client: Client, path: str) -> None:
    """Its link has ended, by another address or because staff renewed it: so has the way back by the key."""
    body = wanted(make_resource(), **({"customer_info": None} if path == "holds" else {}))
    key = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
    made = post(client, f"/api/{path}", body, Idempotency_Key=key).json()
    renew_link(reservation_id=UUID(made["id"]))
    answer = post(client, f"/api/{path}", body, Idempotency_Key=key)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "manage_token" not in answer.json()
    assert made["code"] not in answer.content.decode()


def test_behind_one_address_a_repeated_hold_does_not_tell_who_booked_it() -> None:
    body = wanted(make_resource(), customer_info=None)
    held = post(Client(), "/api/holds", body, Idempotency_Key="1").json()
    token = {"X_Reservation_Token": held["manage_token"]}
    done = post(Client(), f"/api/holds/{held['id']}/confirm", {"customer_info": CUSTOMER_INFO}, **token)
    assert done.status_code == 200
    answer = post(Client(), "/api/holds", body, Idempotency_Key="1")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "Ada" not in answer.content.decode()
