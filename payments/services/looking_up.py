"""Payments whose outcome is not known are looked up until it is."""

from datetime import datetime
from functools import partial
from uuid import UUID

from common.subjects import Subject
from common.sweeping import sweep
from payments.enums import PaymentKind
from payments.models import Payment
from payments.providers import PaymentOutcome, online_provider
from payments.selectors import overdue_payments
from payments.services.refunding import send_refund
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
    return sweep(JOB, overdue, partial(_look_up_payment, now=now), now=now, limit=limit)


def _look_up_payment(payment_id: UUID, *, now: datetime) -> bool:
    payment = Payment.objects.select_related("bill").get(pk=payment_id)
    if payment.kind == PaymentKind.REFUND:
        send_refund(payment_id)
    else:
        _look_up_charge(payment, now)
    return True


def _look_up_charge(charge: Payment, now: datetime) -> None:
    # What the provider never received was lost before it moved money, so it has failed.
    outcome = online_provider().lookup(str(charge.pk)) or PaymentOutcome(succeeded=False)
    charge_settlers[charge.bill.subject_type](charge.pk, outcome, now=now)
