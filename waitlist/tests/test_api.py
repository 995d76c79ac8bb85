"""Joining, reading, changing and leaving the waitlist through the API."""

from datetime import datetime, time
from typing import Any

import pytest
from django.test import Client

from common.clock import instant_text
from reservations.enums import Status
from reservations.tests.api_helpers import CUSTOMER_INFO, post
from resources.enums import Audience
from tests.factories import make_group, make_member, make_resource, make_rules, make_user
from waitlist.models import WaitlistEntry
from waitlist.tests.helpers import LIST, day, join, joined, offer, patch, wish

pytestmark = pytest.mark.django_db
ADA = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+493012345678"}


def test_a_guest_joins_and_comes_back_with_the_token(client: Client) -> None:
    room = make_resource(name="Attic")

    answer = post(client, LIST, wish(room))

    assert answer.status_code == 201
    assert answer["Cache-Control"] == "private, no-store"
    body = answer.json()
    entry = WaitlistEntry.objects.get()
    assert answer["Location"] == f"http://testserver/api/waitlist/{entry.pk}"
    assert (entry.earliest_time, entry.latest_time) == (time(18), time(20))
    token = body.pop("manage_token")
    assert len(token) == 32
    created = instant_text(entry.created_at.astimezone(room.venue.zone))
    assert datetime.fromisoformat(created).utcoffset()
    assert body == {
        "id": str(entry.pk),
        "venue": {
            "id": str(room.venue.uuid),
            "name": room.venue.name,
            "slug": room.venue.slug,
            "time_zone": "Europe/Berlin",
            "currency": "EUR",
        },
        "resource_id": str(room.uuid),
        "resource": {
            "id": str(room.uuid),
            "name": "Attic",
            "slug": room.slug,
            "type": "room",
            "kind": "room",
            "capacity": 8,
        },
        "group": None,
        "preferred_date": day().isoformat(),
        "preferred_time": "18:00",
        "earliest_time": "18:00",
        "latest_time": "20:00",
        "duration": 90,
        "party_size": 2,
        "customer_info": ADA,
        "contact_info": ADA,
        "priority": 0,
        "position": 1,
        "status": "waiting",
        "status_text": "Waiting",
        "end_reason": "",
        "offer": None,
        "created_at": created,
        "allowed_actions": ["change", "leave"],
    }
    address = f"{LIST}/{entry.pk}"
    assert client.get(address).status_code == 404
    assert client.get(address, {"token": "0" * 32}).status_code == 404
    assert client.get(address, {"token": token}).json() == body
    assert client.get(f"{address}/", headers={"X-Waitlist-Token": token}).json() == body


def test_a_customer_waits_for_themselves(client: Client) -> None:
    user = make_user("grace@example.com", first_name="Grace", last_name="Hopper")
    client.force_login(user)

    body = joined(client, make_resource(), contact_info=None)

    assert body["contact_info"] == {"name": "Grace Hopper", "email": "grace@example.com", "phone": ""}
    assert "manage_token" not in body
    assert WaitlistEntry.objects.get().customer == user
    assert client.get(f"{LIST}/{body['id']}").json() == body
    assert client.get(LIST).json()["results"] == [body]


def test_staff_put_a_guest_on_the_list(client: Client) -> None:
    room = make_resource()
    client.force_login(make_member(room.venue))

    body = joined(client, room)

    assert body["contact_info"] == ADA
    assert WaitlistEntry.objects.get().customer is None
    assert body["allowed_actions"] == ["change", "leave", "mark_contacted"]


def test_everything_that_may_be_left_out(client: Client) -> None:
    room = make_resource(slug="the-attic")
    left_out = dict.fromkeys(("preferred_time", "latest_time", "duration", "party_size", "contact_info"))

    body = joined(client, room, resource_id="the-attic", customer_info=CUSTOMER_INFO, **left_out)

    assert (body["preferred_time"], body["latest_time"]) == (None, None)
    assert (body["duration"], body["party_size"]) == (60, 1)
    assert body["resource_id"] == str(room.uuid)


