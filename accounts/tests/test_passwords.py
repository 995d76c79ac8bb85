"""Changing and resetting passwords, and verifying email addresses."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services.keys import create_key
from accounts.tests.api_helpers import (
    NEW,
    NEW_PASSWORD,
    bearer,
    post,
    signed_in,
    verified_user,
    whoami,
)
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
CHANGE = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}


def key_of_mail(pattern: str) -> str:
    found = re.search(pattern, str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def reset_key(email: str) -> str:
    post(Client(), "password/reset", {"email": email})
    return key_of_mail(r"/accounts/password/reset/key/(\S+)/")


@pytest.mark.parametrize("by", ["cookie", "token"])
def test_changing_ends_all_other_sessions_and_this_one_goes_on(by: str) -> None:
    user = make_user()
    here, there = Client(), Client()
    mine, other = signed_in(here, user), signed_in(there, user)
    headers = bearer(mine["access_token"])

    client, sent = (here, {}) if by == "cookie" else (Client(), headers)
    answer = post(client, "password/change", CHANGE, **sent)

    assert answer.status_code == 200
    assert client.get("/api/auth/user").status_code == 200
    assert whoami(**bearer(answer.json()["access_token"])).status_code == 200
    refreshed = post(Client(), "token/refresh", {"refresh_token": answer.json()["refresh_token"]})
    assert refreshed.status_code == 200
    assert there.get("/api/auth/user").status_code == 401
    for old in (mine, other):
        assert whoami(**bearer(old["access_token"])).status_code == 401
        assert post(Client(), "token/refresh", {"refresh_token": old["refresh_token"]}).status_code == 401
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


@pytest.mark.once
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"current_password": "wrong"}, "current_password"),
        ({"current_password": ""}, "current_password"),
        ({"new_password": "short"}, "new_password"),
        ({"new_password": None}, "new_password"),
    ],
)
def test_a_change_that_is_refused(client: Client, wrong: dict[str, Any], field: str) -> None:
    user = make_user()
    client.force_login(user)

    answer = post(client, "password/change", CHANGE | wrong)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.once
def test_guests_change_no_password(client: Client) -> None:
    assert post(client, "password/change", CHANGE).status_code == 401


@pytest.mark.once
def test_guessing_the_present_password_is_stopped(client: Client) -> None:
    client.force_login(make_user())
    statuses = [
        post(client, "password/change", CHANGE | {"current_password": f"guess {n}"}).status_code
        for n in range(6)
    ]

    assert statuses == [400] * 5 + [429]


def test_asking_for_a_reset_tells_nothing_and_mails_the_link_to_owners_only() -> None:
    make_user("ada@example.com")
    answers = [
        post(Client(), "password/reset", {"email": email}) for email in ("ADA@example.com", "no@example.com")
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    known, unknown = mail.outbox
    assert known.to[0].lower() == "ada@example.com"
    assert "/accounts/password/reset/key/" in known.body
    assert "/accounts/password/reset/key/" not in unknown.body


@pytest.mark.parametrize("halves", [False, True])
def test_a_reset_ends_all_sessions_and_keys(halves: bool) -> None:
    user = make_user()
    client = Client()
    tokens = signed_in(client, user)
    _key, text = create_key(user=user, name="till", scopes=["read"])
    key = reset_key(user.email)
    uid, _dash, token = key.partition("-")
    proof = {"uid": uid, "token": token} if halves else {"key": key}

    answer = post(Client(), "password/reset/confirm", proof | {"new_password": NEW_PASSWORD})

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert client.get("/api/auth/user").status_code == 401
    assert whoami(**bearer(tokens["access_token"])).status_code == 401
    assert Client().get("/api/resources", headers={"X-API-Key": text}).status_code == 401
    assert post(Client(), "login", {"login": user.email, "password": PASSWORD}).status_code == 401
    assert post(Client(), "login", {"login": user.email, "password": NEW_PASSWORD}).status_code == 200
    again = post(Client(), "password/reset/confirm", proof | {"new_password": PASSWORD})
    assert (again.status_code, list(again.json()["fields"])) == (400, ["key"])


def test_reset_keys_that_are_none() -> None:
    user, other = make_user(), make_user()
    key = reset_key(user.email)
    token = key.partition("-")[2]
    for wrong in ("", "x", "a-b", f"{other.pk.hex}-{token}", f"{key}x", "-", "\x00-a"):
        answer = post(Client(), "password/reset/confirm", {"key": wrong, "new_password": NEW_PASSWORD})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["key"]), wrong
    weak = post(Client(), "password/reset/confirm", {"key": key, "new_password": "short"})
    assert list(weak.json()["fields"]) == ["new_password"]
    User.objects.filter(pk=user.pk).update(is_active=False)
    closed = post(Client(), "password/reset/confirm", {"key": key, "new_password": NEW_PASSWORD})
    assert closed.status_code == 400


def test_an_address_is_verified_with_the_key_of_the_mail(client: Client) -> None:
    post(client, "register", NEW)
    key = key_of_mail(r"/accounts/confirm-email/(\S+)/")

    answer = post(Client(), "email/verify", {"key": key})

    assert answer.json() == {"email": "ada@example.com", "email_verified": True}
    assert client.get("/api/auth/user").json()["email_verified"] is True
    assert post(Client(), "email/verify", {"key": key}).status_code == 400
    for wrong in ("x", f"{key}x", "", "MQ:1:2"):
        answer = post(Client(), "email/verify", {"key": wrong})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["key"])


def test_an_address_that_meanwhile_is_another_accounts_cannot_be_verified(client: Client) -> None:
    post(client, "register", NEW)
    address = EmailAddress.objects.create(user=User.objects.get(), email="bob@example.com")
    key = EmailConfirmationHMAC.create(address).key
    make_user("bob@example.com")

    assert post(Client(), "email/verify", {"key": key}).status_code == 400
    assert Client().post(f"/accounts/confirm-email/{key}/").status_code in (200, 302)
    headless = Client().post(
        "/api/auth/app/v1/auth/email/verify", {"key": key}, content_type="application/json"
    )
    assert headless.status_code == 409
    assert User.objects.get(email="ada@example.com").pk == address.user_id


def test_where_verifying_is_mandatory_it_opens_the_door(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    post(Client(), "register", NEW)
    key = key_of_mail(r"/accounts/confirm-email/(\S+)/")

    client = Client()
    refused = post(client, "login", {"login": NEW["email"], "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (401, "email_not_verified")
    assert client.get("/api/auth/user").status_code == 401
    post(Client(), "email/verify", {"key": key})
    signed_in(client, User.objects.get())


@pytest.mark.once
def test_another_mail_for_who_is_signed_in(client: Client) -> None:
    user = make_user()
    client.force_login(user)

    answers = [post(client, "email/verify/resend") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert [message.to for message in mail.outbox] == [[user.email]], "the second one came too soon"


@pytest.mark.once
def test_another_mail_for_who_is_not_tells_nothing() -> None:
    verified_user(email="verified@example.com")
    EmailAddress.objects.create(user=make_user("waiting@example.com"), email="waiting@example.com")
    emails = ["verified@example.com", "Waiting@example.com", "nobody@example.com"]

    answers = [post(Client(), "email/verify/resend", {"email": email}) for email in emails]

    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert [message.to[0].lower() for message in mail.outbox] == [email.lower() for email in emails]
    assert [("confirm-email" in message.body) for message in mail.outbox] == [False, True, False]
    assert post(Client(), "email/verify/resend").status_code == 400


@pytest.mark.once
def test_a_broken_mail_server_stops_nobody(client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    assert post(client, "register", NEW).status_code == 201
    assert post(client, "password/reset", {"email": NEW["email"]}).status_code == 202


@pytest.mark.once
def test_mails_lead_to_this_site_whatever_the_request_calls_it(settings: Settings) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://book.example", ["*"]
    known = verified_user()
    evil = Client(HTTP_HOST="evil.example")
    post(evil, "password/reset", {"email": known.email})
    post(evil, "password/reset", {"email": "nobody@example.com"})
    post(evil, "register", NEW | {"email": "new@example.com"})
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    post(Client(HTTP_HOST="evil.example"), "register", NEW | {"email": known.email})
    evil.post("/api/auth/app/v1/auth/password/request", {"email": known.email}, "application/json")

    texts = [f"{each.subject}\n{each.body}" for each in mail.outbox]
    assert len(texts) == 5
    for text in texts:
        assert "evil" not in text
        assert "https://book.example/" in text
