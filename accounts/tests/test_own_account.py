"""``/api/auth/user``."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.api_helpers import send, verified_user
from reservations.services import cancel_reservation
from reservations.services.values import Actor, Customer
from resources.enums import Role
from resources.models import VenueMembership
from tests.factories import at, book, hold, make_resource, make_user, make_venue

pytestmark = pytest.mark.django_db


def own(client: Client) -> dict[str, Any]:
    answer = client.get("/api/auth/user")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_guests_have_no_account(client: Client) -> None:
    for method in ("get", "patch", "put"):
        answer = send(client, method, "user", {})
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_everything_about_oneself(client: Client) -> None:
    venue = make_venue(name="Mill")
    user = verified_user(
        email="ada@example.com", first_name="Ada", last_name="Lovelace", phone="+493012345678", is_staff=True
    )
    VenueMembership.objects.create(venue=venue, user=user, role=Role.MANAGER)
    client.force_login(user)

    found = own(client)

    assert found == {
        "id": str(user.pk),
        "username": None,
        "email": "ada@example.com",
        "email_verified": True,
        "name": "Ada Lovelace",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "phone": "+493012345678",
        "time_zone": "",
        "language": "",
        "is_staff": True,
        "created_at": user.created_at.isoformat(),
        "mfa_enabled": False,
        "preferences": {"reminders": True, "reminder_hours": 24, "newsletter": False},
        "venues": [{"id": str(venue.uuid), "name": "Mill", "role": "manager"}],
        "total_reservations": 0,
        "cancellation_count": 0,
        "reservation_history": [],
    }


def test_the_last_ten_reservations_and_how_many_there_were(client: Client) -> None:
    user, other = make_user(), make_user()
    room = make_resource(name="Linden")
    mine = [book(room, at(day), customer=Customer.from_user(user)) for day in range(3, 15)]
    book(room, at(20), customer=Customer.from_user(other))
    hold(room, at(21), actor=Actor(user))
    cancel_reservation(reservation_id=mine[-1].pk, actor=Actor(user))
    client.force_login(user)

    found = own(client)

    assert (found["total_reservations"], found["cancellation_count"]) == (12, 1)
    assert [entry["id"] for entry in found["reservation_history"]] == [str(r.pk) for r in mine[:1:-1]]
    latest = found["reservation_history"][0]
    assert latest["status"] == "cancelled"
    assert latest["resources"] == ["Linden"]
    assert latest["code"] == mine[-1].code
    assert latest["start"] == mine[-1].local_start.isoformat()


def test_the_number_of_queries_does_not_grow(client: Client) -> None:
    user, room = make_user(), make_resource()
    client.force_login(user)
    counts = []
    for days in (range(3, 4), range(4, 12)):
        for day in days:
            book(room, at(day), customer=Customer.from_user(user))
            VenueMembership.objects.create(venue=make_venue(), user=user)
        with CaptureQueriesContext(connection) as captured:
            own(client)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


@pytest.mark.parametrize("method", ["patch", "put"])
def test_what_one_may_change(client: Client, method: str) -> None:
    user = make_user("ada@example.com", last_name="Lovelace")
    client.force_login(user)
    changes = {
        "first_name": "Augusta",
        "username": "ada",
        "phone": "+49 30 12345678",
        "time_zone": "America/New_York",
        "language": "de",
        "preferences": {"reminder_hours": 168, "newsletter": True},
    }

    answer = send(client, method, "user/", changes)

    assert answer.status_code == 200
    found = answer.json()
    assert found == own(client)
    assert {name: found[name] for name in changes} == changes | {
        "phone": "+493012345678",
        "preferences": {"reminders": True, "reminder_hours": 168, "newsletter": True},
    }
    assert found["last_name"] == "Lovelace"


def test_what_one_has_can_be_taken_back(client: Client) -> None:
    user = make_user(username="ada", phone="+493012345678", time_zone="Europe/Berlin", language="de")
    client.force_login(user)

    send(client, "patch", "user", {"username": None, "phone": "", "time_zone": "", "language": ""})

    found = own(client)
    assert (found["username"], found["phone"], found["time_zone"], found["language"]) == (None, "", "", "")


def test_a_user_name_may_change_its_case(client: Client) -> None:
    client.force_login(make_user(username="ada"))

    assert send(client, "patch", "user", {"username": "Ada"}).json()["username"] == "Ada"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "TAKEN"}, "username"),
        ({"username": "a@b"}, "username"),
        ({"phone": "030 12345678"}, "phone"),
        ({"phone": "+49"}, "phone"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"language": "xx"}, "language"),
        ({"first_name": "x" * 151}, "first_name"),
        ({"preferences": {"reminders": "yes"}}, "preferences.reminders"),
        ({"preferences": {"reminders": 1}}, "preferences.reminders"),
        ({"preferences": {"reminder_hours": 0}}, "preferences.reminder_hours"),
        ({"preferences": {"reminder_hours": 169}}, "preferences.reminder_hours"),
        ({"preferences": {"reminder_hours": True}}, "preferences.reminder_hours"),
        ({"preferences": []}, "preferences"),
    ],
)
def test_what_cannot_be(client: Client, changes: dict[str, Any], field: str) -> None:
    make_user(username="taken")
    user = make_user(first_name="Ada")
    client.force_login(user)
    before = own(client)

    answer = send(client, "patch", "user", changes)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert own(client) == before


@pytest.mark.parametrize(
    "name", ["email", "is_staff", "is_superuser", "is_active", "id", "password", "groups", "venues"]
)
def test_what_is_not_for_oneself_to_set(client: Client, name: str) -> None:
    user = make_user()
    client.force_login(user)

    answer = send(client, "patch", "user", {name: "x", "first_name": "Ada"})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    answer = send(client, "patch", "user", {"preferences": {name: True}})
    assert list(answer.json()["fields"]) == [f"preferences.{name}"]
    assert User.objects.get(pk=user.pk).first_name == ""
