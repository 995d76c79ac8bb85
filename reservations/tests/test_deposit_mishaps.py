"""Money and time when paying goes wrong: nobody pays twice, nobody loses both."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from common.clock import now
from common.errors import InvalidInput
from payments.enums import PaymentStatus
from payments.models import Bill, Payment
from payments.providers import PaymentOutcome
from payments.selectors import UNDER_WAY
from payments.services import settle_payments
from payments.signals import payments_recorded
from payments.tests.fake_provider import FakeProvider
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.models import Reservation
from reservations.services import cancel_reservation, confirm_hold, expire_unpaid, record_payment
from reservations.services.deposits import begin_deposit, pay_deposit, settle_deposit
from reservations.tests.api_helpers import post
from reservations.tests.depositing import customer, mine, provider, room
from resources.enums import Approval
from resources.models import Resource
from tests.factories import at, book, hold, make_member, make_resource, make_rules, payments_for
from tests.racing import overtaken, race

pytestmark = pytest.mark.django_db(transaction=True)
LATER = timedelta(minutes=31)


__all__ = ["customer", "mine", "provider", "room"]


def lengthen(client: Client, mine: Reservation) -> None:
    """Paid for, then made longer: more of the deposit is due."""
    pay_deposit(reservation_id=mine.pk, token="good", actor=Actor())
    address = f"/api/reservations/{mine.pk}"
    answer = client.patch(address, {"duration": 120}, content_type="application/json")
    assert answer.json()["status"] == "pending"


def test_what_was_paid_comes_back_with_the_time(client: Client, mine: Reservation) -> None:
    lengthen(client, mine)
    assert expire_unpaid(now=now() + LATER) == 1
    assert payments_for(mine).get(kind="refund").amount == 10
    assert sum(FakeProvider.moved.values()) == 0


def test_a_moved_booking_has_its_whole_time_to_pay(client: Client, mine: Reservation) -> None:
    Reservation.objects.filter(pk=mine.pk).update(created_at=now() - timedelta(days=3))
    lengthen(client, mine)
    assert expire_unpaid(now=now()) == 0
    mine.refresh_from_db()
    assert mine.status == Status.PENDING


def test_a_confirmed_hold_has_its_whole_time_to_pay(room: Resource, customer: User) -> None:
    held = hold(room, now=now() - timedelta(minutes=29))
    mine = confirm_hold(reservation_id=held.pk, customer=Customer.from_user(customer), actor=Actor(customer))
    assert mine.status == Status.PENDING
    assert expire_unpaid(now=now() + timedelta(minutes=5)) == 0
    assert expire_unpaid(now=now() + LATER) == 1


def test_requests_that_wait_for_staff_hold_up_nobody(room: Resource, mine: Reservation) -> None:
    asking = make_rules(room.venue, approval=Approval.MANUAL, deposit_percent=40)
    other = make_resource(room.venue, rules=asking)
    Reservation.objects.filter(pk=book(other).pk).update(created_at=now() - timedelta(days=1))
    assert expire_unpaid(now=now() + LATER, limit=1) == 1
    mine.refresh_from_db()
    assert mine.status == Status.EXPIRED


def test_a_lost_answer_is_looked_up_before_anything_is_charged_again(
    client: Client, mine: Reservation
) -> None:
    address, body = f"/api/reservations/{mine.pk}/confirm", {"payment": {"token": "lost"}}
    assert post(client, address, body).status_code == 503
    again = post(client, address, {"payment": {"token": "good"}})
    assert (again.status_code, again.json()["code"]) == (409, "payment_under_way")
    Payment.objects.update(created_at=now() - UNDER_WAY)

    late = post(client, address, {"payment": {"token": "good"}})

    assert (late.status_code, late.json()["code"]) == (400, "nothing_due")
    mine.refresh_from_db()
    assert mine.status == Status.CONFIRMED
    assert list(FakeProvider.moved.values()) == [10]


class LateProvider(FakeProvider):
    """Answers so late that the charge has been looked up meanwhile."""

    def charge(self, amount: Decimal, currency: str, *, token: str, key: str) -> PaymentOutcome:
        outcome = super().charge(amount, currency, token=token, key=key)
        assert settle_payments(now=now() + UNDER_WAY) == 1
        return outcome


def test_a_late_answer_changes_nothing_that_a_look_up_has_settled(
    settings: Settings, client: Client, mine: Reservation
) -> None:
    settings.PAYMENT_PROVIDER = f"{__name__}.LateProvider"
    answer = post(client, f"/api/reservations/{mine.pk}/confirm", {"payment": {"token": "good"}})

    assert answer.json()["status"] == "confirmed"
    assert payments_for(mine).get().provider_reference.startswith("found-")
    assert list(FakeProvider.moved.values()) == [10]


def test_a_look_up_changes_nothing_that_an_answer_has_settled(mine: Reservation) -> None:
    """The provider knew of no charge when it was asked, and the answer has come since."""
    charge = begin_deposit(mine.pk, "fake", Actor(), now() - UNDER_WAY)
    told: list[Payment] = []

    def listen(*, payments: Sequence[Payment], **_: object) -> None:
        told.extend(payments)

    payments_recorded.connect(listen)
    try:
        overtaken(
            lambda: settle_payments(now=now()),
            by=lambda: settle_deposit(charge.pk, PaymentOutcome(True, "answer"), now=now()),
            after="payments_payment",
        )
    finally:
        payments_recorded.disconnect(listen)

    charge.refresh_from_db()
    assert (charge.status, charge.provider_reference) == (PaymentStatus.SUCCEEDED, "answer")
    mine.refresh_from_db()
    assert mine.status == Status.CONFIRMED
    assert [each.pk for each in told] == [charge.pk]


def test_nothing_is_refunded_twice(client: Client, mine: Reservation) -> None:
    """Cancelled while a second charge is under way and the provider does not answer."""
    lengthen(client, mine)
    second = begin_deposit(mine.pk, "fake", Actor(), now())
    outcome = FakeProvider().charge(second.amount, "EUR", token="good", key=str(second.pk))
    FakeProvider.is_down = True
    cancel_reservation(reservation_id=mine.pk, actor=Actor())
    settle_deposit(second.pk, outcome, now=now())
    assert sorted(payments_for(mine).filter(kind="refund").values_list("amount", flat=True)) == [10, 10]


def test_of_a_cancelled_booking_only_the_fee_is_taken(room: Resource, mine: Reservation) -> None:
    cancel_reservation(reservation_id=mine.pk, actor=Actor())
    staff = Client()
    staff.force_login(make_member(room.venue))
    answer = post(staff, f"/api/reservations/{mine.pk}/payments", {"amount": "5.00"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["amount"])


def test_staff_who_record_the_first_payment_at_once_share_one_bill(room: Resource) -> None:
    booked = book(room, at(8))

    results = race(
        4, lambda number: record_payment(reservation_id=booked.pk, amount=Decimal(10), actor=Actor())
    )

    assert sum(isinstance(each, Payment) for each in results) == 2
    assert sum(isinstance(each, InvalidInput) for each in results) == 2
    assert Bill.objects.count() == 1


def test_one_reference_pays_one_reservation(room: Resource, mine: Reservation) -> None:
    several = [mine, *(book(room, at(day)) for day in range(8, 15))]

    def pay(number: int) -> Payment:
        return record_payment(
            reservation_id=several[number].pk, amount=Decimal(5), actor=Actor(), reference="receipt 7"
        )

    results = race(8, pay)

    assert sum(isinstance(each, Payment) for each in results) == 1
    assert sum(isinstance(each, InvalidInput) for each in results) == 7
