"""Stripe's package against a small Stripe on a real port: money in and back, once, whatever gets lost."""

import logging
import os
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils.module_loading import import_string
from pytest_django import Settings

from common.clock import now
from payments.enums import PaymentStatus
from payments.exceptions import PaymentRefused, PaymentUnavailable
from payments.models import Bill, Payment
from payments.providers import stripe as stripe_provider
from payments.providers.stripe import StripeProvider, count_minor_units
from payments.selectors import UNDER_WAY, returnable_amount
from payments.services import (
    ask_for_charge,
    begin_charge,
    look_up_payment,
    open_checkout,
    refund_charges,
    send_refund,
    settle_payment,
    settle_payments,
)
from payments.tests.billing import TOTAL, bill, make_bill, parcels, told
from payments.tests.stripe_server import SECRET_KEY, StripeServer, listening, report, sign, stripe

pytestmark = pytest.mark.django_db
__all__ = ["bill", "listening", "parcels", "stripe", "told"]
BACK = "http://testserver/back/"


def begin(bill: Bill, *, is_hosted: bool = True) -> Payment:
    return begin_charge(bill, total=TOTAL, provider="stripe", actor=None, now=now(), is_hosted=is_hosted)


def open_page(charge: Payment) -> str:
    charge.refresh_from_db()
    return open_checkout(charge, title="Parcel 7", back_url=BACK).url


def pay_on_page(stripe: StripeServer, bill: Bill) -> Payment:
    charge = begin(bill)
    open_page(charge)
    stripe.pay(stripe.session)
    look_up_payment(charge.pk, now=now())
    charge.refresh_from_db()
    return charge


def status_of(payment: Payment) -> str:
    payment.refresh_from_db()
    return payment.status


def tell(client: Client, body: bytes, signature: str | None = None) -> int:
    signature = sign(body) if signature is None else signature
    address = reverse("payment-report")
    answer = client.post(
        address, body, content_type="application/json", headers={"Stripe-Signature": signature}
    )
    return answer.status_code


@pytest.mark.once
@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.5000", "EUR", 1250),
        ("1250.0000", "JPY", 1250),
        ("1.2340", "KWD", 1234),
        ("5", "UGX", 500),
        ("5", "ISK", 500),
        ("99999999.9900", "USD", 9_999_999_999),
    ],
)
def test_amounts_are_said_in_minor_units(amount: str, currency: str, units: int) -> None:
    assert count_minor_units(Decimal(amount), currency) == units


@pytest.mark.once
@pytest.mark.parametrize(("amount", "currency"), [("0.005", "EUR"), ("0.5", "JPY"), ("0.0005", "KWD")])
def test_parts_of_a_unit_are_not_rounded(amount: str, currency: str) -> None:
    with pytest.raises(PaymentRefused):
        count_minor_units(Decimal(amount), currency)


def test_a_customer_pays_on_the_page_and_gets_it_back(stripe: StripeServer, bill: Bill) -> None:
    charge = begin(bill)
    assert open_page(charge) == open_page(charge) == stripe.session["url"]
    assert (stripe.session["amount_total"], stripe.session["currency"]) == (2500, "eur")
    look_up_payment(charge.pk, now=now())
    assert status_of(charge) == PaymentStatus.PENDING

    stripe.pay(stripe.session)
    look_up_payment(charge.pk, now=now())

    assert (status_of(charge), stripe.balance) == (PaymentStatus.SUCCEEDED, 2500)
    assert charge.provider_reference in stripe.intents
    (refund,) = refund_charges({bill: Decimal(0)}, actor=None, now=now())
    send_refund(refund.pk)
    assert (status_of(refund), stripe.balance) == (PaymentStatus.SUCCEEDED, 0)


@pytest.mark.once
def test_without_decimals(stripe: StripeServer) -> None:
    charge = begin_charge(
        make_bill("JPY"), total=Decimal(2500), provider="stripe", actor=None, now=now(), is_hosted=True
    )
    open_page(charge)
    assert (stripe.session["amount_total"], stripe.session["currency"]) == (2500, "jpy")


def test_a_page_whose_answer_was_lost_is_the_same_again(stripe: StripeServer, bill: Bill) -> None:
    charge = begin(bill)
    stripe.faults = ["lost"]
    with pytest.raises(PaymentUnavailable):
        open_page(charge)

    assert begin(bill).pk == charge.pk
    open_page(charge)

    assert len(stripe.sessions) == 1
    assert status_of(charge) == PaymentStatus.PENDING


