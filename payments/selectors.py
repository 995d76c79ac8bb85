from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet

from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment

UNDER_WAY = timedelta(minutes=5)
"""How long a payment may take before its outcome is looked up; until then no other is tried."""


def net_paid(payments: Iterable[Payment]) -> Decimal:
    """Charges less refunds, those that succeeded."""
    return sum_payments(payments, PaymentKind.CHARGE) - sum_payments(payments, PaymentKind.REFUND)


def sum_payments(
    payments: Iterable[Payment], kind: PaymentKind, status: PaymentStatus = PaymentStatus.SUCCEEDED
) -> Decimal:
    return sum((row.amount for row in payments if (row.kind, row.status) == (kind, status)), Decimal(0))


def returnable_amount(payments: Iterable[Payment]) -> Decimal:
    """What was paid and is neither returned nor on its way back."""
    rows = list(payments)
    return net_paid(rows) - sum_payments(rows, PaymentKind.REFUND, PaymentStatus.PENDING)


def is_under_way(payments: Iterable[Payment]) -> bool:
    return any(row.status == PaymentStatus.PENDING for row in payments)


def overdue_payments(now: datetime) -> QuerySet[Payment]:
    """Those whose outcome should be there by now and is not known, or was not decided some time ago."""
    not_just_asked = Q(looked_up_at__isnull=True) | Q(looked_up_at__lte=now - UNDER_WAY)
    rows = Payment.objects.filter(status=PaymentStatus.PENDING, created_at__lte=now - UNDER_WAY)
    return rows.filter(not_just_asked)


def is_overdue(payment: Payment, now: datetime) -> bool:
    return payment.created_at <= now - UNDER_WAY


def shown_checkouts() -> QuerySet[Payment]:
    """Charges whose page customers have been led to, and of which nobody knows yet what became."""
    pending = Payment.objects.filter(status=PaymentStatus.PENDING, is_hosted=True)
    return pending.exclude(checkout_reference="")


def find_open_checkout(payments: Iterable[Payment]) -> Payment | None:
    """The charge whose page the customer may go back to."""
    pending = (row for row in payments if row.status == PaymentStatus.PENDING and row.checkout_url)
    return next(pending, None)


def has_failed(payments: Iterable[Payment]) -> bool:
    """The newest attempt to pay, which was declined or left."""
    charges = [row for row in payments if row.kind == PaymentKind.CHARGE]
    return bool(charges) and charges[-1].status == PaymentStatus.FAILED


def is_being_decided(payments: Iterable[Payment]) -> bool:
    """The customer has paid on the provider's page, and the money is on its way."""
    under_way = (row for row in payments if row.status == PaymentStatus.PENDING and row.is_hosted)
    return any(row.checkout_reference and not row.checkout_url for row in under_way)


def has_payments(venue_id: int) -> bool:
    return Payment.objects.filter(bill__venue=venue_id).exists()
