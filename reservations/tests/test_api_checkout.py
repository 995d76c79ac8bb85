"""Programs lead customers to the provider's page."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from payments.tests.stripe_server import StripeServer, listening, stripe
from reservations.enums import Status
from reservations.links import token_for
from reservations.models import Reservation
from reservations.tests.api_helpers import post
from reservations.tests.depositing import customer, mine, room
from resources.enums import Role
from tests.factories import make_leader, make_member, make_user, payments_for

pytestmark = [pytest.mark.django_db, pytest.mark.once]
__all__ = ["customer", "listening", "mine", "room", "stripe"]


def open_page(client: Client, reservation: Reservation, body: Any = None, **headers: str) -> Any:
    return post(client, f"/api/reservations/{reservation.pk}/checkout", body, **headers)


def test_a_customer_is_led_to_the_page(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    answer = open_page(client, mine)
    charge = payments_for(mine).get()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "private, no-store")
    assert answer.json() == {
        "payment_id": str(charge.pk),
        "url": stripe.session["url"],
        "expires_at": answer.json()["expires_at"],
        "amount": "10.00",
        "currency": "EUR",
    }
    assert open_page(client, mine).json() == answer.json()
    stripe.pay(stripe.session)

    refused = open_page(client, mine)  # asks first what has become of it

    assert (refused.status_code, refused.json()["code"]) == (400, "nothing_due")
    mine.refresh_from_db()
    assert (mine.status, len(stripe.sessions)) == (Status.CONFIRMED, 1)


def test_who_may(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    def status(user: User | None, **headers: str) -> int:
        client = Client()
        if user:
            client.force_login(user)
        return int(open_page(client, mine, **headers).status_code)

    assert status(None) == status(make_user()) == 404
    assert status(make_member(mine.venue, Role.FACILITATOR)) == 404
    assert status(make_leader(mine.items.get().resource)) == 403
    assert status(None, X_Reservation_Token=token_for(mine)) == 201
    assert status(make_member(mine.venue)) == 201
    assert len(stripe.sessions) == 1


def test_a_key_opens_one_page(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    stripe.faults = ["lost"]
    lost = open_page(client, mine, Idempotency_Key="once")
    assert (lost.status_code, lost.json()["code"]) == (503, "payment_unavailable")
    first = open_page(client, mine, Idempotency_Key="once")

    stripe.session["status"] = "expired"
    again = open_page(client, mine, Idempotency_Key="once")
    assert (again.status_code, again.json(), len(stripe.sessions)) == (201, first.json(), 1)

    other_body = {"return_url": "http://localhost:8000/thanks"}
    other = open_page(client, mine, other_body, Idempotency_Key="once")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    another = open_page(client, mine, Idempotency_Key="twice")
    assert (another.status_code, len(stripe.sessions)) == (201, 2)
    assert [each.status for each in payments_for(mine)] == ["failed", "pending"]


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("https://shop.example/thanks?order=7", True),
        ("http://localhost:8000/thanks", True),
        ("https://shop.example.evil.example/", False),
        ("https://shop.example@evil.example/", False),
        ("http://shop.example/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_where_they_come_back_to(
    client: Client,
    stripe: StripeServer,
    mine: Reservation,
    settings: Settings,
    address: str,
    is_allowed: bool,
) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    answer = open_page(client, mine, {"return_url": address})
    if is_allowed:
        assert (answer.status_code, stripe.session["success_url"]) == (201, address)
    else:
        assert (answer.status_code, [*answer.json()["fields"]]) == (400, ["return_url"])
        assert not stripe.sessions


def test_when_nothing_can_be_paid(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    stripe.faults = ["down"]
    away = open_page(client, mine)
    assert (away.status_code, away.json()["code"]) == (503, "payment_unavailable")
    assert open_page(client, mine).status_code == 201

    token = post(client, f"/api/reservations/{mine.pk}/confirm", {"payment": {"token": "pm_good"}})
    assert (token.status_code, token.json()["code"]) == (409, "payment_under_way")
    post(client, f"/api/reservations/{mine.pk}/cancel")
    over = open_page(client, mine)
    assert (over.status_code, over.json()["code"]) == (400, "nothing_due")
    assert not stripe.intents


def test_without_a_provider(client: Client, mine: Reservation, settings: Settings) -> None:
    for provider in ("", "payments.tests.fake_provider.FakeProvider"):  # the second has no page
        settings.PAYMENT_PROVIDER = provider
        answer = open_page(client, mine)
        assert (answer.status_code, answer.json()["code"]) == (400, "paid_at_venue")
    assert not payments_for(mine).exists()