def test_a_page_that_nobody_saw_has_failed(stripe: StripeServer, bill: Bill) -> None:
    charge = begin(bill)
    stripe.faults = ["lost"]
    with pytest.raises(PaymentUnavailable):
        open_page(charge)
    look_up_payment(charge.pk, now=now())
    assert status_of(charge) == PaymentStatus.PENDING  # it may still be on its way
    assert settle_payments(now=now() + UNDER_WAY) == 1
    assert status_of(charge) == PaymentStatus.FAILED


def test_an_open_page_is_no_failure_and_is_asked_about_now_and_then(stripe: StripeServer, bill: Bill) -> None:
    charge = begin(bill)
    open_page(charge)
    later = now() + UNDER_WAY
    assert [settle_payments(now=later), settle_payments(now=later + timedelta(minutes=1))] == [1, 0]
    assert status_of(charge) == PaymentStatus.PENDING

    StripeProvider().close_checkout(charge)
    assert settle_payments(now=later + UNDER_WAY) == 1
    assert status_of(charge) == PaymentStatus.FAILED


@pytest.mark.parametrize("succeeds", [True, False])
def test_a_transfer_takes_its_time(stripe: StripeServer, bill: Bill, succeeds: bool) -> None:
    charge = begin(bill)
    open_page(charge)
    stripe.pay(stripe.session, status="processing")
    look_up_payment(charge.pk, now=now())
    assert (status_of(charge), charge.checkout_url) == (PaymentStatus.PENDING, "")

    stripe.settle(stripe.session, succeeds=succeeds)
    look_up_payment(charge.pk, now=now())

    assert status_of(charge) == (PaymentStatus.SUCCEEDED if succeeds else PaymentStatus.FAILED)


@pytest.mark.once
def test_too_little_is_refused(stripe: StripeServer) -> None:
    little = begin_charge(
        make_bill(), total=Decimal("0.20"), provider="stripe", actor=None, now=now(), is_hosted=True
    )
    with pytest.raises(PaymentRefused):
        open_page(little)


def test_tokens_of_the_api_are_charged(stripe: StripeServer, bill: Bill) -> None:
    refused = begin(bill, is_hosted=False)
    settle_payment(refused.pk, ask_for_charge(refused, token="pm_bad"))
    taken = begin(bill, is_hosted=False)
    stripe.faults = ["lost"]
    with pytest.raises(PaymentUnavailable):
        ask_for_charge(taken, token="pm_good")
    # Others of the same account, so that ours is on the second page.
    for _ in range(3):
        stripe._make_intent(100, "eur", {}, "succeeded")

    settle_payments(now=now() + UNDER_WAY)

    assert (status_of(refused), status_of(taken)) == (PaymentStatus.FAILED, PaymentStatus.SUCCEEDED)


def test_a_refund_is_made_once_also_when_its_key_is_forgotten(stripe: StripeServer, bill: Bill) -> None:
    charge = pay_on_page(stripe, bill)
    (refund,) = refund_charges({bill: Decimal(15)}, actor=None, now=now())
    stripe.faults = ["", "lost"]
    with pytest.raises(PaymentUnavailable):
        send_refund(refund.pk)
    stripe.forget_keys()
    for _ in range(3):  # ours is on the second page
        stripe.post_refunds([], {"payment_intent": charge.provider_reference, "amount": "100"})

    assert settle_payments(now=now() + UNDER_WAY) == 1

    assert (status_of(refund), len(stripe.refunds)) == (PaymentStatus.SUCCEEDED, 4)
    assert stripe.balance == 2500 - 1000 - 300


def test_what_stripe_will_not_return_has_failed(stripe: StripeServer, bill: Bill) -> None:
    """Somebody has returned it in Stripe's dashboard."""
    charge = pay_on_page(stripe, bill)
    stripe.post_refunds([], {"payment_intent": charge.provider_reference, "amount": "2500"})
    (refund,) = refund_charges({bill: Decimal(0)}, actor=None, now=now())
    send_refund(refund.pk)
    assert status_of(refund) == PaymentStatus.FAILED


