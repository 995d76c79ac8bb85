"""Bills and their lines: what every other service reads and writes under the bill's lock."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from common.subjects import Subject
from payments.models import Bill, Payment
from payments.selectors import balance
from resources.pricing import rounded


def open_bill(*, venue_id: int, subject: Subject, currency: str, now: datetime) -> Bill:
    """Called under the subject's lock, once for each subject."""
    return Bill.objects.create(
        venue_id=venue_id,
        subject_type=subject.type,
        subject_id=subject.id,
        currency=currency,
        created_at=now,
    )


def locked_bill(bill: Bill) -> Bill:
    """Read again, with its row locked until commit."""
    return Bill.objects.select_for_update(no_key=True).get(pk=bill.pk)


def missing(bill: Bill, total: Decimal) -> Decimal:
    """What has still to come until ``total`` is paid; negative when more has come."""
    return rounded(total, bill.currency) - rounded(balance(bill.payments.all()), bill.currency)


def write_line(bill: Bill, **fields: Any) -> Payment:
    return Payment.objects.create(
        **{"bill": bill, "venue_id": bill.venue_id, "currency": bill.currency} | fields
    )
