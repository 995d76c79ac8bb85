"""The customer pays on the provider's own page."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from common.subjects import Subject
from payments.enums import PaymentStatus
from payments.exceptions import PaidAtVenue, PaymentUnderWay
from payments.models import Payment
from payments.providers import CheckoutProvider, find_checkout_provider
from payments.selectors import shown_checkouts
from payments.services.looking_up import look_up_payment


class OpenCheckout(NamedTuple):
    """Where the customer pays, and until when: the time is kept as long."""

    charge: Payment
    url: str
    closes_at: datetime


def checkout_provider() -> CheckoutProvider:
    """Raises ``PaidAtVenue``."""
    provider = find_checkout_provider()
    if provider is None:
        raise PaidAtVenue
    return provider


def look_up_checkouts(subject: Subject, *, due: Decimal, now: datetime) -> None:
    """Settle what has been decided there, and close what asks for another amount than is ``due``.

    Raises ``PaidAtVenue``, ``PaymentUnavailable``.
    """
    for charge in shown_checkouts().filter(bill__subject_type=subject.type, bill__subject_id=subject.id):
        if charge.amount != due:
            checkout_provider().close_checkout(charge)
        look_up_payment(charge.pk, now=now)


def open_checkout(charge: Payment, *, title: str, back_url: str) -> OpenCheckout:
    """The page where the charge is paid, the same each time. Call outside any transaction.

    Raises ``PaidAtVenue``, ``PaymentUnavailable``, ``PaymentUnderWay``, ``PaymentRefused``.
    """
    if charge.checkout_url:
        return describe_checkout(charge, charge.checkout_url)
    checkout = checkout_provider().open_checkout(charge, title=title, back_url=back_url)
    # Nobody is shown a page that we would not find again.
    is_kept = _keep_checkout(charge.pk, reference=checkout.reference, url=checkout.url)
    if not is_kept:
        raise PaymentUnderWay
    return describe_checkout(charge, checkout.url)


def describe_checkout(charge: Payment, url: str) -> OpenCheckout:
    return OpenCheckout(charge, url, charge.created_at + checkout_provider().checkout_duration)


def _keep_checkout(payment_id: UUID, *, reference: str, url: str) -> bool:
    pending = Payment.objects.filter(pk=payment_id, status=PaymentStatus.PENDING)
    return bool(pending.update(checkout_reference=reference, checkout_url=url))
