"""Payments, series, and what messages cost a booking."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from common import clock
from common.periodic import run_all_jobs
from notifications.models import Message
from notifications.tests.helpers import kinds_to, send_all
from payments.enums import PaymentStatus
from payments.models import Payment
from payments.providers import PaymentOutcome
from payments.services import send_refund
from payments.tests.fake_provider import FakeProvider
from reservations.domain.values import Actor, ItemRequest
from reservations.messages.names import BookingMessage
from reservations.models import Reservation, ReservationSeries
from reservations.series import book_series, cancel_series
from reservations.series.booking import Pattern
from reservations.series.changing import SeriesScope
from reservations.services import cancel_reservation
from reservations.services.deposits import PAYMENT_WINDOW, expire_unpaid, pay_deposit
from resources.models import Resource
from tests.factories import (
    GUEST,
    at,
    book,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_venue,
    open_always,
)

pytestmark = pytest.mark.django_db
ADA = "ada@example.com"


@pytest.fixture
def provider(settings: Settings) -> type[FakeProvider]:
    settings.PAYMENT_PROVIDER = "payments.tests.fake_provider.FakeProvider"
    FakeProvider.moved.clear()
    return FakeProvider


@pytest.fixture
def room() -> Resource:
    """Wants a deposit; its people want notices."""
    venue = make_venue()
    open_always(venue)
    make_member(venue, email="staff@example.com")
    return make_resource(venue, rules=make_rules(venue, deposit_percent=50))


def test_a_deposit_from_request_to_refund(
    room: Resource, provider: type[FakeProvider], outbox: list[Any]
) -> None:
    reservation = book(room)
    pay_deposit(reservation_id=reservation.pk, token="good", actor=Actor())
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())
    refund = Payment.objects.get(kind="refund")
    for _turn in range(2):
        send_refund(refund.pk)
    assert kinds_to(ADA) == [
        *(BookingMessage.REQUESTED, BookingMessage.PAYMENT, BookingMessage.CONFIRMED),
        *(BookingMessage.CANCELLED, BookingMessage.REFUND),
    ]
    assert kinds_to("staff@example.com") == [BookingMessage.STAFF_BOOKING, BookingMessage.STAFF_CANCELLED]
    send_all()
    bodies = {mail.subject.split(":")[0]: mail.body for mail in outbox if ADA in mail.to[0]}
    assert "Pay the deposit of €12.50 by " in bodies["Your request at " + room.venue.name]
    assert "has received €12.50" in bodies["Payment received"]
    assert "has refunded you €12.50" in bodies["Refund"]


class RefusesRefunds(FakeProvider):
    def refund(self, amount: Decimal, currency: str, *, reference: str, key: str) -> PaymentOutcome:
        return PaymentOutcome(False, f"refused-{key}")


def test_staff_hear_of_refunds_that_fail(
    room: Resource, provider: type[FakeProvider], settings: Settings
) -> None:
    reservation = book(room)
    pay_deposit(reservation_id=reservation.pk, token="good", actor=Actor())
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())
    settings.PAYMENT_PROVIDER = f"{__name__}.RefusesRefunds"
    refund = Payment.objects.get(kind="refund")
    send_refund(refund.pk)
    refund.refresh_from_db()
    assert refund.status == PaymentStatus.FAILED
    assert kinds_to("staff@example.com")[-1] == BookingMessage.STAFF_REFUND_FAILED
    assert BookingMessage.REFUND not in kinds_to(ADA)


def test_a_request_that_was_never_paid(
    room: Resource, provider: type[FakeProvider], outbox: list[Any]
) -> None:
    book(room)
    expire_unpaid(now=clock.now() + PAYMENT_WINDOW + timedelta(minutes=1))
    send_all()
    assert kinds_to(ADA) == [BookingMessage.REQUESTED, BookingMessage.DECLINED]
    assert "Reason: The deposit wasn't paid in time." in outbox[-1].body


def series(room: Resource) -> ReservationSeries:
    first = at(7, 10)
    pattern = Pattern(
        venue_id=room.venue_id,
        items=(ItemRequest(room.pk),),
        first_on=first.date(),
        at=first.time(),
        duration=timedelta(hours=1),
        rule="FREQ=DAILY;COUNT=3",
    )
    return book_series(pattern=pattern, customer=GUEST, actor=Actor())[0]


def test_a_series_is_one_message_each_time(outbox: list[Any]) -> None:
    venue = make_venue()
    open_always(venue)
    make_member(venue, email="staff@example.com")
    room = make_resource(venue, cancellation_policy=make_policy(venue, (0, "50", "0")))
    made = series(room)
    send_all()
    cancel_series(series_id=made.pk, anchor=None, scope=SeriesScope.ALL, actor=Actor())
    send_all()
    assert kinds_to(ADA) == [BookingMessage.CONFIRMED, BookingMessage.CANCELLED]
    assert kinds_to("staff@example.com") == [BookingMessage.STAFF_BOOKING, BookingMessage.STAFF_CANCELLED]
    confirmed, cancelled = (mail.body for mail in outbox if ADA in mail.to[0])
    for day in range(7, 10):
        assert confirmed.count(f"{at(day):%A}") >= 1
        assert cancelled.count(f"{at(day):%A}") >= 1
    assert "Price: €75.00" in confirmed
    assert "Cancellation fee: €37.50" in cancelled


def test_one_date_of_a_series_is_told_alone(outbox: list[Any]) -> None:
    series(make_resource())
    one = Reservation.objects.order_by("starts_at")[1]
    cancel_reservation(reservation_id=one.pk, actor=Actor())
    send_all()
    assert "All dates" in outbox[0].body
    assert "All dates" not in outbox[1].body


@pytest.mark.parametrize("members", [0, 1, 5])
def test_a_booking_pays_two_queries_for_its_messages(members: int) -> None:
    room = make_resource()
    room.venue.email = "venue@example.com"
    room.venue.save()
    for _each in range(members):
        make_member(room.venue)
    with CaptureQueriesContext(connection) as queries:
        book(room)
    ours = [q["sql"] for q in queries if "notifications_message" in q["sql"] or "wants_notices" in q["sql"]]
    assert len(ours) == 2
    assert Message.objects.count() == 1 + max(members, 1)


def test_the_periodic_job_sends_what_nobody_sent(outbox: list[Any]) -> None:
    book(make_resource())
    assert run_all_jobs(clock.now()).done["notifications.deliver"] == 1
    assert len(outbox) == 1
    assert run_all_jobs(clock.now()).done["notifications.deliver"] == 0
