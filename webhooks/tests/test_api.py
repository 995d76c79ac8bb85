"""Webhooks over HTTP; who gets what is in ``tests.permissions``."""

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from common.clock import now
from resources.enums import Role
from resources.models import Resource
from tests.factories import book, make_member, make_resource, make_user
from webhooks import environment
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.sending import send_due_deliveries
from webhooks.tests.receiver import Receiver

pytestmark = pytest.mark.django_db
LIST = "/api/webhooks"


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def manager(client: Client, room: Resource) -> Client:
    client.force_login(make_member(room.venue, Role.MANAGER))
    return client


def post(client: Client, address: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(address, json.dumps(body or {}), content_type="application/json", headers=headers)


def created(client: Client, room: Resource, **fields: Any) -> dict[str, Any]:
    body = {"venue": room.venue.slug, "url": "http://localhost:9/hook"} | fields
    answer = post(client, LIST, body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_the_secret_is_shown_once(manager: Client, room: Resource) -> None:
    made = created(manager, room, description="Till", events=["reservation.confirmed"])

    assert made["secret"].startswith("whsec_")
    assert made["venue_id"] == str(room.venue.uuid)
    one = manager.get(f"{LIST}/{made['id']}").json()
    assert one == {name: value for name, value in made.items() if name != "secret"}
    assert "secret" not in manager.get(LIST).json()["results"][0]
    rotated = post(manager, f"{LIST}/{made['id']}/rotate-secret").json()
    assert rotated["secret"] not in ("", made["secret"])


def test_the_same_request_twice_makes_one(manager: Client, room: Resource) -> None:
    body = {"venue": room.venue.slug, "url": "http://localhost:9/hook"}
    first, second = (post(manager, LIST, body, **{"Idempotency-Key": "once"}) for _turn in range(2))

    assert first.json() == second.json()
    assert WebhookEndpoint.objects.count() == 1


@pytest.mark.once
@pytest.mark.parametrize(
    "fields",
    [
        {"url": "http://10.0.0.1/hook"},
        {"url": "http://127.0.0.1/hook"},
        {"url": "http://localhost/hook"},
        {"url": "http://[::1]/hook"},
        {"url": "http://169.254.169.254/latest/meta-data"},
        {"url": "ftp://example.com/hook"},
        {"url": "https://user:secret@93.184.215.14/"},
        {"url": "not an address"},
        {"events": ["reservation.exploded"]},
        {"events": []},
        {"events": "reservation.confirmed"},
        {"preset": "carrier-pigeon"},
        {"secret": "mine"},
        {"venue": "nowhere"},
        {"url": None},
    ],
)
def test_what_cannot_be(manager: Client, room: Resource, settings: Settings, fields: Any) -> None:
    settings.ALLOW_PRIVATE_ADDRESSES = False
    body = {"venue": room.venue.slug, "url": "https://93.184.215.14/hook"} | fields

    answer = post(manager, LIST, body)

    assert answer.status_code == (404 if "venue" in fields else 400), answer.content
    assert not WebhookEndpoint.objects.exists()


def test_changing_is_checked_like_creating(manager: Client, room: Resource, settings: Settings) -> None:
    made = created(manager, room)
    settings.ALLOW_PRIVATE_ADDRESSES = False
    address = f"{LIST}/{made['id']}"

    refused = manager.patch(address, '{"url": "http://192.168.0.1/"}', content_type="application/json")
    assert refused.status_code == 400
    assert "url" in refused.json()["fields"]
    url = "https://93.184.215.14/other"
    changed = manager.patch(address, json.dumps({"url": url}), content_type="application/json")
    assert changed.json()["url"] == url


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "status", "token"),
    [
        ({"url": "https://93.184.215.15/hook"}, 400, "open sesame"),
        ({"url": "http://93.184.215.14/hook"}, 400, "open sesame"),
        (
            {"url": "https://93.184.215.14:443/hook"},
            400,
            "open sesame",
        ),  # is asked, too
        ({"url": "https://93.184.215.14/other", "description": "x"}, 200, "open sesame"),
        ({"url": "https://93.184.215.15/hook", "bearer_token": "theirs"}, 200, "theirs"),
        ({"url": "https://93.184.215.15/hook", "bearer_token": ""}, 200, ""),
    ],
)
def test_a_token_is_not_sent_to_another_server(
    manager: Client, room: Resource, fields: Any, status: int, token: str
) -> None:
    made = created(manager, room, url="https://93.184.215.14/hook", bearer_token="open sesame")
    answer = manager.patch(f"{LIST}/{made['id']}", json.dumps(fields), content_type="application/json")

    assert answer.status_code == status, answer.content
    assert WebhookEndpoint.objects.get().opened("bearer_token") == token
    assert status == 200 or list(answer.json()["fields"]) == ["bearer_token"]


