"""A customer pays the deposit on the provider's page, comes back, and gets it back."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from common.clock import now
from notifications.tests.helpers import send_all
from payments.tests.stripe_server import StripeServer, listening, stripe
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.links import token_for
from reservations.models import Reservation
from reservations.services import cancel_reservation, expire_unpaid, payment_deadline
from resources.enums import Approval
from resources.models import Resource
from storefront.tests.paying import come_back, mine, press_pay, room, send_report, show, status_of
from tests.factories import at, book, hold, make_user, payments_for

pytestmark = [pytest.mark.django_db, pytest.mark.once]
__all__ = ["listening", "mine", "room", "stripe"]


def read_facts(page: str) -> dict[str, str]:
    """Of the money."""
    facts = dict(re.findall(r"<dt>([^<]*)</dt>\s*<dd>([^<]*)</dd>", page))
    return {name: amount for name, amount in facts.items() if name.startswith(("Due", "Paid", "Returned"))}


def test_paid_confirmed_and_returned(client: Client, stripe: StripeServer, mine: Reservation) -> None:
    assert read_facts(show(client, mine)) == {"Due now": "€10.00", "Due at the venue": "€15.00"}

    there = press_pay(client, mine)
    assert (there.status_code, there.headers["Location"]) == (303, stripe.session["url"])
    assert stripe.session["title"] == f"Deposit for booking {mine.code}, {mine.venue.name}"
    assert token_for(mine) not in stripe.session["success_url"]  # the link is a secret
    page = come_back(client, stripe)
    assert "You haven&#x27;t paid yet." in page
    assert "Already paid?" not in page
    assert press_pay(client, mine).headers["Location"] == stripe.session["url"]

    stripe.pay(stripe.session)
    assert "Thank you, your payment has arrived." in come_back(client, stripe)
    assert (status_of(mine), stripe.balance) == (Status.CONFIRMED, 1000)
    assert read_facts(show(client, mine)) == {"Paid": "€10.00", "Due at the venue": "€15.00"}
    again = press_pay(client, mine)
    assert (again.status_code, len(stripe.sessions)) == (302, 1)
    assert "Nothing is due right now." in show(client, mine)


def test_a_report_confirms_and_cancelling_returns(
    client: Client,
    stripe: StripeServer,
    mine: Reservation,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    press_pay(client, mine)
    stripe.pay(stripe.session)
    assert [send_report(stripe), send_report(stripe)] == [200, 200]
    assert (status_of(mine), payments_for(mine).count()) == (Status.CONFIRMED, 1)

    with django_capture_on_commit_callbacks(execute=True):
        cancel_reservation(reservation_id=mine.pk, actor=Actor())
    assert stripe.balance == 0
    assert list(payments_for(mine).values_list("kind", "status")) == [
        ("charge", "succeeded"),
        ("refund", "succeeded"),
    ]


@pytest.mark.parametrize("order", ["report first", "return first"])
def test_it_does_not_matter_who_tells_first(
    client: Client, stripe: StripeServer, mine: Reservation, order: str
) -> None:
    press_pay(client, mine)
    stripe.pay(stripe.session)
    if order == "report first":
        send_report(stripe)
    assert "Thank you, your payment has arrived." in come_back(client, stripe)
    assert send_report(stripe) == 200
    assert (status_of(mine), payments_for(mine).count()) == (Status.CONFIRMED, 1)
    assert mine.events.filter(kind="confirmed").count() == 1


def test_whoever_left_the_page_is_told_what_holds(
    client: Client, stripe: StripeServer, mine: Reservation
) -> None:
    press_pay(client, mine)
    page = show(client, mine)
    for sentence in ("Pay the deposit of €10.00", "We're holding this time", "You won't be charged twice."):
        assert sentence in page

    # They have paid, closed the page, and press the button once more.
    stripe.pay(stripe.session)
    press_pay(client, mine)
    page = show(client, mine)
    assert (status_of(mine), len(stripe.sessions)) == (Status.CONFIRMED, 1)
    assert "Thank you, your payment has arrived." in page
    assert "Nothing is due" not in page


def test_a_time_is_kept_while_it_is_being_paid(
    client: Client, stripe: StripeServer, mine: Reservation
) -> None:
    late = now() + timedelta(minutes=31)
    press_pay(client, mine)
    assert expire_unpaid(now=late) == 0
    mine.refresh_from_db()
    until = payment_deadline(mine)
    assert until is not None
    assert until > late  # as long as the page is open

    stripe.session["status"] = "expired"
    page = come_back(client, stripe)
    assert "Your last payment wasn't completed." in page
    assert "Pay €10.00" in page
    assert expire_unpaid(now=late) == 1


def test_a_transfer_under_way_is_not_paid_again(
    client: Client, stripe: StripeServer, mine: Reservation
) -> None:
    press_pay(client, mine)
    stripe.pay(stripe.session, status="processing")
    page = come_back(client, stripe)
    assert "Your payment of €10.00 is being processed." in page
    assert read_facts(page) == {"Due at the venue": "€15.00"}
    press_pay(client, mine)
    assert len(stripe.sessions) == 1
    assert "A payment for this booking is in progress." in show(client, mine)


@pytest.mark.parametrize("fault", ["down", "lost"])
def test_when_stripe_is_away(client: Client, stripe: StripeServer, mine: Reservation, fault: str) -> None:
    stripe.faults = [fault]
    press_pay(client, mine)
    assert "We can&#x27;t take payments right now." in show(client, mine)
    assert press_pay(client, mine).headers["Location"] == stripe.session["url"]
    stripe.faults = [fault]
    stripe.pay(stripe.session)
    assert "We don&#x27;t know yet whether you paid." in come_back(client, stripe)
    come_back(client, stripe)
    assert (status_of(mine), len(stripe.sessions)) == (Status.CONFIRMED, 1)


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
    page = show(client, mine)
    assert "We've sent your request." in page
    assert "deposit" not in page
    press_pay(client, mine)
    assert not stripe.sessions


def test_lists_say_that_payment_is_awaited(client: Client, stripe: StripeServer, room: Resource) -> None:
    person = make_user()
    client.force_login(person)
    book(room, at(7, 12), customer=Customer.from_user(person))
    assert "Awaiting payment" in client.get(reverse("my-reservations")).content.decode()


def read_before_booking(client: Client, room: Resource) -> str:
    held = hold(room, at(8))
    details = client.get(reverse("reservation-details", args=[held.pk, token_for(held)]))
    return details.content.decode() + client.get(reverse("resource-day", args=[room.uuid])).content.decode()


def test_whoever_books_knows_where_the_deposit_is_paid(
    client: Client, stripe: StripeServer, room: Resource, mailoutbox: list[Any]
) -> None:
    page = read_before_booking(client, room)
    assert "Deposit, paid online" in page
    assert "40% deposit, paid online" in page
    book(room, at(7, 12))
    send_all()
    assert "Pay the deposit of €10.00 by " in mailoutbox[-1].body


def test_without_a_provider_it_is_paid_at_the_venue(
    client: Client, room: Resource, mine: Reservation, mailoutbox: list[Any]
) -> None:
    page = read_before_booking(client, room)
    assert "Pay it at the venue to confirm your booking" in page
    assert "40% deposit, paid at the venue" in page
    send_all()
    assert "Pay the venue a deposit of €10.00" in mailoutbox[-1].body

    assert "Pay the venue a deposit" in show(client, mine)
    press_pay(client, mine)
    assert "You can&#x27;t pay this online. Pay at the venue." in show(client, mine)
    assert not payments_for(mine).exists()
    assert expire_unpaid(now=now() + timedelta(days=1)) == 0
    assert client.post(reverse("payment-report"), b"{}", "application/json").status_code == 404
