"""Money that comes late, for another amount, or goes back: none of it is lost, and people are told."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from notifications.models import Message
from notifications.tests.helpers import send_all
from payments.tests.stripe_server import StripeServer, listening, stripe
from reservations.domain.values import Actor
from reservations.enums import Source, Status
from reservations.models import Reservation
from reservations.selectors import payment_summary
from reservations.services import (
    ReservationChanges,
    cancel_reservation,
    change_reservation,
    decline_reservation,
    record_payment,
    refund_payment,
)
from resources.models import Resource
from storefront.tests.paying import come_back, mine, press_pay, room, show, status_of
from tests.factories import at, book, make_policy, make_resource, make_rules, make_venue, open_always

pytestmark = pytest.mark.django_db
__all__ = ["listening", "mine", "room", "stripe"]
STAFF = Actor(source=Source.STAFF)


def cancel(reservation: Reservation) -> None:
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())


def decline(reservation: Reservation) -> None:
    decline_reservation(reservation_id=reservation.pk, actor=STAFF)


def expire(reservation: Reservation) -> None:
    Reservation.objects.filter(pk=reservation.pk).update(status=Status.EXPIRED)


def change(reservation: Reservation, minutes: int) -> None:
    changes = ReservationChanges(end=reservation.starts_at + timedelta(minutes=minutes))
    change_reservation(reservation_id=reservation.pk, changes=changes, actor=Actor())


def summarize(reservation: Reservation) -> tuple[Any, ...]:
    """Paid, due and credit."""
    summary = payment_summary(Reservation.objects.select_related("bill").get(pk=reservation.pk))
    return summary.paid, summary.due, summary.credit


@pytest.mark.parametrize(
    ("end", "status"),
    [(cancel, Status.CANCELLED), (decline, Status.DECLINED), (expire, Status.EXPIRED)],
)
def test_paid_after_it_ended_comes_back_and_is_told(
    client: Client,
    stripe: StripeServer,
    mine: Reservation,
    end: Callable[[Reservation], None],
    status: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    press_pay(client, mine)
    stripe.faults = ["down"] * 2  # so that the page cannot be closed in time
    with django_capture_on_commit_callbacks(execute=True):
        end(mine)
    stripe.faults = []
    stripe.pay(stripe.session)
    with django_capture_on_commit_callbacks(execute=True):
        page = come_back(client, stripe)

    assert "Your booking had already ended. We&#x27;ll refund your payment, minus any fee." in page
    assert (status_of(mine), stripe.balance) == (status, 0)
    told = Message.objects.filter(recipient=mine.customer_email).order_by("created_at", "pk")
    assert [each.kind for each in told][-2:] == ["payment", "refund"]


def test_the_message_says_that_it_had_ended(
    client: Client, stripe: StripeServer, mine: Reservation, mailoutbox: list[Any]
) -> None:
    press_pay(client, mine)
    expire(mine)
    stripe.pay(stripe.session)
    come_back(client, stripe)
    send_all()
    (receipt,) = [mail for mail in mailoutbox if mail.subject == "Payment received: €10.00"]
    assert "Your booking had already ended. We'll refund this, minus any fee." in receipt.body


@pytest.mark.parametrize(("minutes", "amount"), [(120, 2000), (30, 500)], ids=["dearer", "cheaper"])
def test_a_page_for_another_amount_is_closed(
    client: Client,
    stripe: StripeServer,
    mine: Reservation,
    minutes: int,
    amount: int,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    press_pay(client, mine)
    with django_capture_on_commit_callbacks(execute=True):
        change(mine, minutes)
    assert stripe.session["status"] == "expired"

    press_pay(client, mine)
    stripe.pay(stripe.session)
    come_back(client, stripe)
    assert (status_of(mine), stripe.session["amount_total"]) == (Status.CONFIRMED, amount)


@pytest.mark.parametrize(
    ("minutes", "status", "money"),
    [(120, Status.PENDING, (10, 40, 0)), (30, Status.CONFIRMED, (10, Decimal("2.50"), 0))],
    ids=["dearer", "cheaper"],
)
def test_what_is_paid_on_the_old_page_counts(
    client: Client,
    stripe: StripeServer,
    mine: Reservation,
    minutes: int,
    status: str,
    money: object,
    mailoutbox: list[Any],
) -> None:
    """Nobody could close it: the change is not committed in this test before they pay."""
    press_pay(client, mine)
    change(mine, minutes)
    stripe.pay(stripe.session)
    come_back(client, stripe)

    assert (status_of(mine), summarize(mine)) == (status, money)
    if status == Status.PENDING:
        send_all()
        (changed,) = [mail.body for mail in mailoutbox if mail.subject.startswith("Changed: ")]
        assert "(awaiting payment)" in changed
        assert "Pay the rest of the deposit by " in changed
        assert "Pay €10.00" in show(client, mine)
        press_pay(client, mine)
        assert (stripe.session["amount_total"], stripe.session["status"]) == (1000, "open")


@pytest.mark.parametrize(("amount", "status"), [(10, Status.CONFIRMED), (4, Status.PENDING)])
def test_a_deposit_taken_at_the_venue_closes_the_page(
    client: Client,
    stripe: StripeServer,
    mine: Reservation,
    amount: int,
    status: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    press_pay(client, mine)
    with django_capture_on_commit_callbacks(execute=True):
        record_payment(reservation_id=mine.pk, amount=Decimal(amount), actor=STAFF)
    assert (status_of(mine), stripe.session["status"]) == (status, "expired")
    assert not stripe.intents


@pytest.mark.parametrize(
    ("give_back", "left"),
    [
        (lambda mine: cancel_reservation(reservation_id=mine.pk, actor=Actor()), 500),
        (lambda mine: refund_payment(reservation_id=mine.pk, amount=Decimal("3.30"), actor=STAFF), 670),
    ],
    ids=["less the fee", "by staff"],
)
def test_a_part_goes_back(
    client: Client,
    stripe: StripeServer,
    room: Resource,
    give_back: Callable[[Reservation], object],
    left: int,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    room.cancellation_policy = make_policy(room.venue, (24 * 30, "100", "0"), (24, "100", "5"))
    room.save()
    mine = book(room, at(7, 12))
    press_pay(client, mine)
    stripe.pay(stripe.session)
    come_back(client, stripe)
    with django_capture_on_commit_callbacks(execute=True):
        give_back(mine)
    assert (stripe.balance, summarize(mine)[0]) == (left, Decimal(left) / 100)


def test_yen_have_no_decimals(
    client: Client,
    stripe: StripeServer,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    venue = make_venue(currency="JPY", time_zone="Asia/Tokyo", country="JP")
    open_always(venue)
    room = make_resource(venue, rules=make_rules(venue, deposit_percent=33), hourly_rate=Decimal(1501))
    mine = book(room)
    press_pay(client, mine)
    assert (stripe.session["amount_total"], stripe.session["currency"]) == (495, "jpy")
    assert "Pay JP¥495" in show(client, mine)
    stripe.pay(stripe.session)
    come_back(client, stripe)
    assert summarize(mine) == (495, 1006, 0)
    with django_capture_on_commit_callbacks(execute=True):
        cancel(mine)
    assert stripe.balance == 0