def test_log_filters_test_message_and_replay(manager: Client, room: Resource, receiver: Receiver) -> None:
    made = created(manager, room, url=receiver.url)
    address = f"{LIST}/{made['id']}"
    book(room)
    receiver.answers = [500]
    send_due_deliveries(now=now())
    tested = post(manager, f"{address}/test")
    assert (tested.status_code, tested.json()["event"]) == (202, "webhook.test")
    send_due_deliveries(now=now())

    log = manager.get(f"{address}/deliveries").json()
    assert [each["event"] for each in log["results"]] == ["webhook.test", "reservation.confirmed"]
    failed = manager.get(f"{address}/deliveries", {"status": "waiting"}).json()["results"]
    assert [(each["response_status"], each["attempts"]) for each in failed] == [(500, 1)]
    assert manager.get(f"{address}/deliveries", {"event": "waitlist.left"}).json()["count"] == 0
    assert manager.get(f"{address}/deliveries", {"status": "lost"}).status_code == 400

    again = post(manager, f"{address}/deliveries/{failed[0]['id']}/replay")
    assert (again.status_code, again.json()["status"]) == (202, "waiting")
    send_due_deliveries(now=now())
    assert receiver.types.count("reservation.confirmed") == 2
    WebhookDelivery.objects.update(status="sending")
    assert post(manager, f"{address}/deliveries/{failed[0]['id']}/replay").status_code == 409


def test_lists_ask_a_constant_number_of_questions(
    manager: Client, room: Resource, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        made = created(manager, room)
        for _turn in range(number):
            post(manager, f"{LIST}/{made['id']}/test")

    with django_assert_max_num_queries(5):
        assert manager.get(LIST).json()["count"] == 3
    with django_assert_max_num_queries(5):
        assert manager.get(f"{LIST}/{made['id']}/deliveries").json()["count"] == 2


def test_other_venues_and_customers_do_not_see_it(client: Client, manager: Client, room: Resource) -> None:
    made = created(manager, room)
    for user in (make_user(), make_member(make_resource().venue, Role.MANAGER)):
        other = Client()
        other.force_login(user)
        assert other.get(LIST).json()["count"] == 0
        assert other.get(f"{LIST}/{made['id']}").status_code == 404
        assert post(other, f"{LIST}/{made['id']}/rotate-secret").status_code == 404


def test_those_of_the_environment_are_looked_at_by_superusers_only(
    client: Client, manager: Client, settings: Any, receiver: Receiver
) -> None:
    settings.CRM_SERVICE_URL = receiver.url
    environment.sync_endpoints()
    assert manager.get(LIST).json()["count"] == 0
    boss = Client()
    boss.force_login(make_user(is_superuser=True, is_staff=True))

    found = boss.get(LIST).json()["results"][0]

    assert (found["venue_id"], found["preset"]) == (None, "crm")
    assert boss.delete(f"{LIST}/{found['id']}").status_code == 403
    assert boss.get(f"{LIST}/{found['id']}/deliveries").status_code == 200
