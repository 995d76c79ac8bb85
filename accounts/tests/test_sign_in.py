"""Signing in and out, and the tokens of a session."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any, ClassVar

import jwt
import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.tests.api_helpers import bearer, post, send, signed_in, whoami
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
sessions = import_module(django_settings.SESSION_ENGINE)


@pytest.mark.parametrize(
    "names",
    [{"email": "ADA@example.com"}, {"login": " ada@example.com"}, {"username": "Ada"}, {"login": "aDA"}],
)
def test_either_name_in_any_case(client: Client, names: dict[str, str]) -> None:
    user = make_user("ada@example.com", username="ada")

    answer = post(client, "login", names | {"password": PASSWORD})

    assert answer.status_code == 200
    found = answer.json()
    tokens = {"access_token", "refresh_token", "token_type", "expires_in", "csrf_token"}
    assert set(found) == tokens | {"user"}
    assert found["user"]["id"] == str(user.pk)
    assert client.get("/api/auth/user/").status_code == 200
    assert whoami(**bearer(found["access_token"])).status_code == 200


def test_wrong_unknown_and_closed_are_the_same(client: Client) -> None:
    make_user("ada@example.com")
    make_user("closed@example.com", is_active=False)

    answers = [
        post(client, "login", {"login": login, "password": password})
        for login, password in [
            ("ada@example.com", "wrong password"),
            ("nobody@example.com", PASSWORD),
            ("closed@example.com", PASSWORD),
            ("no such name", PASSWORD),
        ]
    ]

    assert {answer.status_code for answer in answers} == {401}
    told = [
        {name: text for name, text in answer.json().items() if name != "request_id"} for answer in answers
    ]
    assert told == [told[0]] * 4
    assert answers[0].json()["code"] == "invalid_credentials"
    assert answers[0].headers["WWW-Authenticate"]
    assert "sessionid" not in client.cookies


class CountingHasher(MD5PasswordHasher):
    hashed: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        return super().encode(password, salt)


@pytest.mark.once
def test_known_and_unknown_accounts_cost_the_same_hashing(client: Client, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    make_user("ada@example.com", username="ada")
    make_user("closed@example.com", is_active=False)

    for login in ("ada@example.com", "ada", "closed@example.com", "nobody@example.com", "nobody"):
        CountingHasher.hashed.clear()
        post(client, "login", {"login": login, "password": "wrong"})
        assert CountingHasher.hashed == ["wrong"], login


@pytest.mark.once
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"password": PASSWORD},
        {"login": "ada@example.com"},
        {"login": "ada", "password": "x", "is_staff": True},
        {"login": {"$ne": ""}, "password": "x"},
        {"login": "ada\x00", "password": "x"},
        {"login": "ada", "password": "x" * 1025},
    ],
)
def test_what_is_no_sign_in(client: Client, body: dict[str, Any]) -> None:
    assert post(client, "login", body).status_code == 400


def test_the_session_key_changes_at_sign_in(client: Client) -> None:
    user = make_user()
    session = client.session
    session["basket"] = "kept"
    session.save()
    before = client.cookies["sessionid"].value

    signed_in(client, user)

    assert client.cookies["sessionid"].value != before
    assert not sessions.SessionStore().exists(before)


def test_a_signed_in_session_must_send_its_csrf_token_and_a_guest_need_not() -> None:
    user = make_user()
    browser = Client(enforce_csrf_checks=True)
    signed_in(browser, user)

    refused = post(browser, "logout")
    token = {"X_CSRFToken": browser.cookies["csrftoken"].value}
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert post(browser, "logout", **token).status_code == 200


def test_a_cookie_jar_signs_in_again_and_asks_without_csrf_token() -> None:
    user = make_user()
    browser = Client(enforce_csrf_checks=True)
    signed_in(browser, user)

    assert post(browser, "login", {"login": user.email, "password": PASSWORD}).status_code == 200
    assert post(browser, "password/reset", {"email": user.email}).status_code == 202
    for address in ("availability", "quotes", "series/preview", "reservations/recover"):
        asked = browser.post(f"/api/{address}", "{}", content_type="application/json")
        assert asked.json()["code"] == "invalid", address
    booked = browser.post("/api/reservations", "{}", content_type="application/json")
    assert booked.json()["code"] == "csrf_failed"


SHOP = "https://shop.example"


@pytest.mark.parametrize("source", ["login", "csrf"])
def test_an_allowed_origin_writes_by_cookie_with_the_token_it_was_told(
    source: str, settings: Settings
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [SHOP]
    browser = Client(enforce_csrf_checks=True)
    token = signed_in(browser, make_user())["csrf_token"]
    if source == "csrf":
        answer = browser.get("/api/auth/csrf/", headers={"Origin": SHOP})
        assert "no-store" in answer.headers["Cache-Control"]
        token = answer.json()["csrf_token"]

    for wrong in ({"Origin": SHOP}, {"Origin": "https://evil.example", "X_CSRFToken": token}):
        assert post(browser, "logout", **wrong).json()["code"] == "csrf_failed"
    assert post(browser, "logout", X_CSRFToken=token, Origin=SHOP).status_code == 200


@pytest.mark.once
def test_pages_of_another_site_are_told_that_their_browser_drops_the_cookie(settings: Settings) -> None:
    user, far = make_user(), {"Sec_Fetch_Site": "cross-site"}
    who = {"login": user.email, "password": PASSWORD}
    assert post(Client(), "login", who, **far).json()["csrf_token"] is None
    assert post(Client(), "login", who, Sec_Fetch_Site="same-site").json()["csrf_token"]
    refused = Client().get("/api/auth/csrf", headers={"Sec-Fetch-Site": "cross-site"})
    assert (refused.status_code, refused.json()["code"]) == (403, "cookies_dropped")

    settings.SESSION_COOKIE_SAMESITE = settings.CSRF_COOKIE_SAMESITE = "None"
    browser = Client()
    assert post(browser, "login", who, **far).json()["csrf_token"]
    assert {name: kept["samesite"] for name, kept in browser.cookies.items()} == dict.fromkeys(
        ("sessionid", "csrftoken", "device"), "None"
    )


def test_both_names_of_one_account_and_of_no_two(client: Client) -> None:
    ada, eve = make_user("ada@example.com", username="ada"), make_user("eve@example.com", username="eve")
    both = {"email": ada.email.upper(), "username": "Ada", "password": PASSWORD}
    assert post(client, "login", both).status_code == 200
    assert client.get("/api/auth/user").json()["id"] == str(ada.pk)
    mixed = post(Client(), "login", both | {"username": eve.username})
    assert (mixed.status_code, mixed.json()["code"]) == (401, "invalid_credentials")


@pytest.mark.parametrize("by", ["cookie", "token"])
def test_signing_out_ends_cookie_access_token_and_refresh_token(by: str) -> None:
    browser = Client()
    found = signed_in(browser, make_user())
    cookie = browser.cookies["sessionid"].value
    headers = bearer(found["access_token"])

    answer = post(browser, "logout") if by == "cookie" else post(Client(), "logout", **headers)

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    thief = Client()
    thief.cookies["sessionid"] = cookie
    assert thief.get("/api/auth/user").status_code == 401
    dead = whoami(**headers)
    assert (dead.status_code, dead.json()["code"]) == (401, "invalid_token")
    assert dead.headers["WWW-Authenticate"] == "Bearer"
    assert post(Client(), "token/refresh", {"refresh_token": found["refresh_token"]}).status_code == 401
    assert post(Client(), "logout").json()["code"] == "not_authenticated"


def test_signing_out_leaves_other_sessions_alone() -> None:
    user = make_user()
    here, there = Client(), Client()
    signed_in(here, user)
    tokens = signed_in(there, user)

    post(here, "logout")

    assert there.get("/api/auth/user").status_code == 200
    assert whoami(**bearer(tokens["access_token"])).status_code == 200


def test_a_refresh_token_works_once(client: Client) -> None:
    first = signed_in(client, make_user())

    second = post(Client(), "token/refresh/", {"refresh_token": first["refresh_token"]})
    third = post(Client(), "token/refresh", {"refresh_token": second.json()["refresh_token"]})

    assert (second.status_code, third.status_code) == (200, 200)
    assert set(second.json()) == {"access_token", "refresh_token", "token_type", "expires_in"}
    assert whoami(**bearer(second.json()["access_token"])).status_code == 200


@pytest.mark.parametrize("door", ["token/refresh", "app/v1/tokens/refresh"])
def test_a_refresh_token_used_again_ends_its_session(door: str) -> None:
    """Two have it: nobody can tell which of them is the thief."""
    user = make_user()
    first, other = signed_in(Client(), user), signed_in(Client(), user)
    second = post(Client(), "token/refresh", {"refresh_token": first["refresh_token"]}).json()

    reused = post(Client(), door, {"refresh_token": first["refresh_token"]})

    assert reused.status_code in (400, 401)
    assert whoami(**bearer(second["access_token"])).status_code == 401
    assert post(Client(), "token/refresh", {"refresh_token": second["refresh_token"]}).status_code == 401
    assert whoami(**bearer(other["access_token"])).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_refresh_token_works_once_in_a_race() -> None:
    tokens = signed_in(Client(), make_user())
    rivals = 6
    start = threading.Barrier(rivals)

    def refresh(_number: int) -> int:
        try:
            start.wait()
            answer = post(Client(), "token/refresh", {"refresh_token": tokens["refresh_token"]})
            return int(answer.status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(rivals) as pool:
        statuses = sorted(pool.map(refresh, range(rivals)))

    assert statuses == [200] + [401] * (rivals - 1)


def forged(token: str, secret: str, **claims: Any) -> str:
    payload = jwt.decode(token, options={"verify_signature": False}) | claims
    return jwt.encode(payload, secret, algorithm="HS256")


def test_tokens_that_are_none(client: Client) -> None:
    found = signed_in(client, make_user())
    access, secret = found["access_token"], django_settings.HEADLESS_JWT_PRIVATE_KEY
    other = str(make_user().pk)
    head, body, signature = access.split(".")
    unsigned = jwt.encode(jwt.decode(access, options={"verify_signature": False}), "", algorithm="none")
    wrong = [
        found["refresh_token"],
        f"{head}.{body}.{signature[::-1]}",
        unsigned,
        forged(access, "x" * 40),
        forged(access, secret, exp=int(time.time()) - 1),
        forged(access, secret, sub=other),
        forged(access, secret, sid="AAAA"),
        "nonsense",
        "",
        "two words",
        "x" * 5000,
        "hf_",
        "hf_unknown_secret",
    ]

    for token in wrong:
        answer = whoami(**bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token"), token[:80]
    assert post(Client(), "token/refresh", {"refresh_token": access}).status_code == 401
    assert whoami(**bearer(forged(access, secret))).status_code == 200  # the forging itself is right


def test_a_closed_account_is_out_at_once(client: Client) -> None:
    user = make_user()
    found = signed_in(client, user)

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert client.get("/api/auth/user").status_code == 401
    assert whoami(**bearer(found["access_token"])).status_code == 401
    assert post(Client(), "token/refresh", {"refresh_token": found["refresh_token"]}).status_code == 401


def test_an_access_token_lives_a_day_and_no_longer_than_its_session(client: Client) -> None:
    """However its session ends: it is looked up at every use."""
    user = make_user()
    found = signed_in(client, user)
    claims = jwt.decode(found["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["exp"] - claims["iat"]) == (str(user.pk), found["expires_in"])
    headers = bearer(found["access_token"])
    with time_machine.travel(claims["iat"] + 23 * 3600):
        assert whoami(**headers).status_code == 200
    with time_machine.travel(claims["exp"] + 1):
        assert whoami(**headers).json()["code"] == "invalid_token"

    def set_password() -> None:  # as the admin and commands do
        user.set_password(PASSWORD[::-1])
        user.save()

    def lock() -> None:
        User.objects.filter(pk=user.pk).update(is_active=False)

    for end in (set_password, lock, Session.objects.all().delete):
        with transaction.atomic():
            assert whoami(**headers).status_code == 200
            end()
            assert whoami(**headers).json()["code"] == "invalid_token", end
            transaction.set_rollback(True)


def test_an_old_token_does_not_keep_anybody_from_signing_in_again(client: Client) -> None:
    user = make_user()
    answer = post(client, "login", {"login": user.email, "password": PASSWORD}, **bearer("outdated"))

    assert answer.status_code == 200


def test_a_token_needs_no_csrf_token_and_acts_for_its_account() -> None:
    strict = Client(enforce_csrf_checks=True)
    user = make_user()
    headers = bearer(signed_in(strict, user)["access_token"])

    answer = send(Client(enforce_csrf_checks=True), "patch", "user", {"first_name": "Ada"}, **headers)

    assert answer.status_code == 200
    user.refresh_from_db()
    assert user.first_name == "Ada"


@pytest.mark.once
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods(client: Client, method: str) -> None:
    assert getattr(client, method)("/api/auth/login").status_code == 405
