"""Payments whose outcome is not known are looked up until it is."""

from datetime import datetime
from functools import partial
from uuid import UUID

from common.subjects import Subject
from common.sweeping import sweep
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment
from payments.providers import MANUAL, PaymentOutcome, online_provider
from payments.selectors import is_overdue, overdue_payments
from payments.services.refunding import doubt_refund, send_refund
from payments.subjects import charge_settlers

JOB = "payments.settle"


def look_up_charges(subject: Subject, *, now: datetime) -> None:
    """Settle the subject's overdue charges. Raises ``PaymentUnavailable``."""
    of_subject = {"bill__subject_type": subject.type, "bill__subject_id": subject.id}
    rows = overdue_payments(now).filter(kind=PaymentKind.CHARGE, **of_subject)
    for charge in rows.select_related("bill"):
        _look_up_charge(charge, now)


def settle_payments(*, now: datetime, limit: int = 200) -> int:
    """Look up every overdue payment; returns how many. Safe to repeat."""
    overdue = overdue_payments(now).order_by("created_at").values_list("pk", flat=True)
    return sweep(JOB, overdue, partial(look_up_payment, now=now), now=now, limit=limit)


def look_up_payment(payment_id: UUID, *, now: datetime) -> bool:
    """Settle it if it is decided; False when it is unknown. Raises ``PaymentUnavailable``."""
    payment = Payment.objects.select_related("bill").filter(pk=payment_id).first()
    if payment is None:
        return False
    is_refund = payment.kind == PaymentKind.REFUND
    if is_refund and payment.status == PaymentStatus.SUCCEEDED and payment.provider != MANUAL:
        doubt_refund(payment)
    elif payment.status != PaymentStatus.PENDING:
        return True
    elif is_refund:
        note_undecided(payment, send_refund(payment_id), now)
    else:
        _look_up_charge(payment, now)
    return True


def _look_up_charge(charge: Payment, now: datetime) -> None:
    outcome = online_provider().lookup(charge)
    if outcome is None:
        if not is_overdue(charge, now):
            return  # it may be on its way to the provider
        # What the provider never received was lost before it moved money, so it has failed.
        outcome = PaymentOutcome(succeeded=False)
    note_undecided(charge, outcome, now)
    if outcome.succeeded is not None:
        charge_settlers[charge.bill.subject_type](charge.pk, outcome, now=now)


def note_undecided(payment: Payment, outcome: PaymentOutcome | None, now: datetime) -> None:
    """Asked again after a while; where the customer is done, nobody is sent there again."""
    if outcome is None or outcome.succeeded is not None:
        return
    changes = {"looked_up_at": now} | ({} if outcome.is_open else {"checkout_url": ""})
    Payment.objects.filter(pk=payment.pk, status=PaymentStatus.PENDING).update(**changes)
