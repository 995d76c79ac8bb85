"""Taking one's data along and closing the account, through the API."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.api_helpers import send
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def me(client: Client) -> User:
    user = make_user("clara@example.com", first_name="Clara")
    client.force_login(user)
    return user


def test_the_document(client: Client, me: User) -> None:
    answer = client.get("/api/auth/user/data")

    assert answer.json()["account"]["first_name"] == "Clara"
    assert "no-store" in answer.headers["Cache-Control"]


def test_closing_needs_the_password_and_ends_the_session(client: Client, me: User) -> None:
    wrong = send(client, "delete", "user", {"password": "guess"})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["password"])
    assert User.objects.get(pk=me.pk).is_active

    closed = send(client, "delete", "user", {"password": PASSWORD})

    assert (closed.status_code, closed.json()) == (200, {"success": True, "ended": []})
    assert not User.objects.get(pk=me.pk).is_active
    assert client.get("/api/auth/user").status_code == 401


@pytest.mark.once
@pytest.mark.parametrize("body", [{"password": 1}, {"cancel_bookings": "yes"}, {"other": True}])
def test_odd_requests_close_nothing(client: Client, me: User, body: dict[str, object]) -> None:
    assert send(client, "delete", "user", {"password": PASSWORD} | body).status_code == 400
    assert User.objects.get(pk=me.pk).is_active