def test_a_refund_that_the_bank_sends_back(
    client: Client, stripe: StripeServer, bill: Bill, told: list[str]
) -> None:
    pay_on_page(stripe, bill)
    (refund,) = refund_charges({bill: Decimal(0)}, actor=None, now=now())
    send_refund(refund.pk)
    (there,) = stripe.refunds.values()
    assert tell(client, report(there, "refund.updated")) == 200
    assert status_of(refund) == PaymentStatus.SUCCEEDED

    there["status"] = "failed"
    assert [tell(client, report(there, "refund.failed")) for _ in range(2)] == [200] * 2

    assert status_of(refund) == PaymentStatus.FAILED
    assert told[1:] == ["refund 25.00 succeeded", "refund 25.00 failed"]
    assert returnable_amount(bill.payments.all()) == 25


def test_a_report_is_a_hint_only(client: Client, stripe: StripeServer, bill: Bill) -> None:
    charge = begin(bill)
    open_page(charge)
    lie = stripe.session | {"status": "complete", "payment_status": "paid"}
    assert tell(client, report(lie)) == 200
    assert status_of(charge) == PaymentStatus.PENDING

    stripe.pay(stripe.session)
    stripe.faults = ["down"]
    assert tell(client, report(stripe.session)) == 503
    late = report(stripe.session, "checkout.session.expired")
    assert [tell(client, report(stripe.session)), tell(client, late), tell(client, late)] == [200] * 3

    assert status_of(charge) == PaymentStatus.SUCCEEDED


@pytest.mark.once
def test_reports_that_are_not_ours(
    client: Client, stripe: StripeServer, bill: Bill, settings: Settings
) -> None:
    charge = begin(bill)
    open_page(charge)
    stripe.pay(stripe.session)
    body = report(stripe.session)
    stale = sign(body, at=(now() - timedelta(minutes=6)).timestamp())
    for signature in ("", "t=1,v1=", "nonsense", stale, sign(body, secret="whsec_other"), sign(body + b" ")):
        assert tell(client, body, signature) == 400, signature
    for odd in (b"", b"[]", b"nonsense", b"\xff", b'{"object": "event"'):
        assert tell(client, odd) == 400, odd
    others: list[Any] = [{}, {"metadata": None}, {"metadata": {"holdfast_payment": "7"}}, None, []]
    others.append({"metadata": {"holdfast_payment": str(bill.pk)}})
    for thing in others:
        assert tell(client, report(thing)) == 200, thing
    assert status_of(charge) == PaymentStatus.PENDING
    assert client.get(reverse("payment-report")).status_code == 405
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert tell(client, body) == 404


@pytest.mark.once
def test_nobody_waits_longer_than_the_deadline(
    stripe: StripeServer, bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, the answer does not."""
    monkeypatch.setattr(stripe_provider, "SECONDS", 0.5)
    charge = begin(bill)
    stripe.faults = ["slow"]
    began = now()
    with pytest.raises(PaymentUnavailable):
        open_page(charge)
    assert now() - began < timedelta(seconds=20)  # the whole answer takes more than a minute


@pytest.mark.once
def test_logs_tell_no_secret(
    stripe: StripeServer, bill: Bill, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_of_somebody_else"
    caplog.set_level(logging.DEBUG, logger="payments")
    with pytest.raises(PaymentUnavailable):
        open_page(begin(bill))
    assert "AuthenticationError" in caplog.text
    assert "sk_live" not in caplog.text


def read_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    """What the settings make of an environment, read by a process of its own."""
    script = (
        "from config import settings as s;"
        "print(s.PAYMENT_PROVIDER, *s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    known = {name: os.environ[name] for name in ("PATH", "DATABASE_URL") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", script],
        env=known | {"SECRET_KEY": "test"} | environment,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )


@pytest.mark.once
def test_settings_know_stripe() -> None:
    assert read_settings().stdout.split() == ["'self'"]
    on = read_settings(PAYMENT_PROVIDER="stripe", STRIPE_SECRET_KEY=SECRET_KEY)
    provider, *targets = on.stdout.split()
    assert import_string(provider) is StripeProvider
    assert targets == ["'self'", "https://checkout.stripe.com"]
    assert "STRIPE_SECRET_KEY" in read_settings(PAYMENT_PROVIDER="stripe").stderr


@pytest.mark.once
def test_the_large_package_is_read_by_those_who_pay_only() -> None:
    script = "import django; django.setup(); import config.urls, sys; sys.exit('stripe' in sys.modules)"
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "PAYMENT_PROVIDER": "stripe"}
    subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "SECRET_KEY": "test", "STRIPE_SECRET_KEY": SECRET_KEY, **environment},
        cwd=django_settings.BASE_DIR,
        check=True,
    )
