"""``POST /api/v1/auth/token``: the one address that takes a form, and leaves no cookie behind."""

from typing import Any

import pytest
from django.test import Client

from accounts.api.token_view import FormParser
from accounts.tests.api_helpers import bearer, code_now, post, signed_in, whoami, with_totp
from common.api_views import LARGEST_BODY, JSONParser
from tests.factories import PASSWORD, make_user
from tests.permissions.addresses import addresses

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # forms and answers
ADDRESS = "/api/v1/auth/token"
FORM = "application/x-www-form-urlencoded"
ADA = "username=ada%40example.com&password=" + PASSWORD.replace(" ", "+")


def send(body: str | bytes, kind: str = FORM, address: str = ADDRESS, client: Client | None = None) -> Any:
    return (client or Client(enforce_csrf_checks=True)).post(address, body, content_type=kind)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (ADA, FORM),
        (f"grant_type=password&{ADA}&scope=&client_id=app&client_secret=x", FORM),
        (ADA, f"{FORM}; charset=utf-8"),
        (ADA.replace("ada%40example.com", "Ada+Lovelace"), FORM),
        (f'{{"username": "ada@example.com", "password": "{PASSWORD}"}}', "application/json"),
    ],
)
def test_tokens_are_given_for_a_form_or_for_json(body: str, kind: str) -> None:
    user = make_user("ada@example.com", username="ada.lovelace")
    for address in (ADDRESS, f"{ADDRESS}/"):
        answer = send(body, kind, address)
        assert answer.status_code == 200, answer.content
        tokens = answer.json()
        assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert tokens["token_type"] == "bearer"
        assert whoami(**bearer(tokens["access_token"])).json()["id"] == str(user.pk)
        assert answer.cookies == {}
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_its_session_lives_and_ends_like_others() -> None:
    make_user("ada@example.com")
    tokens = send(ADA).json()
    pair = post(Client(), "token/refresh", {"refresh_token": tokens["refresh_token"]}).json()
    assert whoami(**bearer(pair["access_token"])).status_code == 200
    assert post(Client(), "logout", **bearer(pair["access_token"])).status_code == 200
    assert whoami(**bearer(pair["access_token"])).status_code == 401


def test_no_page_can_sign_its_visitor_in_as_somebody_else() -> None:
    make_user("ada@example.com")
    browser = Client()
    signed_in(browser, make_user("eve@example.com"))
    before = {name: each.value for name, each in browser.cookies.items()}

    assert send(ADA, client=browser).status_code == 200

    assert {name: each.value for name, each in browser.cookies.items()} == before
    assert browser.get("/api/auth/user").json()["email"] == "eve@example.com"


def test_a_second_factor_is_asked_for() -> None:
    secret = with_totp(make_user("ada@example.com"))
    assert send(ADA).json()["code"] == "mfa_required"
    assert send(f"{ADA}&code=000000").json()["code"] == "invalid_code"
    assert send(f"{ADA}&code={code_now(secret)}").status_code == 200


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (ADA.replace("password=", "password=no"), FORM, 401, "invalid_credentials"),
        ("username=nobody&password=wrong", FORM, 401, "invalid_credentials"),
        ("", FORM, 400, "invalid"),
        ("username=ada%40example.com", FORM, 400, "invalid"),
        (f"{ADA}&password=other", FORM, 400, "malformed"),
        (f"{ADA}&is_staff=1", FORM, 400, "unknown_field"),
        (f"{ADA}&grant_type=refresh_token", FORM, 400, "invalid"),
        (f"{ADA}&scope=read", FORM, 400, "invalid"),
        (f"{ADA}%00", FORM, 400, "invalid"),
        ("username=%ff%fe&password=%ed%a0%80", FORM, 401, "invalid_credentials"),
        (b"username=\xff&password=\x80", FORM, 401, "invalid_credentials"),
        ("&".join(f"a{n}=1" for n in range(2000)), FORM, 400, "malformed"),
        ("x" * (LARGEST_BODY + 1), FORM, 413, "too_large"),
        ("[]", "application/json", 400, "malformed"),
        (ADA, "application/json", 400, "malformed"),
        (ADA, "text/plain", 415, "unsupported_media_type"),
        (ADA, "application/x-www-form-urlencoded-2", 415, "unsupported_media_type"),
        ("--b--", "multipart/form-data; boundary=b", 415, "unsupported_media_type"),
    ],
)
def test_what_gets_no_token(body: str | bytes, kind: str, status: int, code: str) -> None:
    make_user("ada@example.com")
    answer = send(body, kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.cookies == {}


def test_guesses_count_at_every_door() -> None:
    make_user("ada@example.com")
    statuses = [send("username=ada%40example.com&password=wrong").status_code for _time in range(5)]
    assert statuses == [401] * 5
    assert send(ADA).status_code == 429
    assert post(Client(), "login", {"login": "ada@example.com", "password": PASSWORD}).status_code == 429


def test_no_other_address_takes_a_form() -> None:
    takers = {
        route
        for route, each in addresses().items()
        if not all(issubclass(parser, JSONParser) for parser in getattr(each.view, "parser_classes", ()))
        and set(each.methods) - {"GET"}
    }
    assert takers == {"v1/auth/token", "v1/auth/token/"}
    for address in ("auth/login", "auth/register", "auth/token/refresh", "holds", "auth/password/reset"):
        assert Client().post(f"/api/{address}", ADA, content_type=FORM).status_code == 415, address
    assert FormParser.media_type == FORM
