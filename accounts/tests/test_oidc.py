"""Signing in with Google, played by a provider that really answers on another port."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services.keys import create_key
from accounts.tests.api_helpers import signed_in, verified_user, with_totp
from accounts.tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.factories import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LOGIN = "/accounts/oidc/google/login/"
ADA = {
    "sub": "1815",
    "email": "Ada@example.com",
    "email_verified": True,
    "name": "Ada Lovelace",
    "given_name": "Ada",
    "family_name": "Lovelace",
    "preferred_username": "ada",
}


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with running_provider() as running:
        app = {
            "provider_id": "google",
            "name": "Google",
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "settings": {"server_url": running.url, "email_authentication": True},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
        running.person = dict(ADA)
        yield running


def callback(client: Client, address: str = f"{LOGIN}?next=/my/") -> str:
    """Goes to the provider and back; the address to which it sends the browser."""
    there = client.post(address)
    assert there.status_code == 302
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=5)
    assert back.status_code == 302
    target = urlsplit(back.headers["Location"])
    assert target.path == "/accounts/oidc/google/login/callback/"
    return f"{target.path}?{target.query}"


def come_back(client: Client) -> Any:
    return client.get(callback(client))


def is_signed_in(client: Client) -> bool:
    return bool(client.get("/api/auth/user").status_code == 200)


def test_a_new_person_gets_an_account(client: Client, provider: Provider) -> None:
    make_user("somebody@example.com", username="ada")

    answer = come_back(client)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/my/")
    user = User.objects.get(email="ada@example.com")
    assert (user.get_full_name(), user.username) == ("Ada Lovelace", None)
    assert not user.has_usable_password()
    assert SocialAccount.objects.get().user == user
    assert client.get("/api/auth/user").json()["email_verified"] is True
    asked = provider.asked[0]
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 16
    assert {"openid", "email"} <= set(asked["scope"].split())


def test_the_same_person_comes_back_even_with_another_address(client: Client, provider: Provider) -> None:
    come_back(Client())
    provider.person["email"] = "ada.lovelace@example.com"

    come_back(client)

    assert client.get("/api/auth/user").json()["email"] == "ada@example.com"
    assert User.objects.count() == 1


def test_a_verified_address_leads_to_the_account_that_has_it(client: Client, provider: Provider) -> None:
    user = verified_user(email="ada@example.com")

    come_back(client)

    assert client.get("/api/auth/user").json()["id"] == str(user.pk)
    assert SocialAccount.objects.get().user == user
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_whoever_took_the_address_before_without_proof_is_out(client: Client, provider: Provider) -> None:
    user = make_user("ada@example.com")
    squatter = Client()
    signed_in(squatter, user)
    text = create_key(user=user, name="back door", scopes=["read"])[1]

    come_back(client)

    assert client.get("/api/auth/user").json()["id"] == str(user.pk)
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert not is_signed_in(squatter)
    assert Client().get("/api/resources", headers={"X-API-Key": text}).status_code == 401


@pytest.mark.parametrize("claim", [False, "false", "true", None, 1])
def test_an_address_that_is_not_verified_opens_nobodys_account(
    client: Client, provider: Provider, claim: Any
) -> None:
    user = verified_user(email="ada@example.com")
    provider.person["email_verified"] = claim

    answer = come_back(client)

    assert answer.headers["Location"] == "/accounts/3rdparty/signup/"
    assert client.get(answer.headers["Location"]).status_code == 200
    assert not is_signed_in(client)
    assert not SocialAccount.objects.exists()
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    client.post(answer.headers["Location"], {"email": "ada@example.com"})
    assert not is_signed_in(client)


def test_somebody_elses_unproved_second_address_is_no_way_in(client: Client, provider: Provider) -> None:
    squatter = verified_user(email="squatter@example.com")
    EmailAddress.objects.create(user=squatter, email="ada@example.com", verified=False)

    come_back(client)

    assert client.get("/api/auth/user").json().get("id") != str(squatter.pk)
    squatter.refresh_from_db()
    assert squatter.check_password(PASSWORD)


def test_state_and_code_are_good_for_their_own_browser_and_once(client: Client, provider: Provider) -> None:
    address = callback(client)
    stranger = Client()
    stranger.get(address)
    assert not is_signed_in(stranger)

    client.get(address)
    assert is_signed_in(client)
    other = Client()
    fresh = parse_qs(urlsplit(callback(other)).query)["state"][0]
    used = parse_qs(urlsplit(address).query)["code"][0]
    other.get(f"{urlsplit(address).path}?code={used}&state={fresh}")
    assert not is_signed_in(other)


def test_a_code_of_another_flow_fails_its_challenge(client: Client, provider: Provider) -> None:
    """An injected code: the verifier belongs to another challenge."""
    stolen = parse_qs(urlsplit(callback(Client())).query)["code"][0]
    own = parse_qs(urlsplit(callback(client)).query)["state"][0]

    client.get(f"{LOGIN}callback/?code={stolen}&state={own}")

    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "forged", [{"aud": "another client"}, {"iss": "https://evil.example"}, {"exp": 1_000_000_000}]
)
def test_id_tokens_for_others_are_refused(client: Client, provider: Provider, forged: dict[str, Any]) -> None:
    provider.forge = forged

    answer = come_back(client)

    assert answer.status_code in (200, 401)
    assert not is_signed_in(client)
    assert not User.objects.exists()


def test_closed_accounts_stay_closed(client: Client, provider: Provider) -> None:
    verified_user(email="ada@example.com", is_active=False)

    assert come_back(client).headers["Location"] == "/accounts/inactive/"
    assert not is_signed_in(client)


def test_the_second_factor_is_asked_for_all_the_same(client: Client, provider: Provider) -> None:
    with_totp(verified_user(email="ada@example.com"))

    assert come_back(client).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_signed_in(client)


def test_the_way_back_leads_to_this_site_only(client: Client, provider: Provider) -> None:
    answer = client.get(callback(client, f"{LOGIN}?next=https://evil.example/"))

    assert answer.headers["Location"] == "/"


def test_the_sign_in_page_offers_what_is_configured(client: Client, settings: Settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert b"Google" not in client.get("/accounts/login/").content
    assert client.post(LOGIN).status_code == 404


def test_the_sign_in_page_offers_the_provider(client: Client, provider: Provider) -> None:
    assert LOGIN.encode() in client.get("/accounts/login/").content
    assert client.get(LOGIN).status_code == 200  # asks first: a link alone signs nobody in


def configured(**environment: str) -> dict[str, Any]:
    """What the settings make of an environment, read by a process of its own."""
    script = (
        "import json; from config import settings as s; csp = s.CONTENT_SECURITY_POLICY['DIRECTIVES'];"
        "print(json.dumps([s.SOCIALACCOUNT_PROVIDERS, csp['form-action'], s.EMAIL_BACKEND, s.EMAIL_HOST]))"
    )
    known = {name: os.environ[name] for name in ("PATH", "DATABASE_URL") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=known | {"SECRET_KEY": "test"} | environment,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        check=True,
    )
    names = ("providers", "form_action", "mail", "mail_host")
    return dict(zip(names, json.loads(done.stdout), strict=True))


def test_google_is_there_when_its_two_variables_are() -> None:
    half = configured(GOOGLE_CLIENT_ID="id")
    assert (half["providers"], half["form_action"]) == ({}, ["'self'"])
    assert half["mail"].endswith("dummy.EmailBackend")

    whole = configured(
        GOOGLE_CLIENT_ID="id", GOOGLE_CLIENT_SECRET="secret", EMAIL_URL="smtp://mail.example:25"
    )
    app = whole["providers"]["openid_connect"]["APPS"][0]
    assert (app["client_id"], app["secret"]) == ("id", "secret")
    assert app["settings"]["server_url"] == "https://accounts.google.com"
    assert whole["form_action"] == ["'self'", "https://accounts.google.com"]
    assert (whole["mail"], whole["mail_host"]) == ("common.mail.EmailBackend", "mail.example")
