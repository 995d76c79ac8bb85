"""allauth's own API: nothing that one can send makes the server fail."""

import itertools

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import Client
from django.test.client import ClientHandler
from pytest_django import Settings

from accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
ADDRESSES = (
    "auth/login",
    "auth/signup",
    "auth/password/request",
    "auth/password/reset",
    "auth/email/verify",
    "auth/reauthenticate",
    "auth/2fa/authenticate",
    "auth/provider/token",
    "auth/provider/signup",
    "auth/webauthn/login",
    "auth/sessions",
    "auth/phone/verify",
    "account/email",
    "account/password/change",
    "account/phone",
    "account/providers",
    "account/authenticators/totp",
    "account/authenticators/recovery-codes",
    "account/authenticators/webauthn",
    "tokens/refresh",
)
FIELDS = (
    "username",
    "email",
    "password",
    "first_name",
    "key",
    "code",
    "new_password",
    "refresh_token",
    "current_password",
    "credential",
    "phone",
    "provider",
    "token",
    "account",
    "sessions",
)
HANDLER = ClientHandler(enforce_csrf_checks=False)
"""Of all clients: each would load the middleware anew."""
BROKEN = ("", "{", "[" * 100_000)
UNSTORABLE = ('"\\ud800"', '"a@\\ud800.de"', '"\\u0000"')
OTHERS = ("[]", "{}", "1", "null", '"x"', "1e999")


def bodies(*, fully: bool) -> list[str]:
    forms = [
        "{" + ", ".join(f'"{name}": VALUE' for name in FIELDS) + "}",
        '{"username": "ada", "password": VALUE}',
        '{"email": "z@example.com", "password": "long enough 1", "first_name": VALUE}',
        "VALUE",
    ]
    chosen = forms if fully else forms[:1]
    values = UNSTORABLE if connection.vendor == "postgresql" else OTHERS  # which end before any database
    given = [form.replace("VALUE", value) for form in chosen for value in values]
    return [*given, *BROKEN]


@pytest.mark.parametrize(
    ("client_type", "method"),
    [
        ("app", "post"),  # with every body: the others reach the same forms
        *(pytest.param("browser", method, marks=pytest.mark.once) for method in ("post", "put", "delete")),
        *(pytest.param("app", method, marks=pytest.mark.once) for method in ("put", "delete")),
    ],
)
def test_nothing_makes_the_server_fail(client_type: str, method: str, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    failed = []
    session = session_of(make_user(username="ada"))
    given = bodies(fully=client_type == "app" and method == "post")
    # What guests may send at all they send by POST.
    for name, who in itertools.product(ADDRESSES, (None, session) if method == "post" else (session,)):
        address = f"/api/auth/{client_type}/v1/{name}"
        is_known = status(address, method, "{}", who) != 405
        tried = given if is_known else BROKEN
        failed += [(name, body[:60], who) for body in tried if status(address, method, body, who) >= 500]
    assert failed == []


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


def status(address: str, method: str, body: str, session: str | None) -> int:
    client = Client(raise_request_exception=False)
    client.handler = HANDLER
    if session is not None:
        client.cookies[django_settings.SESSION_COOKIE_NAME] = session
    with transaction.atomic():
        before = transaction.savepoint()
        answer = getattr(client, method)(address, body, content_type="application/json")
        transaction.set_rollback(False)
        transaction.savepoint_rollback(before)
    return int(answer.status_code)


def test_more_than_one_request_may_send() -> None:
    body = '{"username": "' + "x" * 1_100_000 + '"}'
    answer = Client().post("/api/auth/app/v1/auth/login", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_phone_numbers_are_no_way_to_sign_in() -> None:
    assert Client().get("/api/auth/app/v1/account/phone").status_code == 404
