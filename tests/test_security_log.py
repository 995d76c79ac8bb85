"""The security log: who came in or was refused, and who may do what, with account and address."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey, SecurityEvent, User
from accounts.security_log import forget_events
from accounts.services.closing import close_account
from accounts.services.keys import create_key
from accounts.tests.api_helpers import NEW_PASSWORD, bearer, post, send, signed_in, verified_user, with_totp
from common.clock import now
from resources.enums import Role
from resources.models import VenueMembership
from tests.factories import PASSWORD, make_member, make_user, make_venue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_counted")]
HERE = "192.0.2.4"


@pytest.fixture
def nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def client() -> Client:
    return Client(REMOTE_ADDR=HERE)


def events(**fields: object) -> list[tuple[str, str]]:
    return list(SecurityEvent.objects.filter(**fields).order_by("id").values_list("kind", "details"))


def test_who_comes_in_and_who_is_refused(client: Client) -> None:
    user = verified_user(email="ada@example.com")
    wrong = {"login": "ada@example.com", "password": "wrong"}
    for _turn in range(6):
        post(client, "login", wrong)
    client.post("/accounts/login/", {"login": "hunter2-is-no-name", "password": "x"})
    elsewhere = Client(REMOTE_ADDR="192.0.2.5")
    tokens = signed_in(elsewhere, user)
    for _turn in range(2):
        post(Client(), "token/refresh", {"refresh_token": tokens["refresh_token"]})
    with_totp(user)
    post(elsewhere, "login", {"login": "ada@example.com", "password": PASSWORD, "code": "000000"})
    assert events(address=HERE, user=user) == [
        *[("refused", "wrong password or closed")] * 5,
        ("refused", "too many attempts"),
    ]
    assert events(user=None) == [("refused", "wrong password or closed (hun…)")]
    assert events(user=user, address="192.0.2.5") == [("signed_in", ""), ("refused", "second factor")]
    assert events(kind="session_ended", user=user) == [("session_ended", "")]


def test_passwords_and_keys(client: Client) -> None:
    user = make_user()
    headers = bearer(signed_in(client, user)["access_token"])
    key = post(
        Client(), "keys", {"name": "Till", "scopes": ["manage"], "password": PASSWORD}, **headers
    ).json()
    send(Client(), "delete", f"keys/{key['id']}", **headers)
    post(client, "password/change", {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    post(client, "logout")
    kinds = ["signed_in", "key_made", "key_revoked", "password_changed", "signed_out"]
    assert [kind for kind, _details in events(user=user)] == kinds
    assert events(kind="key_made") == [("key_made", f"hf_{key['prefix']} manage")]
    assert key["key"] not in str(events())


def test_rights_and_by_whom(client: Client) -> None:
    boss, venue = make_user(is_staff=True, is_superuser=True), make_venue()
    member = make_member(venue, Role.STAFF)
    client.force_login(boss)
    SecurityEvent.objects.all().delete()
    VenueMembership.objects.filter(user=member).get().delete()
    VenueMembership.objects.create(venue=venue, user=member, role=Role.MANAGER)
    User.objects.filter(pk=member.pk).get().save()
    member.is_superuser = True
    member.save()
    assert events(user=member) == [
        ("role_changed", f"{venue.name}: staff → -"),
        ("role_changed", f"{venue.name}: - → manager"),
        ("access_changed", "is_superuser: False → True"),
    ]
    key, _text = create_key(user=member, name="Till", scopes=["read"])
    client.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [str(key.pk)]})
    assert SecurityEvent.objects.filter(kind="key_revoked", actor=boss, user=member, address=HERE).exists()
    listed = client.get("/admin/accounts/securityevent/")
    assert venue.name in listed.content.decode()
    client.force_login(make_member(venue, Role.MANAGER))
    assert client.get("/admin/accounts/securityevent/").status_code == 403


def test_what_is_changed_in_the_admin(client: Client) -> None:
    """There an account is taken over by its address, its second factor or Django's own permissions."""
    boss, user = make_user(is_staff=True, is_superuser=True), make_user()
    with_totp(user)
    client.force_login(boss)
    factor = Authenticator.objects.get(user=user)
    client.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})
    user.email = "thief@example.com"
    user.save()
    user.groups.add(group := Group.objects.create(name="Helpers"))
    permission = Permission.objects.get(codename="change_user")
    user.user_permissions.set([permission])
    group.permissions.set([permission])
    user.user_permissions.set([])
    assert events(user=user) == [
        ("factor_added", "totp"),
        ("factor_removed", "totp"),
        ("email_changed", ""),
        ("access_changed", "+Helpers"),
        ("access_changed", f"+{permission}"),
        ("access_changed", f"-{permission}"),
    ]
    assert SecurityEvent.objects.filter(kind="factor_removed", actor=boss, address=HERE).exists()
    assert events(user=None, kind="access_changed") == [("access_changed", f"Helpers: +{permission}")]


def test_whoever_has_a_session_and_tries_passwords_is_noticed(client: Client) -> None:
    user = verified_user(email="ada@example.com")
    signed_in(client, user)
    wrong = {"current_password": "wrong", "new_password": NEW_PASSWORD}
    post(client, "password/change", wrong)
    send(client, "delete", "user", {"password": "wrong"})
    page = {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(reverse("account_change_password"), page)
    client.post("/api/auth/browser/v1/account/password/change", wrong, "application/json")
    assert events(user=user, address=HERE)[1:] == [("refused", "wrong present password")] * 4


def test_old_events_and_those_of_closed_accounts_go(client: Client) -> None:
    user = make_user()
    signed_in(client, user)
    close_account(user=user)
    assert set(SecurityEvent.objects.filter(user=user).values_list("address", "details")) == {(None, "")}
    SecurityEvent.objects.update(at=now() - timedelta(days=181))
    forget_events(now=now())
    assert not SecurityEvent.objects.exists()


@pytest.mark.parametrize(
    ("address", "noted"),
    [("", None), ("unix:", None), ("fe80::1%eth0", "fe80::1"), ("198.51.100.7", "198.51.100.7")],
)
def test_an_address_that_is_none_stops_nobody(address: str, noted: str | None) -> None:
    client = Client(REMOTE_ADDR=address)
    client.force_login(verified_user(email="ada@example.com"))
    assert post(client, "logout").status_code == 200
    assert SecurityEvent.objects.get(kind="signed_out").address == noted


@pytest.mark.parametrize("door", ["admin", "command"])
def test_a_password_given_by_others_ends_what_there_was(client: Client, door: str) -> None:
    """Somebody's account is taken back: sessions, tokens and keys of whoever was in it end."""
    user = make_user()
    tokens = bearer(signed_in(Client(), user)["access_token"])
    create_key(user=user, name="Thief", scopes=["read"])
    if door == "admin":
        client.force_login(make_user(is_staff=True, is_superuser=True))
        form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
        address = reverse("admin:auth_user_password_change", args=[user.pk])
        assert client.post(address, form).status_code == 302
    else:
        user.set_password(NEW_PASSWORD)
        user.save()
    assert not ApiKey.objects.alive(now()).exists()
    assert send(Client(), "get", "user", **tokens).status_code == 401
    assert ("password_changed", "") in events(user=user)
