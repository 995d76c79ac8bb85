"""Who gets what at each endpoint of the waitlist."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reservations.services.values import Customer
from reservations.tests.api_helpers import post
from resources.enums import Role
from tests.factories import make_member, make_resource, make_user, make_venue
from waitlist.links import token_for
from waitlist.models import WaitlistEntry
from waitlist.tests.helpers import LIST, day, join, patch, wish

pytestmark = pytest.mark.django_db

WHO = (
    *("anonymous", "guest with token", "customer", "other customer"),
    *("manager", "staff", "facilitator", "other staff", "superuser"),
)
STRANGERS = dict.fromkeys(("anonymous", "other customer", "other staff"), 404)
SEEING = dict.fromkeys(WHO, 200) | STRANGERS
CHANGING = SEEING | {"facilitator": 403}
MANAGING = CHANGING | {"customer": 403, "guest with token": 403}

Call = Callable[[Client, WaitlistEntry, dict[str, str]], Any]


def _join(client: Client, entry: WaitlistEntry, headers: dict[str, str]) -> Any:
    assert entry.resource is not None
    return post(client, LIST, wish(entry.resource, preferred_date=day(9).isoformat()))


def _offers(client: Client, entry: WaitlistEntry, headers: dict[str, str]) -> Any:
    return client.get(f"{LIST}/{entry.pk}/offers", headers=headers)


TABLE: dict[str, tuple[Call, dict[str, int]]] = {
    "GET waitlist": (
        lambda c, e, h: c.get(LIST, headers=h),
        dict.fromkeys(WHO, 200) | {"anonymous": 401, "guest with token": 401},
    ),
    "HEAD waitlist": (
        lambda c, e, h: c.head(LIST, headers=h),
        dict.fromkeys(WHO, 200) | {"anonymous": 401, "guest with token": 401},
    ),
    "POST waitlist": (_join, dict.fromkeys(WHO, 201)),
    "GET waitlist/<id>": (lambda c, e, h: c.get(f"{LIST}/{e.pk}", headers=h), SEEING),
    "GET waitlist/<id>/offers": (_offers, SEEING),
    "PATCH waitlist/<id>": (lambda c, e, h: patch(c, e.pk, {"party_size": 3}, **h), CHANGING),
    "PATCH waitlist/<id> priority": (lambda c, e, h: patch(c, e.pk, {"priority": 9}, **h), MANAGING),
    "PATCH waitlist/<id> status": (lambda c, e, h: patch(c, e.pk, {"status": "contacted"}, **h), MANAGING),
    "DELETE waitlist/<id>": (lambda c, e, h: c.delete(f"{LIST}/{e.pk}", headers=h), CHANGING),
}


def _user(who: str, entry: WaitlistEntry) -> User | None:
    match who:
        case "customer":
            return entry.customer
        case "other customer":
            return make_user()
        case "manager" | "staff" | "facilitator":
            return make_member(entry.venue, Role(who))
        case "other staff":
            return make_member(make_venue())
        case "superuser":
            return make_user(is_superuser=True)
    return None


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("endpoint", TABLE)
def test_the_table(client: Client, endpoint: str, who: str) -> None:
    entry = join(make_resource(), customer=Customer.from_user(make_user()))
    before = WaitlistEntry.objects.filter(pk=entry.pk).values().get()
    signed_in = _user(who, entry)
    if signed_in:
        client.force_login(signed_in)
    headers = {"X-Waitlist-Token": token_for(entry)} if who == "guest with token" else {}
    call, expected = TABLE[endpoint]

    answer = call(client, entry, headers)

    assert answer.status_code == expected[who], answer.content
    if answer.status_code > 400 and "HEAD" not in endpoint:
        codes = {401: "not_authenticated", 403: "forbidden", 404: "not_found"}
        assert answer.json()["code"] == codes[answer.status_code]
        assert WaitlistEntry.objects.filter(pk=entry.pk).values().get() == before


def test_what_is_not_there_and_what_is_not_yours_look_alike(client: Client) -> None:
    entry = join(make_resource())
    missing = client.get(f"{LIST}/00000000-0000-4000-8000-000000000000")
    hidden = client.get(f"{LIST}/{entry.pk}")

    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content


def test_the_token_opens_one_entry_only_and_no_list(client: Client) -> None:
    mine, other = join(make_resource()), join(make_resource())

    assert client.get(f"{LIST}/{mine.pk}", {"token": token_for(mine)}).status_code == 200
    for secret in (token_for(other), "ünï©ode", "\x00", "0" * 32):
        assert client.get(f"{LIST}/{mine.pk}", {"token": secret}).status_code == 404
    assert client.get(LIST, {"token": token_for(mine)}).status_code == 401


def test_another_server_key_makes_other_tokens(client: Client, settings: Any) -> None:
    entry = join(make_resource())
    token = token_for(entry)
    settings.SECRET_KEY = "another"

    assert client.get(f"{LIST}/{entry.pk}", {"token": token}).status_code == 404


def test_facilitators_are_shown_no_actions(client: Client) -> None:
    entry = join(make_resource())
    client.force_login(make_member(entry.venue, Role.FACILITATOR))

    assert client.get(f"{LIST}/{entry.pk}").json()["allowed_actions"] == []
    assert client.get(LIST).json()["results"][0]["allowed_actions"] == []


def test_sessions_need_a_csrf_token_and_guests_do_not() -> None:
    room = make_resource()
    browser = Client(enforce_csrf_checks=True)
    assert post(browser, LIST, wish(room)).status_code == 201
    user = make_user()
    entry = join(room, customer=Customer.from_user(user))
    browser.force_login(user)

    for refused in (
        post(browser, LIST, wish(room, preferred_time="19:00")),
        patch(browser, entry.pk, {"party_size": 3}),
        browser.delete(f"{LIST}/{entry.pk}"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
