"""Money comes in: recorded by staff or taken by a provider, never more than is due and never twice."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from common.clock import now
from common.errors import InvalidInput
from payments.enums import PaymentStatus
from payments.exceptions import NothingDue, PaymentUnavailable, PaymentUnderWay
from payments.models import Bill, Payment
from payments.providers import PaymentOutcome
from payments.selectors import UNDER_WAY, net_paid
from payments.services import (
    ask_for_charge,
    look_up_charges,
    open_bill,
    settle_payment,
    settle_payments,
)
from payments.tests.billing import (
    PARCEL,
    begin,
    bill,
    make_bill,
    parcels,
    pay_online,
    provider,
    take_cash,
    told,
)
from payments.tests.fake_provider import FakeProvider
from tests.racing import race

pytestmark = pytest.mark.django_db
__all__ = ["bill", "parcels", "provider", "told"]


def balance_of(bill: Bill) -> Any:
    return net_paid(bill.payments.all())


def test_staff_write_down_what_they_took(bill: Bill, told: list[str]) -> None:
    taken = take_cash(bill, "12.50", reference="till 1")

    assert (taken.venue_id, taken.currency, taken.provider) == (bill.venue_id, "EUR", "manual")
    assert (balance_of(bill), told) == (Decimal("12.50"), ["charge 12.50 succeeded"])


@pytest.mark.once
@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "25.01"])
def test_odd_amounts_are_refused(bill: Bill, amount: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        take_cash(bill, amount)
    assert list(refused.value.fields) == ["amount"]
    assert not bill.payments.exists()


def test_coins_are_those_of_the_currency() -> None:
    yen = make_bill("JPY")
    with pytest.raises(InvalidInput):
        take_cash(yen, "10.5")
    assert take_cash(yen, "10").currency == "JPY"


def test_only_what_is_missing_may_come(bill: Bill) -> None:
    take_cash(bill, 20)
    with pytest.raises(InvalidInput):
        take_cash(bill, 6)
    take_cash(bill, 5)
    assert balance_of(bill) == 25


def test_a_reference_is_known_once_in_a_venue(bill: Bill) -> None:
    take_cash(bill, 5, reference="receipt 7")
    with pytest.raises(InvalidInput) as refused:
        take_cash(bill, 5, reference="receipt 7")
    assert list(refused.value.fields) == ["reference"]
    take_cash(make_bill(), 5, reference="receipt 7")


def test_a_subject_has_one_bill(bill: Bill) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        open_bill(venue_id=bill.venue_id, subject=PARCEL, currency="EUR", now=now())


def test_a_provider_takes_what_is_missing(bill: Bill, told: list[str]) -> None:
    take_cash(bill, 10)
    taken = pay_online(bill)

    assert taken.amount == 15
    assert (taken.status, taken.provider_reference) == ("succeeded", f"charge-{taken.pk}")
    assert told == ["charge 10.00 succeeded", "charge 15.00 succeeded"]
    assert list(FakeProvider.moved.values()) == [15]
    with pytest.raises(NothingDue):
        begin(bill)


def test_a_refused_card_leaves_the_bill_open(bill: Bill, told: list[str]) -> None:
    charge = begin(bill)
    settle_payment(charge.pk, ask_for_charge(charge, token="bad"))

    assert (balance_of(bill), told) == (0, ["charge 25.00 failed"])
    assert pay_online(bill).status == PaymentStatus.SUCCEEDED


def test_two_charges_are_never_under_way(bill: Bill) -> None:
    begin(bill)
    with pytest.raises(PaymentUnderWay):
        begin(bill)


def test_an_answer_that_was_lost_is_looked_up(bill: Bill, told: list[str]) -> None:
    charge = begin(bill)
    with pytest.raises(PaymentUnavailable):
        ask_for_charge(charge, token="lost")

    assert settle_payments(now=now()) == 0  # too early to ask
    FakeProvider.is_down = True
    assert settle_payments(now=now() + UNDER_WAY) == 0
    assert told == []
    FakeProvider.is_down = False
    assert settle_payments(now=now() + 2 * UNDER_WAY) == 1

    charge.refresh_from_db()
    assert (charge.status, charge.provider_reference) == ("succeeded", f"found-{charge.pk}")
    assert told == ["charge 25.00 succeeded"]


def test_a_charge_that_never_arrived_has_failed(bill: Bill) -> None:
    begin(bill)
    look_up_charges(PARCEL, now=now() + UNDER_WAY)
    assert bill.payments.get().status == PaymentStatus.FAILED


def test_only_the_subjects_own_charges_are_looked_up(bill: Bill) -> None:
    begin(bill)
    look_up_charges(PARCEL._replace(id="8"), now=now() + UNDER_WAY)
    assert bill.payments.get().status == PaymentStatus.PENDING


def test_a_late_answer_changes_nothing(bill: Bill, told: list[str]) -> None:
    charge = begin(bill)
    settle_payments(now=now() + UNDER_WAY + timedelta(seconds=1))  # it was never received: failed
    assert settle_payment(charge.pk, PaymentOutcome(succeeded=True, reference="late")) is None

    assert (balance_of(bill), told) == (0, ["charge 25.00 failed"])


@pytest.mark.django_db(transaction=True)
def test_answer_and_look_ups_at_once_settle_once(bill: Bill, told: list[str]) -> None:
    charge = begin(bill)

    results = race(8, lambda number: settle_payment(charge.pk, PaymentOutcome(True, f"answer {number}")))

    winners = [each for each in results if isinstance(each, Payment)]
    assert (len(winners), results.count(None)) == (1, 7)
    charge.refresh_from_db()
    assert charge.provider_reference == winners[0].provider_reference
    assert told == ["charge 25.00 succeeded"]


@pytest.mark.django_db(transaction=True)
def test_staff_recording_at_once_take_no_more_than_is_due(bill: Bill) -> None:
    results = race(8, lambda number: take_cash(bill, 10, reference=f"till {number}"))

    assert sum(isinstance(each, Payment) for each in results) == 2
    assert sum(isinstance(each, InvalidInput) for each in results) == 6
    assert balance_of(bill) == 20


@pytest.mark.django_db(transaction=True)
def test_customers_paying_at_once_begin_one_charge(bill: Bill) -> None:
    results = race(8, lambda number: begin(bill))

    assert sum(isinstance(each, Payment) for each in results) == 1
    assert sum(isinstance(each, PaymentUnderWay) for each in results) == 7
