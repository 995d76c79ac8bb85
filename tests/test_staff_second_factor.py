"""Where staff need a second factor, roles rest without one: on pages, in the admin and in the API alike."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts.models import SecurityEvent, User
from accounts.services.keys import create_key
from accounts.tests.api_helpers import (
    bearer,
    code_now,
    post,
    recovery_codes,
    send,
    signed_in,
    verified_user,
    with_totp,
)
from reservations.domain.values import Customer
from resources.enums import Role
from resources.models import Resource, VenueMembership
from tests.factories import PASSWORD, at, book, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.once]
SET_UP = "/accounts/2fa/"
NOBODYS = "/api/reservations/00000000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def needed(settings: Settings) -> None:
    settings.STAFF_NEED_SECOND_FACTOR = True


@pytest.fixture
def room() -> Resource:
    return make_resource()


def make_staff(room: Resource, role: str) -> User:
    if role == "superuser":
        return verified_user(is_staff=True, is_superuser=True)
    user = verified_user()
    VenueMembership.objects.create(venue=room.venue, user=user, role=role)
    return user


def doors(user: User, code: str = "") -> Iterator[tuple[str, Client]]:
    """Every way in which a program or a page is somebody."""
    session = Client()
    session.force_login(user)
    yield "session", session
    _key, text = create_key(user=user, name="Till", scopes=["read", "book", "manage"])
    yield "key", Client(headers={"X-API-Key": text})
    token = signed_in(Client(), user, code=code)["access_token"]
    yield "token", Client(headers=bearer(token))


def staffs_questions(room: Resource) -> list[tuple[str, str, Any]]:
    others = book(room, at(8))
    return [
        ("get", f"/api/reservations/{others.pk}", None),
        ("post", f"/api/reservations/{others.pk}/cancel", {}),
        *(("get", f"/api/{name}", None) for name in ("price-rules", "webhooks", "external-calendars")),
        ("post", "/api/features", {"venue": room.venue.slug, "name": "Screen"}),
        ("patch", f"/api/venues/{room.venue.uuid}", {"description": "Ours"}),
    ]


def ask(client: Client, method: str, address: str, body: Any) -> Any:
    sent = {} if body is None else {"data": body, "content_type": "application/json"}
    return getattr(client, method)(address, **sent)


@pytest.mark.parametrize("role", ["superuser", Role.MANAGER])
def test_the_api_says_what_is_missing_and_serves_customers(room: Resource, role: str) -> None:
    user, questions = make_staff(room, role), staffs_questions(room)
    own, elsewhere = book(room, at(9), customer=Customer.from_user(user)), book(make_resource())
    for door, client in doors(user):
        for question in questions:
            answer = ask(client, *question)
            assert (answer.status_code, answer.json()["code"]) == (403, "second_factor_needed"), (
                door,
                question,
                answer.content,
            )
        listed = client.get("/api/reservations").json()["results"]
        assert [row["id"] for row in listed] == [str(own.pk)], door
        assert client.get(f"/api/reservations/{own.pk}").status_code == 200, door
        assert client.get(NOBODYS).status_code == 404, door
        assert client.get("/api/resources").status_code == 200, door
        if role != "superuser":
            assert client.get(f"/api/reservations/{elsewhere.pk}").status_code == 404, "no more than with one"
    secret = with_totp(user)
    for door, client in doors(user, code_now(secret)):
        for question in questions:
            assert ask(client, *question).status_code in (200, 201, 409), (door, question)


@pytest.mark.parametrize("role", ["superuser", Role.STAFF])
def test_pages_lead_to_where_it_is_turned_on(client: Client, room: Resource, role: str) -> None:
    user = make_staff(room, role)
    others, own = book(room, at(8)), book(room, at(9), customer=Customer.from_user(user))
    assert client.post("/accounts/login/", {"login": user.email, "password": PASSWORD}).status_code == 302
    edit = f"/calendar/reservations/{others.pk}/edit/"
    for address in ("/admin/", "/admin/reservations/reservation/", edit, "/calendar/new/"):
        assert client.get(address, follow=True).redirect_chain[-1][0] == SET_UP, address
    answer = client.post(edit, {"action": "confirm"})
    assert (answer.status_code, 'data-code="second_factor_needed"' in answer.content.decode()) == (403, True)
    assert "Your role requires two-step verification" in client.get(SET_UP).content.decode()
    activate = "/accounts/2fa/totp/activate/"
    proved = client.post(f"/accounts/reauthenticate/?next={activate}", {"password": PASSWORD})
    assert (proved.headers["Location"], client.get(activate).status_code) == (activate, 200)
    mine = client.get("/my/").content.decode()
    assert str(own.pk) in mine
    assert str(others.pk) not in mine
    with_totp(user)
    assert client.get(edit).status_code == 200
    assert client.get("/admin/").status_code == 200
    assert "Your role requires" not in client.get("/account/").content.decode()
    assert client.post("/accounts/logout/").status_code == 302


def test_it_is_turned_on_with_the_password_alone(room: Resource) -> None:
    """By a program: nothing on the way is closed to somebody whose role rests."""
    user = make_staff(room, Role.MANAGER)
    headers = bearer(signed_in(Client(), user)["access_token"])
    address = "app/v1/account/authenticators/totp"
    secret = send(Client(), "get", address, **headers).json()["meta"]["secret"]
    post(Client(), "app/v1/auth/reauthenticate", {"password": PASSWORD}, **headers)
    assert post(Client(), address, {"code": code_now(secret)}, **headers).status_code == 200
    assert Client(headers=headers).get("/api/webhooks").status_code == 200
    assert post(Client(), "logout", **headers).status_code == 200


def test_customers_and_installations_without_the_setting_need_none(
    client: Client, room: Resource, settings: Settings
) -> None:
    customer, manager = verified_user(), make_staff(room, Role.MANAGER)
    client.force_login(customer)
    answer = client.get(f"/api/reservations/{book(room).pk}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "two-factor" not in client.get("/").content.decode()
    recovery_codes(manager)
    client.force_login(manager)
    assert client.get("/api/webhooks").status_code == 403, "recovery codes alone are no second factor"
    settings.STAFF_NEED_SECOND_FACTOR = False
    assert client.get("/api/webhooks").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_whoever_lost_the_device_is_let_in_by_an_operator(client: Client, room: Resource) -> None:
    user = make_staff(room, Role.MANAGER)
    secret = with_totp(user)
    signed_in(client, user, code=code_now(secret))
    call_command("remove_second_factors", user.email.upper())
    assert not UserSession.objects.filter(user=user).exists()
    assert client.get("/api/auth/user").status_code == 401
    assert SecurityEvent.objects.filter(kind="factor_removed", user=user).exists()
    assert mail.outbox[-1].to == [user.email]
    signed_in(client, user)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == SET_UP
    for nobody in (user.email, "nobody@example.com"):
        with pytest.raises(CommandError):
            call_command("remove_second_factors", nobody)


@pytest.mark.once
def test_no_room_asks_for_superusers_past_the_setting() -> None:
    """Behind the admin's door ``is_superuser`` counts as it is; elsewhere ``is_administrator`` answers."""
    rooms = "calendars frontdesk live payments reservations resources search storefront waitlist webhooks"
    found = {
        str(path)
        for room in rooms.split()
        for path in Path(room).rglob("*.py")
        if "tests" not in path.parts
        and not path.name.startswith("admin")
        and ".is_superuser" in path.read_text()
    }
    assert found == {"waitlist/matching.py"}, "who are members, among those who wait"
