"""The customer pays on the provider's own page."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from common.subjects import Subject
from payments.enums import PaymentStatus
from payments.exceptions import PaymentUnavailable, PaymentUnderWay
from payments.models import Payment
from payments.providers import CheckoutProvider, find_checkout_provider
from payments.services.looking_up import look_up_payment


def checkout_provider() -> CheckoutProvider:
    """Raises ``PaymentUnavailable``."""
    provider = find_checkout_provider()
    if provider is None:
        raise PaymentUnavailable
    return provider


def look_up_checkouts(subject: Subject, *, due: Decimal, now: datetime) -> None:
    """Settle what has been decided there, and close what asks for another amount than is ``due``.

    Raises ``PaymentUnavailable``.
    """
    of_subject = {"bill__subject_type": subject.type, "bill__subject_id": subject.id}
    pending = Payment.objects.filter(status=PaymentStatus.PENDING, is_hosted=True, **of_subject)
    for charge in pending.exclude(checkout_reference=""):
        if charge.amount != due:
            checkout_provider().close_checkout(charge)
        look_up_payment(charge.pk, now=now)


def open_checkout(charge: Payment, *, title: str, back_url: str) -> str:
    """The address of the page where the charge is paid. Call outside any transaction.

    Raises ``PaymentUnavailable``, ``PaymentUnderWay``, ``PaymentRefused``.
    """
    if charge.checkout_url:
        return charge.checkout_url
    checkout = checkout_provider().open_checkout(charge, title=title, back_url=back_url)
    # Nobody is shown a page that we would not find again.
    is_kept = _keep_checkout(charge.pk, reference=checkout.reference, url=checkout.url)
    if not is_kept:
        raise PaymentUnderWay
    return checkout.url


def _keep_checkout(payment_id: UUID, *, reference: str, url: str) -> bool:
    pending = Payment.objects.filter(pk=payment_id, status=PaymentStatus.PENDING)
    return bool(pending.update(checkout_reference=reference, checkout_url=url))
