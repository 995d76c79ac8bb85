"""Tickets: made for one stream, used once, worth nothing later; and what is answered to pages elsewhere."""

from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey, User
from accounts.services.keys import create_key, revoke_key
from accounts.tests.api_helpers import bearer, signed_in
from common.clock import now
from live.exceptions import InvalidTicket
from live.models import StreamTicket
from live.periodic import forget_tickets
from live.tests.conftest import SHOP
from live.tests.helpers import Refused, Server
from live.tickets import LIFETIME, Grant, make_ticket, use_ticket
from tests.factories import at, book, make_resource, make_user
from tests.processes import PATIENCE
from tests.racing import race


def ask(body: dict[str, Any], headers: dict[str, str] | None = None, client: Client | None = None) -> Any:
    sender = client or Client()
    return sender.post("/api/stream-tickets", body, content_type="application/json", headers=headers or {})


def key_of(user: User, *scopes: str) -> tuple[ApiKey, dict[str, str]]:
    key, text = create_key(user=user, name="Till", scopes=scopes)
    return key, bearer(text)


@pytest.mark.django_db(transaction=True)
def test_a_ticket_opens_one_stream_of_what_it_was_made_for(server: Server) -> None:
    room, other, user = make_resource(), make_resource(), make_user()
    key, by_key = key_of(user, "read")
    by_token = bearer(signed_in(Client(), user)["access_token"])
    for day, credential in enumerate((by_key, by_token), start=7):
        made = ask({"resource": [str(room.uuid)]}, credential).json()
        assert made["address"].endswith(f"/stream/?ticket={made['ticket']}")
        for beside in ({"mine": "1"}, {"resource": str(other.uuid)}):
            with pytest.raises(Refused, match="400"):
                server.stream({"ticket": made["ticket"]} | beside)
        stream = server.stream({"ticket": made["ticket"], "last_event_id": ""}, Origin=SHOP).begun()
        assert f"access-control-allow-origin: {SHOP}" in stream.headers
        with pytest.raises(Refused) as refused:
            server.stream({"ticket": made["ticket"]}, Origin=SHOP)
        assert (refused.value.status, refused.value.body["code"]) == (401, "invalid_ticket")
        assert f"access-control-allow-origin: {SHOP}" in refused.value.headers
        book(other, at(day))
        book(room, at(day))
        assert stream.next()["resources"] == [str(room.uuid)]
        revoke_key(key=key)
        User.objects.filter(pk=user.pk).update(is_active=credential is by_key)
        with pytest.raises(EOFError):
            stream.next()


@pytest.mark.django_db(transaction=True)
def test_two_who_come_with_one_ticket() -> None:
    ticket, _expires_at = make_ticket(Grant({"key": "x"}, "mine=1"))
    results = race(6, lambda _number: use_ticket(ticket))
    assert [found for found in results if isinstance(found, Grant)] == [Grant({"key": "x"}, "mine=1")]
    assert sum(isinstance(found, InvalidTicket) for found in results) == 5


@pytest.mark.django_db
def test_a_ticket_ends_after_a_minute_and_is_forgotten() -> None:
    ticket, expires_at = make_ticket(Grant({}, ""))
    with time_machine.travel(expires_at + timedelta(seconds=1)):
        for text in (ticket, "", "\udcff", "x" * 100_000):
            with pytest.raises(InvalidTicket):
                use_ticket(text)
    assert forget_tickets(now=now()) == 0
    assert forget_tickets(now=now() + LIFETIME * 2) == 1
    assert not StreamTicket.objects.exists()


@pytest.mark.once
@pytest.mark.django_db
def test_what_no_ticket_is_made_for() -> None:
    user = make_user()
    _key, reader = key_of(user, "read")
    _key, booker = key_of(user, "book")
    assert ask({"mine": True}).status_code == 401
    assert ask({"mine": True}, booker).json()["code"] == "scope_missing"
    wrong: list[dict[str, Any]] = [
        {},
        {"mine": False},
        {"venue": "one"},
        {"venue": ["x"] * 51},
        {"entry": "zzz"},
        {"token": "x"},
        {"resource": [{}], "mine": "perhaps"},
        {"reservation": "\x00"},
    ]
    assert {ask(body, reader).status_code for body in wrong} == {400}
    for hidden in ({"venue": ["nowhere"]}, {"reservation": "0192f0c1-2b3c-7d4e-8f50-123456789abc"}):
        assert ask(hidden, reader).status_code == 404
    assert not StreamTicket.objects.exists()

    browser = Client()
    signed_in(browser, user)
    made = ask({"mine": True}, client=browser)
    assert made.status_code == 201
    assert "no-store" in made.headers["Cache-Control"]
    assert use_ticket(made.json()["ticket"]).query == "mine=True"


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_pages_elsewhere_ask_before_they_send_headers(server: Server) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "last-event-id"}
    for origin, allowed in ((SHOP, SHOP), ("https://evil.example", None)):
        answer = requests.options(
            f"http://localhost:{server.port}{reverse('stream')}",
            headers=asked | {"Origin": origin},
            timeout=PATIENCE,
        )
        assert answer.status_code == 200
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert ("last-event-id" in answer.headers.get("Access-Control-Allow-Headers", "")) == bool(allowed)
