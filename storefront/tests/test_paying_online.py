"""A customer pays the deposit on the provider's page, comes back, and gets it back."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from common.clock import now
from payments.tests.stripe_server import StripeServer, listening, report, sign, stripe
from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.links import manage_path, token_for
from reservations.models import Reservation
from reservations.services import cancel_reservation, expire_unpaid
from resources.enums import Approval
from resources.models import Resource
from tests.factories import at, book, make_resource, payments_for

pytestmark = pytest.mark.django_db
__all__ = ["listening", "stripe"]


@pytest.fixture
def room() -> Resource:
    room = make_resource()
    room.rules.deposit_percent = 40
    room.rules.save()
    return room


@pytest.fixture
def mine(room: Resource) -> Reservation:
    return book(room, at(7, 10))


def press_pay(client: Client, reservation: Reservation) -> Any:
    return client.post(reverse("reservation-pay", args=[reservation.pk, token_for(reservation)]))


def show(client: Client, reservation: Reservation) -> str:
    return client.get(manage_path(reservation)).content.decode()


def come_back(client: Client, stripe: StripeServer) -> str:
    answer = client.get(urlsplit(stripe.session["success_url"]).path, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def status_of(reservation: Reservation) -> str:
    reservation.refresh_from_db()
    return reservation.status


def test_paid_confirmed_and_returned(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    assert "Pay the deposit of €10.00" in show(client, mine)

    there = press_pay(client, mine)
    assert (there.status_code, there.headers["Location"]) == (303, stripe.session["url"])
    assert stripe.session["title"] == f"Deposit for booking {mine.code}, {mine.venue.name}"
    assert token_for(mine) not in stripe.session["success_url"]  # the link is a secret
    assert "You haven&#x27;t paid yet." in come_back(client, stripe)
    assert press_pay(client, mine).headers["Location"] == stripe.session["url"]

    stripe.pay(stripe.session)
    assert "Thank you, your payment has arrived." in come_back(client, stripe)
    assert (status_of(mine), stripe.balance) == (Status.CONFIRMED, 1000)
    assert "Pay the deposit" not in show(client, mine)
    again = press_pay(client, mine)
    assert (again.status_code, len(stripe.sessions)) == (302, 1)
    assert "There is nothing to pay now." in show(client, mine)


@pytest.mark.django_db(transaction=True)
def test_a_report_confirms_and_cancelling_returns(
    client: Client, stripe: StripeServer, mine: Reservation
) -> None:
    press_pay(client, mine)
    stripe.pay(stripe.session)
    body = report(stripe.session)
    for _ in range(2):
        answer = Client().post(
            reverse("payment-report"), body, "application/json", headers={"Stripe-Signature": sign(body)}
        )
        assert answer.status_code == 200
    assert (status_of(mine), payments_for(mine).count()) == (Status.CONFIRMED, 1)

    cancel_reservation(reservation_id=mine.pk, actor=Actor())
    assert stripe.balance == 0
    assert list(payments_for(mine).values_list("kind", "status")) == [
        ("charge", "succeeded"),
        ("refund", "succeeded"),
    ]


@pytest.mark.django_db(transaction=True)
def test_paid_after_it_was_cancelled_comes_back(
    client: Client, stripe: StripeServer, mine: Reservation
) -> None:
    press_pay(client, mine)
    cancel_reservation(reservation_id=mine.pk, actor=Actor())
    stripe.pay(stripe.session)
    come_back(client, stripe)
    assert (status_of(mine), stripe.balance) == (Status.CANCELLED, 0)


def test_a_time_is_kept_while_it_is_being_paid(
    client: Client, stripe: StripeServer, mine: Reservation
) -> None:
    late = now() + timedelta(minutes=31)
    press_pay(client, mine)
    assert expire_unpaid(now=late) == 0

    stripe.session["status"] = "expired"
    assert "The payment didn&#x27;t go through." in come_back(client, stripe)
    assert expire_unpaid(now=late) == 1


def test_another_deposit_gets_another_page(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    """The booking became longer while the page was open."""
    press_pay(client, mine)
    Reservation.objects.filter(pk=mine.pk).update(deposit_amount=20)
    press_pay(client, mine)
    amounts = [(each["amount_total"], each["status"]) for each in stripe.sessions.values()]
    assert amounts == [(1000, "expired"), (2000, "open")]


def test_a_transfer_under_way_is_not_paid_again(
    client: Client, stripe: StripeServer, mine: Reservation
) -> None:
    press_pay(client, mine)
    stripe.pay(stripe.session, status="processing")
    assert "Your payment of €10.00 is being processed." in come_back(client, stripe)
    press_pay(client, mine)
    assert len(stripe.sessions) == 1
    assert "A payment for this reservation is under way." in show(client, mine)


def test_when_stripe_is_away(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    stripe.faults = ["down"]
    press_pay(client, mine)
    assert "Payments cannot be taken at the moment." in show(client, mine)
    press_pay(client, mine)
    stripe.faults = ["down"]
    assert "We don&#x27;t know yet whether you paid." in come_back(client, stripe)


def test_only_their_own_browser_is_led_back(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    press_pay(client, mine)
    stripe.asked.clear()
    stranger = Client().get(urlsplit(stripe.session["success_url"]).path)
    assert (stranger.status_code, stranger.headers["Location"]) == (302, reverse("find-my-booking"))
    assert stripe.asked == []
    wrong = client.post(reverse("reservation-pay", args=[mine.pk, "0" * 32]))
    assert wrong.status_code == 404


def test_what_staff_must_decide_is_not_paid_yet(
    client: Client, stripe: StripeServer, room: Resource, mine: Reservation
) -> None:
    room.rules.approval = Approval.MANUAL
    room.rules.save()
    assert "Pay the deposit" not in show(client, mine)
    press_pay(client, mine)
    assert not stripe.sessions


def test_without_a_provider_there_is_no_button(client: Client, mine: Reservation) -> None:
    assert "is to be paid to the venue" in show(client, mine)
    press_pay(client, mine)
    assert "Payments cannot be taken at the moment." in show(client, mine)
    assert not payments_for(mine).exists()
    assert client.post(reverse("payment-report"), b"{}", "application/json").status_code == 404
