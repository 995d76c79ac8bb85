"""API keys: what they open, what they never open, and how they end."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import SCOPES, ApiKey, User
from accounts.services.keys import create_key
from accounts.tests.api_helpers import NEW_PASSWORD, bearer, post, send, signed_in, verified_user
from common.clock import now
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEXT_SEASON = (now() + timedelta(days=90)).replace(second=0, microsecond=0)
TILL = {"name": "Till", "scopes": ["book", "read", "read"], "expires_at": NEXT_SEASON.isoformat()}
POWERFUL: list[dict[str, Any]] = [
    {"scopes": ["manage"]},
    {"scopes": ["plan"]},
    {"expires_at": None},
    {"expires_at": "2099-12-31T00:00:00Z"},
]


@pytest.fixture
def user(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def resources(**headers: str) -> Any:
    return Client().get("/api/resources", headers={name.replace("_", "-"): v for name, v in headers.items()})


def test_a_key_is_shown_once_and_kept_as_a_digest(client: Client, user: User) -> None:
    answer = post(client, "keys", TILL)

    assert answer.status_code == 201
    made = answer.json()
    mark, prefix, secret = made["key"].split("_", 2)
    assert (mark, prefix, made["scopes"]) == ("hf", made["prefix"], ["read", "book"])
    assert len(secret) >= 43  # 256 bits in base64
    row = ApiKey.objects.get()
    assert row.digest == hashlib.sha256(made["key"].encode()).hexdigest()
    assert secret not in str(vars(row))
    listed = client.get("/api/auth/keys/").json()
    assert listed["count"] == 1
    assert listed["results"] == [{name: made[name] for name in made if name != "key"}]
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.once
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "user"),
        ("patch", "user"),
        ("get", "keys"),
        ("post", "keys"),
        ("post", "logout"),
        ("post", "password/change"),
        ("post", "email/verify/resend"),
    ],
)
def test_no_key_reaches_the_account(user: User, method: str, address: str) -> None:
    headers = bearer(create_key(user=user, name="All", scopes=SCOPES)[1])

    answer = send(Client(), method, address, TILL, **headers)

    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    headless = Client().get("/api/auth/app/v1/auth/session", headers=dict(headers))
    assert headless.status_code == 401
    assert ApiKey.objects.count() == 1


def test_a_key_to_plan_events_plans_events_alone(client: Client, user: User) -> None:
    made = post(client, "keys", TILL | {"scopes": ["plan"], "password": PASSWORD}).json()
    assert made["scopes"] == ["plan"]
    read, book = resources(**bearer(made["key"])), Client().post("/api/holds", headers=bearer(made["key"]))
    assert [(answer.status_code, answer.json()["code"]) for answer in (read, book)] == [
        (403, "scope_missing")
    ] * 2
    assert "Plan events" in client.get(reverse("account-keys")).content.decode()


def test_keys_end_by_revoking_by_time_and_with_the_account(client: Client, user: User) -> None:
    key, text = create_key(user=user, name="Till", scopes=["read"])
    timed, late = create_key(
        user=user, name="Late", scopes=["read"], expires_at=now() + timedelta(seconds=60)
    )
    last, closed = create_key(user=user, name="Closed", scopes=["read"])
    assert [resources(X_API_Key=each).status_code for each in (text, late, closed)] == [200, 200, 200]

    answer = client.delete(f"/api/auth/keys/{key.pk}")
    assert (answer.status_code, bool(answer.json()["revoked_at"])) == (200, True)
    ApiKey.objects.filter(pk=timed.pk).update(expires_at=now())
    User.objects.filter(pk=user.pk).update(is_active=False)

    for dead in (text, late, closed, f"{closed}x", closed[:-1], closed.replace(last.prefix, key.prefix), ""):
        answer = resources(X_API_Key=dead)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


def test_revoking_twice_keeps_the_first_time_and_other_peoples_keys_are_not_there(
    client: Client, user: User
) -> None:
    key = create_key(user=user, name="Till", scopes=["read"])[0]
    foreign = create_key(user=make_user(), name="Theirs", scopes=["read"])[0]

    first = client.delete(f"/api/auth/keys/{key.pk}/").json()["revoked_at"]
    assert client.delete(f"/api/auth/keys/{key.pk}").json()["revoked_at"] == first
    assert client.delete(f"/api/auth/keys/{foreign.pk}").status_code == 404
    assert client.get("/api/auth/keys").json()["count"] == 1
    foreign.refresh_from_db()
    assert foreign.revoked_at is None


@pytest.mark.once
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["account"]}, "scopes.0"),
        ({"scopes": "read"}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2090-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"digest": "x"}, "digest"),
        ({"user": "x"}, "user"),
    ],
)
def test_keys_that_cannot_be(client: Client, user: User, wrong: dict[str, Any], field: str) -> None:
    answer = post(client, "keys", TILL | wrong)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not ApiKey.objects.exists()


def test_guests_have_no_keys(client: Client) -> None:
    assert client.get("/api/auth/keys").status_code == 401
    assert post(client, "keys", TILL).status_code == 401


def test_use_is_noted_once_a_minute(user: User) -> None:
    key, text = create_key(user=user, name="Till", scopes=["read"])

    def used_after_request() -> Any:
        resources(X_API_Key=text)
        key.refresh_from_db()
        return key.last_used_at

    first = used_after_request()
    assert first is not None
    assert used_after_request() == first
    ApiKey.objects.update(last_used_at=now() - timedelta(seconds=61))
    assert used_after_request() > first


def test_superusers_revoke_keys_on_the_staff_site(client: Client, user: User) -> None:
    key, text = create_key(user=user, name="Till", scopes=["read"])
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = "/admin/accounts/apikey/"

    assert key.prefix.encode() in client.get(address).content
    assert client.get(f"{address}add/").status_code == 403
    page = client.get(f"{address}{key.pk}/change/")
    assert page.status_code == 200
    assert key.digest.encode() not in page.content
    client.post(address, {"action": "revoke", "_selected_action": [str(key.pk)]})

    assert resources(X_API_Key=text).status_code == 401
    client.force_login(make_user(is_staff=True))
    assert client.get(address).status_code == 403


def test_a_key_made_with_a_token_belongs_to_its_account(client: Client, user: User) -> None:
    headers = bearer(signed_in(Client(), user)["access_token"])

    assert post(Client(), "keys", TILL, **headers).status_code == 201
    assert ApiKey.objects.get().user == user


@pytest.mark.parametrize("power", POWERFUL)
def test_a_key_with_power_needs_a_fresh_proof(client: Client, user: User, power: dict[str, Any]) -> None:
    """A session that somebody found open is not enough."""
    for proof, refusal in ({}, (403, "reauthentication_needed")), ({"password": "wrong"}, (400, "invalid")):
        answer = post(client, "keys", TILL | power | proof)
        assert (answer.status_code, answer.json()["code"]) == refusal
    assert not ApiKey.objects.exists()
    assert post(client, "keys", TILL | power | {"password": PASSWORD}).status_code == 201
    fresh = bearer(signed_in(Client(), user)["access_token"])
    assert post(Client(), "keys", TILL | power, **fresh).status_code == 201


@pytest.mark.once
def test_the_page_asks_for_a_fresh_proof_and_goes_on_with_the_form(client: Client, user: User) -> None:
    form = {"name": "Till", "scopes": ["manage"], "expires_on": "2090-01-01"}
    asked = client.post(reverse("account-keys"), form)
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiKey.objects.exists()
    made = client.post(asked["Location"], {"password": PASSWORD})
    assert made.context["text"].startswith("hf_")
    assert ApiKey.objects.get().scopes == ["manage"]


def test_the_owner_hears_of_each_new_key(client: Client) -> None:
    user = verified_user()
    client.force_login(user)
    post(client, "keys", TILL)
    day = NEXT_SEASON.date()
    client.post(reverse("account-keys"), {"name": "Door", "scopes": ["read"], "expires_on": day.isoformat()})
    assert [message.to for message in mail.outbox] == [[user.email]] * 2
    assert "Till (read, book)" in mail.outbox[0].body
    assert str(day.year) in mail.outbox[1].body


@pytest.mark.parametrize("keeps", [False, True])
def test_a_changed_password_ends_keys_unless_told_otherwise(client: Client, user: User, keeps: bool) -> None:
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    create_key(user=user, name="Till", scopes=["read"])
    answer = post(client, "password/change", change | ({"keep_keys": True} if keeps else {}))
    assert answer.status_code == 200
    assert ApiKey.objects.alive(now()).exists() == keeps


@pytest.mark.once
@pytest.mark.parametrize("keeps", [False, True])
def test_the_password_page_asks_about_keys(client: Client, user: User, keeps: bool) -> None:
    address = reverse("account_change_password")
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert "keep_keys" not in client.get(address).content.decode()
    create_key(user=user, name="Till", scopes=["read"])
    assert "keep_keys" in client.get(address).content.decode()
    assert client.post(address, form | ({"keep_keys": "on"} if keeps else {})).status_code == 302
    assert ApiKey.objects.alive(now()).exists() == keeps
