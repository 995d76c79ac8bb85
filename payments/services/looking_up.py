"""Payments whose outcome is not known are looked up until it is."""

from datetime import datetime
from functools import partial
from uuid import UUID

from common.subjects import Subject
from common.sweeping import sweep
from payments.enums import PaymentKind
from payments.models import Payment
from payments.providers import Outcome, online_provider
from payments.selectors import overdue_payments
from payments.services.refunding import send_refund
from payments.subjects import charge_settlers

JOB = "payments.settle"


def look_up_charges(subject: Subject, *, now: datetime) -> None:
    """Settles the subject's overdue charges before another is tried. Raises ``PaymentUnavailable``."""
    of_subject = {"bill__subject_type": subject.type, "bill__subject_id": subject.id}
    rows = overdue_payments(now).filter(kind=PaymentKind.CHARGE, **of_subject)
    for charge in rows.select_related("bill"):
        _look_up_charge(charge, now)


def settle_payments(*, now: datetime, limit: int = 200) -> int:
    """Looks up payments whose outcome is not known; returns how many were settled. Safe to repeat."""
    overdue = overdue_payments(now).order_by("created_at").values_list("pk", flat=True)
    return sweep(JOB, overdue, partial(_look_up, now=now), now=now, limit=limit)


def _look_up(payment_id: UUID, *, now: datetime) -> bool:
    payment = Payment.objects.select_related("bill").get(pk=payment_id)
    if payment.kind == PaymentKind.REFUND:
        send_refund(payment_id)
    else:
        _look_up_charge(payment, now)
    return True


def _look_up_charge(charge: Payment, now: datetime) -> None:
    """One that the provider never received has failed."""
    outcome = online_provider().lookup(str(charge.pk)) or Outcome(succeeded=False)
    charge_settlers[charge.bill.subject_type](charge.pk, outcome, now=now)
