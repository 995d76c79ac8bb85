"""Fixtures of the ledger's tests: a provider that moves money, and a bill for something no app knows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest
from pytest_django import Settings

from common.clock import now
from common.subjects import Subject
from payments.models import Bill, Payment
from payments.providers import PaymentOutcome
from payments.services import ask_for_charge, begin_charge, open_bill, record_charge, settle_payment
from payments.signals import payments_recorded
from payments.subjects import charge_settlers
from payments.tests.fake_provider import FakeProvider
from tests.factories import make_venue

TOTAL = Decimal(25)
PARCEL = Subject("parcel", "7")


def settle_parcel(payment_id: UUID, outcome: PaymentOutcome, *, now: datetime) -> None:
    settle_payment(payment_id, outcome)


@pytest.fixture(autouse=True)
def parcels() -> Iterator[None]:
    charge_settlers.register(PARCEL.type, settle_parcel)
    yield
    charge_settlers.unregister(PARCEL.type)


@pytest.fixture(autouse=True)
def provider(settings: Settings) -> Iterator[type[FakeProvider]]:
    settings.PAYMENT_PROVIDER = "payments.tests.fake_provider.FakeProvider"
    FakeProvider.moved, FakeProvider.is_down = {}, False
    yield FakeProvider
    FakeProvider.is_down = False


@pytest.fixture
def bill() -> Bill:
    return make_bill()


@pytest.fixture
def told() -> Iterator[list[str]]:
    """What the signal said, in order."""
    heard: list[str] = []

    def listen(*, payments: Sequence[Payment], **kwargs: object) -> None:
        heard.extend(f"{each.kind} {each.amount:.2f} {each.status}" for each in payments)

    payments_recorded.connect(listen)
    yield heard
    payments_recorded.disconnect(listen)


def make_bill(currency: str = "EUR") -> Bill:
    venue = make_venue(currency=currency)
    return open_bill(venue_id=venue.pk, subject=PARCEL, currency=currency, now=now())


def take_cash(bill: Bill, amount: str | int, total: Decimal = TOTAL, reference: str = "") -> Payment:
    return record_charge(
        bill, Decimal(amount), total=total, actor=None, now=now(), reference=reference, note="till"
    )


def begin(bill: Bill, total: Decimal = TOTAL) -> Payment:
    return begin_charge(bill, total=total, provider="fake", actor=None, now=now())


def pay_online(bill: Bill, total: Decimal = TOTAL) -> Payment:
    charge = begin(bill, total)
    settle_payment(charge.pk, ask_for_charge(charge, token="good"))
    charge.refresh_from_db()
    return charge
