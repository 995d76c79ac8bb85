"""``POST /api/auth/register``."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from difflib import unified_diff
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.adapters import PAGE_AFTER_PROOF
from accounts.models import User
from accounts.tests.api_helpers import NEW, bearer, post, verified_user, whoami
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def test_an_account_with_everything_is_signed_in_by_cookie_and_by_token(client: Client) -> None:
    body = NEW | {"username": "ada", "first_name": "Ada", "last_name": "Lovelace", "phone": "+493012345678"}
    answer = post(client, "register", body)

    assert answer.status_code == 201
    found = answer.json()
    assert (found["token_type"], found["expires_in"]) == ("Bearer", 86_400)
    user = User.objects.get()
    assert found["user"]["id"] == str(user.pk)
    assert found["user"]["name"] == "Ada Lovelace"
    assert found["user"]["phone"] == "+493012345678"
    assert user.check_password(PASSWORD)
    assert client.get("/api/auth/user").json()["username"] == "ada"
    assert whoami(**bearer(found["access_token"])).json()["email"] == "ada@example.com"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_e_mail_and_password_are_enough_and_the_address_is_kept_in_lower_case(client: Client) -> None:
    answer = post(client, "register/", {"email": "Ada@Example.COM", "password": PASSWORD})

    assert answer.status_code == 201
    assert answer.json()["user"]["username"] is None
    assert answer.json()["user"]["email"] == "ada@example.com"
    assert answer.json()["user"]["email_verified"] is False
    assert [message.to for message in mail.outbox] == [["ada@example.com"]]


@pytest.mark.parametrize("field", ["name", "full_name"])
def test_a_whole_name_is_split(client: Client, field: str) -> None:
    found = post(client, "register", NEW | {field: "Ada King Lovelace"}).json()["user"]

    assert (found["first_name"], found["last_name"]) == ("Ada", "King Lovelace")


@pytest.mark.once
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"email": "nonsense"}, "email"),
        ({"email": None}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "1234567890123"}, "password"),
        ({"password": " " * 12}, "password"),
        ({"password": "\u3000\u200b" * 6}, "password"),
        ({"password": "x y " * 4}, "password"),
        ({"password": "ada@example.com"}, "password"),
        ({"password": 12}, "password"),
        ({"phone": "12"}, "phone"),
        ({"phone": "030 12345678"}, "phone"),
        ({"username": "ada@home"}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"first_name": "x" * 151}, "first_name"),
        ({"first_name": "nul\x00"}, "first_name"),
    ],
)
def test_what_cannot_be(client: Client, wrong: dict[str, Any], field: str) -> None:
    answer = post(client, "register", NEW | wrong)

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not User.objects.exists()


@pytest.mark.once
@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "is_active", "id", "groups", "email_verified"])
def test_nobody_appoints_themselves(client: Client, field: str) -> None:
    answer = post(client, "register", NEW | {field: True})

    assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
    assert not User.objects.exists()


def test_names_that_exist_are_refused_in_any_case(client: Client) -> None:
    make_user("ada@example.com", username="ada")

    by_email = post(client, "register", NEW | {"email": "ADA@example.com"})
    by_name = post(client, "register", NEW | {"email": "other@example.com", "username": "ADA"})

    assert (by_email.status_code, list(by_email.json()["fields"])) == (400, ["email"])
    assert (by_name.status_code, list(by_name.json()["fields"])) == (400, ["username"])
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_of_many_gets_the_address() -> None:
    rivals = 6
    start = threading.Barrier(rivals)

    def attempt(number: int) -> int:
        try:
            start.wait()
            names = {"username": f"ada{number}"} if number % 2 else {}
            return int(post(Client(), "register", NEW | names).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(rivals) as pool:
        statuses = sorted(pool.map(attempt, range(rivals)))

    assert statuses == [201] + [400] * (rivals - 1)
    assert User.objects.count() == 1


def test_no_object_no_json_no_account(client: Client) -> None:
    assert post(client, "register", ["ada"]).json()["code"] == "malformed"
    text = client.post("/api/auth/register", "email=a", content_type="application/x-www-form-urlencoded")
    assert text.status_code == 415


def test_registering_while_signed_in_opens_a_new_session(client: Client) -> None:
    post(client, "register", NEW)
    old = client.cookies["sessionid"].value

    answer = post(client, "register", NEW | {"email": "bob@example.com"})

    assert answer.status_code == 201
    assert client.cookies["sessionid"].value != old
    assert client.get("/api/auth/user").json()["email"] == "bob@example.com"
    client.cookies["sessionid"] = old
    assert client.get("/api/auth/user").status_code == 401


def test_where_addresses_must_be_verified_nobody_learns_who_has_an_account(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    known = verified_user(email="known@example.com")

    answers = []
    for email in (known.email, "new@example.com"):
        client = Client()
        answer = post(client, "register", NEW | {"email": email})
        answers.append((answer.status_code, answer.json(), sorted(client.cookies)))
        assert client.get("/api/auth/user").status_code == 401

    assert answers == [(202, {"verification": "pending"}, [])] * 2
    assert [message.to for message in mail.outbox] == [["known@example.com"], ["new@example.com"]]
    assert "already have an account" in mail.outbox[0].subject.lower()
    assert "confirm" in mail.outbox[1].subject.lower()
    assert known.check_password(PASSWORD)
    assert User.objects.count() == 2


@pytest.mark.once
@time_machine.travel(datetime(2027, 1, 4, 9, tzinfo=UTC), tick=False)  # pages say when they were made
@pytest.mark.parametrize("verification", ["optional", "mandatory"])
def test_the_page_never_tells_who_has_an_account(settings: Settings, verification: str) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = verification
    make_user("known@example.com")
    pages = []
    for email in ("KNOWN@example.com", "new@example.com"):
        client = Client()
        details = {"email": email, "password1": PASSWORD, "next": "/my/"}
        answer = client.post(reverse("account_signup"), details, follow=True)
        text = answer.content.decode().replace(email.lower(), "")
        pages.append((answer.redirect_chain, re.sub(r'"[\w-]{64}"', "", text), sorted(client.cookies)))
        assert client.get("/api/auth/user").status_code == 401
    assert pages[0][0] == pages[1][0]
    assert pages[0][2] == pages[1][2]
    assert list(unified_diff(pages[0][1].splitlines(), pages[1][1].splitlines())) == []
    known, new = mail.outbox
    assert (known.to, new.to) == (["known@example.com"], ["new@example.com"])
    assert "already have an account" in known.subject.lower()
    assert "confirm" in new.subject.lower()


def sign_up(client: Client, page: str) -> str:
    """The link in the mail that comes."""
    client.post(reverse("account_signup"), {"email": "new@example.com", "password1": PASSWORD, "next": page})
    link = re.search(r"/accounts/confirm-email/\S+", str(mail.outbox[-1].body))
    assert link
    return link[0]


def confirm(client: Client, link: str) -> str:
    """Where one lands; the page shows a button, for programs that look into mails open links."""
    waiting = re.search(r'name="next" value="([^"]*)"', client.get(link).content.decode())
    data = {"next": unescape(waiting[1])} if waiting else {}
    return str(client.post(link.split("?")[0], data).headers["Location"])


@pytest.mark.once
def test_whoever_confirms_where_they_signed_up_is_signed_in_where_they_wanted_to_go(client: Client) -> None:
    assert confirm(client, sign_up(client, "/teach/")) == "/teach/"
    assert client.get("/api/auth/user").json()["email_verified"] is True


@pytest.mark.once
def test_a_link_alone_signs_nobody_in_and_leads_on_past_the_sign_in_page(client: Client) -> None:
    other = Client()
    sign_in = confirm(other, sign_up(client, "/teach/?venue=a&b=1"))
    assert other.get("/api/auth/user").status_code == client.get("/api/auth/user").status_code == 401
    page, _, query = sign_in.partition("?")
    assert (page, parse_qs(query)) == (reverse("account_login"), {"next": ["/teach/?venue=a&b=1"]})
    login = {"login": "new@example.com", "password": PASSWORD, "next": parse_qs(query)["next"][0]}
    assert other.post(page, login).headers["Location"] == "/teach/?venue=a&b=1"
    # The first browser, too, knows where its person wanted to go.
    del login["next"]
    assert client.post(page, login).headers["Location"] == "/teach/?venue=a&b=1"
    assert PAGE_AFTER_PROOF not in client.session


@pytest.mark.once
@pytest.mark.parametrize("page", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_signing_up_leads_to_own_pages_only(client: Client, page: str) -> None:
    link = sign_up(client, page)
    assert "next" not in link
    forged = f"{link}?{urlencode({'next': page})}"
    assert confirm(Client(), forged) == reverse("account_login")
    client.post(reverse("account_signup"), {"email": "b@example.com", "password1": PASSWORD, "next": page})
    link = re.findall(r"/accounts/confirm-email/\S+", str(mail.outbox[-1].body))[0]
    assert confirm(client, f"{link}?{urlencode({'next': page})}") == "/"


@pytest.mark.once
def test_where_no_mail_is_sent_the_page_signs_in_at_once_and_has_to_tell(
    client: Client, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"
    make_user("known@example.com")
    details = {"password1": PASSWORD, "email": "known@example.com"}
    assert "already exists" in client.post(reverse("account_signup"), details).content.decode()
    client.post(reverse("account_signup"), details | {"email": "new@example.com"})
    assert client.get("/api/auth/user").json()["email"] == "new@example.com"


@pytest.mark.parametrize("door", ["register", "app/v1/auth/signup"])
def test_the_api_tells_a_few_times_only(door: str) -> None:
    make_user("known@example.com")
    told = [post(Client(), door, NEW | {"email": "known@example.com"}).status_code for _ in range(6)]
    assert told == [400] * 5 + [429]
    # What is new would be told by a success.
    assert post(Client(), door, NEW).status_code == 429
    assert (
        Client(REMOTE_ADDR="192.0.2.3").post("/api/auth/register", NEW, "application/json").status_code == 201
    )
