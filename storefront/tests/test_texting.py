"""Customers agree to text messages about one booking, and stop them, on its pages; staff on theirs."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from reservations.models import Reservation
from reservations.tests.api_helpers import local
from storefront.tests.page_steps import GUEST, page
from tests.factories import at, book, hold, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PHONE = "+4915112345678"
TICK = 'name="sms_updates"'


@pytest.fixture(autouse=True)
def _texts_are_sent(settings: Settings) -> None:
    settings.SMS_BACKEND = "notifications.channels.sms.MemorySms"


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def test_the_tick_is_off_and_not_needed_but_wants_a_number(client: Client) -> None:
    room = make_resource()
    held, other = hold(room), hold(room, at(8))
    shown = text(client.get(page("reservation-details", held)))
    assert TICK in shown
    assert "checked" not in shown
    refused = client.post(page("reservation-details", held), GUEST | {"sms_updates": "on"})
    assert (refused.status_code, "Enter the phone number" in text(refused)) == (400, True)
    agreed = GUEST | {"sms_updates": "on", "phone": PHONE}
    assert client.post(page("reservation-details", held), agreed).status_code == 302
    assert client.post(page("reservation-details", other), GUEST | {"phone": PHONE}).status_code == 302
    held.refresh_from_db()
    other.refresh_from_db()
    assert (held.texts_agreed_how, held.texts_agreed_at is not None) == ("page", True)
    assert (other.texts_agreed_how, other.texts_agreed_at) == ("", None)


def test_a_cart_asks_once_for_all(client: Client) -> None:
    room = make_resource()
    client.force_login(make_user())
    for day in (7, 8):
        client.post(
            f"/resources/{room.uuid}/hold/",
            {"start": local(day).isoformat(), "duration": 60, "party_size": 1, "quantity": 1},
        )
    assert TICK in text(client.get("/cart/book/"))
    holds = [str(pk) for pk in Reservation.objects.values_list("pk", flat=True)]
    answer = client.post("/cart/book/", GUEST | {"sms_updates": "on", "phone": PHONE, "hold": holds})
    assert answer.status_code == 302
    assert set(Reservation.objects.values_list("texts_agreed_how", flat=True)) == {"page"}


def test_nobody_is_asked_where_none_are_sent_or_who_gets_them_all(client: Client, settings: Settings) -> None:
    held = hold(make_resource())
    client.force_login(make_user(wants_sms=True, phone=PHONE))
    assert TICK not in text(client.get(page("reservation-details", held)))
    client.logout()
    settings.SMS_BACKEND = "notifications.channels.sms.ConsoleSms"
    assert TICK not in text(client.get(page("reservation-details", held)))


def test_it_is_stopped_and_turned_on_again_by_the_link(client: Client) -> None:
    made = book(make_resource())
    details = GUEST | {"party_size": 1, "version": made.version, "phone": PHONE}
    assert "Stop text messages" not in text(client.get(page("reservation-manage", made)))
    client.post(page("reservation-edit", made), details | {"sms_updates": "on"})
    made.refresh_from_db()
    assert made.texts_agreed_how == "page"
    shown = text(client.get(page("reservation-manage", made)))
    assert "Stop text messages" in shown
    told = client.post(page("reservation-stop-texts", made), follow=True)
    made.refresh_from_db()
    assert made.texts_agreed_at is None
    assert "longer text you about this booking" in text(told)
    assert client.get(page("reservation-stop-texts", made)).status_code == 405
