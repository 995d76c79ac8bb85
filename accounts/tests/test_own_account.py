"""``/api/auth/user``."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.api_helpers import send
from tests.factories import make_user

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
        "preferences": {"reminder_hours": 168, "newsletter": True, "sms_updates": True},
    }

    answer = send(client, method, "user/", changes)

    assert answer.status_code == 200
    found = answer.json()
    assert found == own(client)
    assert {name: found[name] for name in changes} == changes | {
        "phone": "+493012345678",
        "preferences": {
            "reminders": True,
            "reminder_hours": 168,
            "sms_updates": True,
            "newsletter": True,
        },
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


@pytest.mark.once
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
        ({"preferences": {"sms_updates": "no"}}, "preferences.sms_updates"),
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


@pytest.mark.once
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
