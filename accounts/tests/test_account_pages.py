"""Pages of one's own account."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey, User
from accounts.services.keys import create_key, find_key
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PAGES = ("", "profile/", "keys/", "data/", "data/download/", "delete/")
SETTINGS = {
    "first_name": "Clara",
    "last_name": "Sommer",
    "username": "clara",
    "phone": "+49 30 12345678",
    "time_zone": "America/New_York",
    "language": "de",
    "reminders": "on",
    "reminder_hours": "48",
    "newsletter": "on",
}


@pytest.fixture
def me(client: Client) -> User:
    user = make_user("clara@example.com")
    client.force_login(user)
    return user


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_for_its_owner_and_is_not_kept(client: Client, page: str) -> None:
    assert client.get(f"/account/{page}").headers["Location"].startswith("/accounts/login/?next=/account/")
    client.force_login(make_user())
    response = client.get(f"/account/{page}")

    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]


def test_settings_are_saved_and_shown(client: Client, me: User) -> None:
    assert client.post("/account/profile/", SETTINGS).status_code == 302

    me.refresh_from_db()
    assert (me.get_full_name(), me.username, str(me.phone)) == ("Clara Sommer", "clara", "+493012345678")
    assert (str(me.time_zone), me.language, me.reminder_hours) == ("America/New_York", "de", 48)
    assert (me.wants_reminders, me.wants_sms, me.wants_newsletter) == (True, False, True)
    html = client.get("/account/profile/").content.decode()
    assert '<option value="America/New_York" selected>' in html
    client.post(
        "/account/profile/", SETTINGS | dict.fromkeys(("time_zone", "language", "username", "phone"), "")
    )
    me.refresh_from_db()
    assert (str(me.time_zone or ""), me.language, me.username, str(me.phone or "")) == ("", "", None, "")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phone", "12"),
        ("username", "a@b"),
        ("username", "TAKEN"),
        ("time_zone", "Mars/Olympus"),
        ("language", "xx"),
        ("reminder_hours", "0"),
        ("reminder_hours", "169"),
        ("reminder_hours", "9" * 40),
        ("reminder_hours", ""),
        ("first_name", "x" * 151),
        ("last_name", "\x00"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(client: Client, me: User, field: str, value: str) -> None:
    make_user(username="taken")
    response = client.post("/account/profile/", SETTINGS | {field: value})

    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in response.content.decode()
    me.refresh_from_db()
    assert me.first_name == ""


def test_a_key_is_shown_once_and_can_be_ended(client: Client, me: User) -> None:
    asked = client.post("/account/keys/", {"name": "Herring", "scopes": ["read", "book"]})
    made = client.post(asked.headers["Location"], {"password": PASSWORD})
    text = made.context["text"]

    key = find_key(text)
    assert key is not None
    assert (key.user, key.name, key.scopes) == (me, "Herring", ["read", "book"])
    assert text in made.content.decode()
    assert text not in client.get("/account/keys/").content.decode()
    client.post(f"/account/keys/{key.pk}/revoke/")
    assert find_key(text) is None
    assert "Herring" not in client.get("/account/keys/").content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"name": "", "scopes": ["read"]},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["all"]},
        {"name": "x", "scopes": ["read"], "expires_on": "2001-01-01"},
        {"name": "x", "scopes": ["read"], "expires_on": "9999-12-31"},
        {"name": "x", "scopes": ["read"], "expires_on": "soon"},
    ],
)
def test_odd_keys_are_refused(client: Client, me: User, given: dict[str, Any]) -> None:
    assert client.post("/account/keys/", given).status_code == 400
    assert not ApiKey.objects.exists()


def test_nobody_ends_anothers_key(client: Client, me: User) -> None:
    key, text = create_key(user=make_user(), name="x", scopes=["read"])

    assert client.post(f"/account/keys/{key.pk}/revoke/").status_code == 404
    assert find_key(text) == key


def test_sign_in_with_e_mail_in_any_case_and_wrong_password(client: Client) -> None:
    make_user("cleo@example.com")

    wrong = client.post("/accounts/login/", {"login": "cleo@example.com", "password": "nope"})
    right = client.post(
        "/accounts/login/", {"login": "CLEO@example.com", "password": "correct horse battery"}
    )

    assert wrong.status_code == 200
    assert b"Wrong email or password" in wrong.content
    assert right.status_code == 302
