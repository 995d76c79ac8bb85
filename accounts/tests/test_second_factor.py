"""Second factors and passkeys, at our door and at allauth's own."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.tests.api_helpers import (
    bearer,
    code_now,
    post,
    recovery_codes,
    send,
    signed_in,
    verified_user,
    whoami,
    with_totp,
)
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db


def test_without_a_code_nobody_is_signed_in_and_nothing_is_left_open(client: Client) -> None:
    user = verified_user()
    with_totp(user)

    answer = post(client, "login", {"login": user.email, "password": PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (401, "mfa_required")
    assert client.get("/api/auth/user").status_code == 401
    assert "sessionid" not in client.cookies


def test_only_the_right_password_learns_that_a_code_is_needed(client: Client) -> None:
    user = verified_user()
    with_totp(user)

    answer = post(client, "login", {"login": user.email, "password": "wrong"})

    assert answer.json()["code"] == "invalid_credentials"


def test_the_code_of_the_app_opens_and_works_once(client: Client) -> None:
    user = verified_user()
    code = code_now(with_totp(user))

    found = signed_in(client, user, code=code)

    assert found["user"]["mfa_enabled"] is True
    assert whoami(**bearer(found["access_token"])).status_code == 200
    again = post(Client(), "login", {"login": user.email, "password": PASSWORD, "code": code})
    assert (again.status_code, again.json()["code"]) == (401, "invalid_code")


def test_a_recovery_code_opens_and_works_once(client: Client) -> None:
    user = verified_user()
    with_totp(user)
    code = recovery_codes(user)[0]

    signed_in(client, user, code=code)

    again = post(Client(), "login", {"login": user.email, "password": PASSWORD, "code": code})
    assert again.json()["code"] == "invalid_code"


def test_signing_in_again_with_a_code_while_signed_in(client: Client) -> None:
    user = verified_user()
    secret = with_totp(user)
    client.force_login(user)
    old = client.cookies["sessionid"].value

    signed_in(client, user, code=code_now(secret))

    assert client.cookies["sessionid"].value != old
    assert client.get("/api/auth/user").status_code == 200


@pytest.mark.once
def test_no_answer_with_secrets_is_stored_on_the_way() -> None:
    """Recovery codes, secrets of authenticators and keys, on pages, in the admin and in allauth's API."""
    user, client = verified_user(is_staff=True, is_superuser=True), Client()
    with_totp(user)
    codes = recovery_codes(user)
    tokens = signed_in(client, user, code=codes[0])
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    app = "/api/auth/browser/v1/account/authenticators"
    addresses = ["/accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/download/"]
    addresses += ["/accounts/2fa/totp/activate/", f"{app}/totp", f"{app}/recovery-codes", "/account/keys/"]
    addresses += ["/account/data/download/", "/account/calendars/", "/admin/accounts/user/", "/api/auth/keys"]
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code in (200, 302, 404), address
        assert "no-store" in answer.headers["Cache-Control"], address
    refreshed = post(Client(), "app/v1/tokens/refresh", {"refresh_token": tokens["refresh_token"]})
    assert "no-store" in refreshed.headers["Cache-Control"]
    shown = client.get(addresses[0])
    assert codes[1] in shown.content.decode()


@pytest.mark.once
def test_guessing_codes_is_stopped(client: Client) -> None:
    user = verified_user()
    secret = with_totp(user)
    body = {"login": user.email, "password": PASSWORD}

    answers = [post(client, "login", body | {"code": f"{n:06}"}) for n in range(6)]

    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    blocked = post(client, "login", body | {"code": code_now(secret)})
    assert (blocked.status_code, blocked.json()["code"]) == (429, "throttled")


def test_the_second_factor_is_turned_on_through_allauths_api(client: Client) -> None:
    """Every step over HTTP: reading the secret, activating with its code, signing in with the next."""
    user = verified_user()
    headers = bearer(signed_in(client, user)["access_token"])
    offered = send(Client(), "get", "app/v1/account/authenticators/totp", **headers)
    assert offered.status_code == 404  # not active yet; the body has the secret to take
    secret = offered.json()["meta"]["secret"]

    code, address = {"code": code_now(secret)}, "app/v1/account/authenticators/totp"
    assert send(Client(), "post", address, code, **headers).status_code == 401  # first the password again
    send(Client(), "post", "app/v1/auth/reauthenticate", {"password": PASSWORD}, **headers)

    answer = send(Client(), "post", address, code, **headers)

    assert answer.status_code == 200, answer.content
    assert Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists()
    assert post(Client(), "login", {"login": user.email, "password": PASSWORD}).json()["code"] == (
        "mfa_required"
    )


@pytest.mark.once
def test_the_pages_of_second_factors_and_passkeys(client: Client) -> None:
    user = verified_user()
    page = {"login": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", page).status_code == 302
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked.headers["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    for address in ("2fa/", "2fa/totp/activate/", "2fa/webauthn/add/"):
        assert client.get(f"/accounts/{address}").status_code == 200
    # The list leads on: there is no key yet.
    listing = client.get("/accounts/2fa/webauthn/")
    assert listing.status_code == 200
    found = client.get("/api/auth/browser/v1/account/authenticators")
    assert (found.status_code, found.json()["data"]) == (200, [])
    offer = client.get("/api/auth/browser/v1/account/authenticators/webauthn?passwordless")
    assert offer.status_code == 200
    options = offer.json()["data"]["creation_options"]["publicKey"]
    assert options["rp"]["id"] == "testserver"
    assert options["challenge"]


@pytest.mark.once
def test_anybody_is_offered_to_sign_in_with_a_passkey() -> None:
    answer = Client().get("/api/auth/browser/v1/auth/webauthn/login")

    assert answer.status_code == 200
    assert answer.json()["data"]["request_options"]["publicKey"]["challenge"]


@pytest.mark.once
def test_pages_ask_for_the_code_as_well(client: Client) -> None:
    user = verified_user(is_staff=True)
    secret = with_totp(user)

    first = client.post("/accounts/login/?next=/admin/", {"login": user.email, "password": PASSWORD})
    assert first.headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/admin/").status_code == 302
    second = client.post(first.headers["Location"], {"code": code_now(secret)})

    assert second.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


@pytest.mark.once
def test_the_staff_site_has_no_door_of_its_own(client: Client) -> None:
    user = verified_user(is_staff=True)
    address = "/admin/login/?next=/admin/"

    for answer in (
        client.get(address),
        client.post(address, {"username": user.email, "password": PASSWORD}),
    ):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/?next=")
    assert client.get("/admin/").status_code == 302
    client.force_login(verified_user())
    assert client.get(address).status_code == 403


@pytest.mark.once
def test_a_wrong_code_keeps_the_secret_that_the_app_has_already() -> None:
    user, client, browser = verified_user(), Client(), {"Accept": "text/html"}
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    activate, in_page = reverse("mfa_activate_totp"), re.compile(r'type="text"\s+value="(\w{16,})"')
    secret = in_page.findall(client.get(activate).content.decode())

    led = client.post(activate, {"code": "000"}, headers=browser)

    shown = client.get(led.headers["Location"], headers=browser).content.decode()
    assert secret
    assert in_page.findall(shown) == secret
    assert 'href="#id_code"' in shown
