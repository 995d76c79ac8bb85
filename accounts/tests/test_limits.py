"""Brute force, rate limits, and calls from other origins."""

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.tests.api_helpers import NEW, post, send, signed_in
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
WRONG = {"password": "wrong password"}


def test_guessing_one_accounts_password_is_stopped_whichever_name_and_door() -> None:
    make_user("ada@example.com", username="ada")
    app = "app/v1/auth/login"
    tries = [
        post(Client(), "login", WRONG | {"login": "ada@example.com"}),
        post(Client(), "login", WRONG | {"username": "ADA"}),
        post(Client(), app, WRONG | {"username": "ada"}),
        Client().post("/accounts/login/", WRONG | {"login": "Ada@example.com"}),
        post(Client(), "login", WRONG | {"email": "ada@example.com"}),
    ]
    assert [each.status_code for each in tries] == [401, 401, 400, 200, 401]

    stopped = post(Client(), "login", {"login": "ada", "password": PASSWORD})

    assert (stopped.status_code, stopped.json()["code"]) == (429, "throttled")
    assert stopped.headers["Retry-After"] == "300"
    page = Client().post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    assert b"Too many failed" in page.content


def tried(address: str, password: str, client: Client | None = None) -> int:
    client = client or Client()
    client.defaults["REMOTE_ADDR"] = address
    body = {"login": "ada@example.com", "password": password}
    return int(post(client, "login", body).status_code)


def test_strangers_who_guess_lock_out_themselves_only() -> None:
    make_user("ada@example.com")
    assert [tried("192.0.2.1", "wrong") for _ in range(6)] == [401] * 5 + [429]
    assert tried("192.0.2.1", PASSWORD) == 429
    assert tried("192.0.2.2", PASSWORD) == 200


@pytest.mark.parametrize("door", ["api", "page"])
def test_a_known_device_is_let_through(settings: Settings, door: str) -> None:
    """Though strangers guess from its own address, and from many others."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed_anywhere": "8/h/key"}
    make_user("ada@example.com")
    known, other = Client(), Client()
    if door == "page":
        known.post("/accounts/login/", {"login": "ada@example.com", "password": PASSWORD})
    else:
        assert tried("192.0.2.1", PASSWORD, known) == 200
    known.cookies.pop("sessionid")
    for number in range(1, 9):
        tried(f"192.0.2.{number % 2}", "wrong")
    assert [tried(f"192.0.2.{number}", PASSWORD) for number in (1, 9)] == [429, 429]
    assert tried("192.0.2.1", PASSWORD, known) == 200
    known.cookies.pop("sessionid")
    assert [tried("192.0.2.1", "wrong", known) for _ in range(6)] == [401] * 5 + [429]
    # Somebody else's cookie, or a made-up one, makes no device known.
    other.cookies["device"] = "made:up"
    assert tried("192.0.2.9", PASSWORD, other) == 429


def test_an_unknown_account_is_stopped_alike() -> None:
    statuses = [post(Client(), "login", WRONG | {"login": "nobody"}).status_code for _ in range(6)]

    assert statuses == [401] * 5 + [429]


def test_success_does_not_forgive_failures() -> None:
    user = make_user()
    for _ in range(4):
        post(Client(), "login", WRONG | {"login": user.email})
    signed_in(Client(), user)
    post(Client(), "login", WRONG | {"login": user.email})

    assert post(Client(), "login", WRONG | {"login": user.email}).status_code == 429


def test_trying_one_password_on_many_accounts_is_stopped() -> None:
    statuses = [post(Client(), "login", WRONG | {"login": f"user{n}"}).status_code for n in range(21)]

    assert statuses == [401] * 20 + [429]


def test_addresses_count_behind_trusted_proxies_only(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "1/m/ip"}

    def tried(forwarded: str) -> int:
        body = WRONG | {"login": "nobody"}
        return int(post(Client(), "login", body, X_Forwarded_For=forwarded).status_code)

    assert [tried("1.1.1.1"), tried("2.2.2.2")] == [401, 429], "nobody names their own address"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert [tried("9.9.9.9, 3.3.3.3"), tried("8.8.8.8, 3.3.3.3"), tried("4.4.4.4")] == [401, 429, 401]


def test_signing_up_in_bulk_is_stopped(settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "2/m/ip"}
    statuses = [
        post(Client(), "register", NEW | {"email": f"a{n}@example.com"}).status_code for n in range(3)
    ]

    assert statuses == [201, 201, 429]


def test_asking_for_resets_in_bulk_is_stopped_for_known_and_unknown_alike() -> None:
    make_user("ada@example.com")
    for email in ("ada@example.com", "nobody@example.com"):
        statuses = [post(Client(), "password/reset", {"email": email}).status_code for _ in range(6)]
        assert statuses == [202] * 5 + [429]


def test_our_endpoints_tell_what_is_left(client: Client, settings: Settings) -> None:
    settings.API_RATES = {"auth_guest": "2/h", "read": "5/h"}
    user = make_user()

    answers = [post(client, "login", WRONG | {"login": "nobody"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers[:2]] == ["1", "0"]
    assert answers[0].headers["RateLimit-Limit"] == "2"
    assert answers[2].json()["code"] == "throttled"
    assert 0 < int(answers[2].headers["Retry-After"]) <= 3600
    client.force_login(user)
    seen = client.get("/api/auth/user")
    assert (seen.status_code, seen.headers["RateLimit-Remaining"]) == (200, "4")


def test_pages_of_allowed_origins_may_call(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    preflight = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-api-key,if-none-match,x-csrftoken",
    }

    asked = Client().options("/api/auth/login", headers={"Origin": "https://shop.example", **preflight})
    stranger = Client().options("/api/auth/login", headers={"Origin": "https://evil.example", **preflight})

    assert asked.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    allowed = asked.headers["Access-Control-Allow-Headers"]
    assert set(preflight["Access-Control-Request-Headers"].split(",")) <= set(allowed.split(", "))
    assert "Access-Control-Allow-Origin" not in stranger.headers
    answer = send(Client(), "post", "register", NEW, Origin="https://shop.example")
    assert answer.status_code == 201
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Location", "RateLimit-Remaining", "Retry-After", "X-Request-Id"} <= set(exposed)
    page = Client().get("/accounts/login/", headers={"Origin": "https://shop.example"})
    assert "Access-Control-Allow-Origin" not in page.headers


def test_addresses_below_auth_that_are_none() -> None:
    answer = Client().get("/api/auth/nothing")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