def test_the_other_names_of_date_time_and_contact(client: Client) -> None:
    other_names = {"preferred_date": None, "date": day(9).isoformat(), "preferred_time": None}

    body = joined(client, make_resource(), **other_names, earliest_time="19:30")

    assert (body["preferred_date"], body["preferred_time"]) == (day(9).isoformat(), "19:30")


def test_waiting_for_any_of_a_group(client: Client) -> None:
    small = make_resource(capacity=1)
    group = make_group([small, make_resource(small.venue, capacity=4)])

    body = joined(client, small, resource_id=None, group_id=str(group.uuid), party_size=4)

    assert body["group"] == {"id": str(group.uuid), "name": group.name}
    assert (body["resource_id"], body["resource"]) == (None, None)
    refused = post(client, LIST, wish(small, resource_id=None, group_id=str(group.uuid), party_size=5))
    assert (refused.status_code, refused.json()["code"]) == (400, "party_too_large")


def test_who_may_wait_is_who_may_book(client: Client) -> None:
    room = make_resource()
    room.rules = make_rules(room.venue, audience=Audience.SIGNED_IN)
    room.save()

    refused = post(client, LIST, wish(room))
    assert (refused.status_code, refused.json()["code"]) == (400, "sign_in_required")
    client.force_login(make_user())
    joined(client, room)


def test_an_idempotency_key_joins_once(client: Client) -> None:
    room = make_resource()
    first, again = (post(client, LIST, wish(room), Idempotency_Key="key-one-of-a-guest") for _ in range(2))
    other = post(client, LIST, wish(room, preferred_time="19:00"), Idempotency_Key="key-one-of-a-guest")

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert WaitlistEntry.objects.count() == 1


# --- changing -----------------------------------------------------------------------------------


def test_a_guest_changes_their_wish(client: Client) -> None:
    room = make_resource()
    before = joined(client, room)
    changes = {
        "preferred_time": "17:00",
        "latest_time": None,
        "duration": 120,
        "party_size": 5,
        "contact_info": {"phone": "", "email": "ADA@Example.org"},
    }

    answer = patch(client, before["id"], changes, X_Waitlist_Token=before["manage_token"])

    assert answer.status_code == 200, answer.content
    contact = {"name": "Ada Lovelace", "email": "ada@example.org", "phone": ""}
    expected = before | {
        "preferred_time": "17:00",
        "earliest_time": "17:00",
        "latest_time": None,
        "duration": 120,
        "party_size": 5,
        "customer_info": contact,
        "contact_info": contact,
    }
    old = expected.pop("manage_token")
    assert answer.json() == expected
    # Whoever reads the old address has the old link.
    assert client.get(f"{LIST}/{before['id']}", {"token": old}).status_code == 404
    assert client.get(f"{LIST}/{before['id']}", {"token": answer["X-Waitlist-Token"]}).json() == expected


def test_nothing_to_change_changes_nothing(client: Client) -> None:
    entry = join(make_resource())
    client.force_login(make_user(is_superuser=True))
    before = client.get(f"{LIST}/{entry.pk}").json()

    assert patch(client, entry.pk, {}).json() == before


@pytest.mark.once
@pytest.mark.parametrize(
    ("changes", "status", "code", "fields"),
    [
        ({"party_size": 9}, 400, "party_too_large", []),
        ({"duration": 1000}, 400, "too_long", []),
        ({"duration": None}, 400, "invalid", ["duration"]),
        ({"latest_time": "17:59"}, 400, "invalid", ["latest_time"]),
        ({"preferred_time": "20:01"}, 400, "invalid", ["latest_time"]),
        ({"preferred_time": "17:00", "earliest_time": "17:00"}, 400, "invalid", ["earliest_time"]),
        ({"preferred_time": "soon"}, 400, "invalid_time", ["preferred_time"]),
        ({"contact_info": {"name": "", "phone": ""}}, 400, "invalid", ["contact_info.name"]),
        ({"customer_info": {"name": " ", "phone": ""}}, 400, "invalid", ["customer_info.name"]),
        ({"contact_info": {"phone": "12"}}, 400, "invalid", ["contact_info.phone"]),
        ({"contact_info": None}, 400, "invalid", ["contact_info"]),
        ({"status": "booked"}, 400, "invalid", ["status"]),
        ({"priority": 1001}, 400, "invalid", ["priority"]),
        ({"preferred_date": "2030-01-01"}, 400, "unknown_field", ["preferred_date"]),
        ({"resource_id": "x", "customer": 1}, 400, "unknown_field", ["resource_id", "customer"]),
        (
            {"created_at": "2020-01-01T00:00Z", "position": 1},
            400,
            "unknown_field",
            ["created_at", "position"],
        ),
    ],
)
def test_changes_that_are_refused(
    client: Client, changes: dict[str, Any], status: int, code: str, fields: list[str]
) -> None:
    room = make_resource()
    client.force_login(make_member(room.venue))
    made = joined(client, room)

    answer = patch(client, made["id"], changes)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.json()
    assert list(answer.json().get("fields", [])) == fields
    after = client.get(f"{LIST}/{made['id']}").json()
    assert made == {**after, "manage_token": made["manage_token"]}


