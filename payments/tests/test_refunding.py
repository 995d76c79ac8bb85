"""Money goes back the way it came, once."""

from decimal import Decimal
from typing import Any

import pytest

from common.clock import now
from payments.enums import PaymentKind
from payments.models import Bill, Payment
from payments.providers import PaymentOutcome
from payments.selectors import UNDER_WAY, net_paid
from payments.services import refund_charges, send_refund, settle_payment, settle_payments
from payments.tests.billing import bill, parcels, pay_online, provider, take_cash, told
from payments.tests.fake_provider import FakeProvider
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["bill", "parcels", "provider", "told"]


def refund(bill: Bill, keep: str = "0") -> list[Payment]:
    return refund_charges({bill: Decimal(keep)}, actor=None, now=now())


def refunds_of(bill: Bill) -> list[tuple[Any, ...]]:
    rows = bill.payments.filter(kind=PaymentKind.REFUND)
    return [(row.provider, row.amount, row.status) for row in rows]


def test_the_newest_charge_goes_back_first(bill: Bill, told: list[str]) -> None:
    pay_online(bill, Decimal(10))
    take_cash(bill, 15)

    refund(bill, keep="4")

    assert set(refunds_of(bill)) == {("manual", 15, "succeeded"), ("fake", 6, "succeeded")}
    assert net_paid(bill.payments.all()) == 4
    assert sum(FakeProvider.moved.values()) == 4
    assert told[2:] == ["refund 15.00 succeeded", "refund 6.00 succeeded"]


def test_what_is_kept_is_not_returned(bill: Bill) -> None:
    take_cash(bill, 15)
    assert refund(bill, keep="15") == refund(bill, keep="20") == []


def test_a_refund_names_its_charge(bill: Bill) -> None:
    charge = pay_online(bill)
    refund(bill)
    assert bill.payments.get(kind=PaymentKind.REFUND).of_reference == charge.provider_reference


def test_an_unanswered_refund_is_sent_again_and_moves_money_once(bill: Bill, told: list[str]) -> None:
    pay_online(bill)
    FakeProvider.is_down = True
    refund(bill)
    assert refund(bill) == []  # it is on its way
    assert refunds_of(bill) == [("fake", 25, "pending")]
    FakeProvider.is_down = False

    assert settle_payments(now=now() + UNDER_WAY) == 1
    send_refund(bill.payments.get(kind=PaymentKind.REFUND).pk)

    assert sum(FakeProvider.moved.values()) == 0
    assert told == ["charge 25.00 succeeded", "refund 25.00 succeeded"]


def test_a_refused_refund_can_be_made_again(bill: Bill, told: list[str]) -> None:
    pay_online(bill)
    FakeProvider.is_down = True
    [refused] = refund(bill)
    settle_payment(refused.pk, PaymentOutcome(succeeded=False))
    FakeProvider.is_down = False
    refund(bill)

    assert refunds_of(bill) == [("fake", 25, "failed"), ("fake", 25, "succeeded")]
    assert told[1:] == ["refund 25.00 failed", "refund 25.00 succeeded"]


@pytest.mark.parametrize("is_online", [False, True])
def test_whoever_refunds_at_once_returns_it_once(bill: Bill, is_online: bool) -> None:
    if is_online:
        pay_online(bill)
    else:
        take_cash(bill, 25)

    results = race(8, lambda number: refund(bill))

    assert sorted(len(each) for each in results if isinstance(each, list)) == [0] * 7 + [1]
    assert net_paid(bill.payments.all()) == 0
    assert [row[1:] for row in refunds_of(bill)] == [(25, "succeeded")]
