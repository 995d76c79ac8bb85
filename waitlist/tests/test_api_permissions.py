"""Secrets, CSRF and the actions that are offered; who gets what is in ``tests.permissions``."""

from typing import Any

import pytest
from django.test import Client

from reservations.domain.values import Customer
from reservations.tests.api_helpers import post
from tests.factories import make_leader, make_resource, make_user
from waitlist.links import token_for
from waitlist.tests.helpers import LIST, join, patch, wish

pytestmark = [pytest.mark.django_db, pytest.mark.once]


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


def test_facilitators_see_nobody_who_waits(client: Client) -> None:
    room = make_resource()
    entry = join(room)
    client.force_login(make_leader(room))

    assert client.get(f"{LIST}/{entry.pk}").status_code == 404
    assert client.get(LIST).json()["results"] == []


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