def test_staff_move_somebody_up_and_note_that_they_were_contacted(client: Client) -> None:
    room = make_resource()
    entry = join(room)
    client.force_login(make_member(room.venue))

    contacted = patch(client, entry.pk, {"priority": 5, "status": "contacted"}).json()
    assert (contacted["priority"], contacted["status"], contacted["position"]) == (5, "contacted", None)
    assert contacted["allowed_actions"] == ["change", "leave", "mark_waiting"]

    waiting = patch(client, entry.pk, {"status": "waiting"}).json()
    assert (waiting["status"], waiting["position"]) == ("waiting", 1)


# --- leaving ------------------------------------------------------------------------------------


def test_leaving_is_quiet_the_second_time(client: Client) -> None:
    made = joined(client, make_resource())
    token = {"X-Waitlist-Token": made["manage_token"]}

    first, again = (client.delete(f"{LIST}/{made['id']}", headers=token) for _ in range(2))

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    left = first.json()
    assert (left["status"], left["position"], left["allowed_actions"]) == ("left", None, [])
    refused = patch(client, made["id"], {"party_size": 3}, X_Waitlist_Token=made["manage_token"])
    assert (refused.status_code, refused.json()["code"]) == (400, "transition_not_allowed")


@pytest.mark.parametrize("status", ["booked", "expired"])
def test_what_is_over_can_be_neither_changed_nor_left(client: Client, status: str) -> None:
    entry = join(make_resource())
    WaitlistEntry.objects.update(status=status)
    client.force_login(make_user(is_superuser=True))

    for answer in (patch(client, entry.pk, {"priority": 3}), client.delete(f"{LIST}/{entry.pk}")):
        assert (answer.status_code, answer.json()["code"]) == (400, "transition_not_allowed")
    entry.refresh_from_db()
    assert (entry.status, entry.priority) == (status, 0)


def test_leaving_gives_back_what_was_held(client: Client) -> None:
    made = offer(join(make_resource()))
    client.force_login(make_user(is_superuser=True))

    assert client.delete(f"{LIST}/{made.entry_id}").status_code == 200

    made.refresh_from_db()
    assert made.outcome == "declined"
    assert made.reservation.status == Status.EXPIRED
    assert not made.reservation.allocations.filter(b0__isnull=False).exists()


# --- offers -------------------------------------------------------------------------------------


def test_offers_of_an_entry(client: Client) -> None:
    room = make_resource()
    made = offer(join(room))
    other = join(room, preferred_on=day(8))
    client.force_login(make_member(room.venue))

    body = client.get(f"{LIST}/{made.entry_id}/offers").json()

    deadline = instant_text(made.deadline_at.astimezone(room.venue.zone))
    assert body == {
        "count": 1,
        "count_is_estimate": False,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": str(made.pk),
                "reservation_id": str(made.reservation_id),
                "start": made.reservation.local_start.isoformat(),
                "end": made.reservation.local_end.isoformat(),
                "deadline": deadline,
                "outcome": "open",
            }
        ],
    }
    assert client.get(f"{LIST}/{other.pk}/offers/").json()["count"] == 0
