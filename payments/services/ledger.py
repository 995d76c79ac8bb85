from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from common.money import round_amount
from common.subjects import Subject
from payments.enums import PaymentKind
from payments.models import Bill, Payment
from payments.selectors import net_paid


def open_bill(*, venue_id: int, subject: Subject, currency: str, now: datetime) -> Bill:
    """Call under the subject's lock, once for each subject."""
    return Bill.objects.create(
        venue_id=venue_id,
        subject_type=subject.type,
        subject_id=subject.id,
        currency=currency,
        created_at=now,
    )


def remove_bills(ids: Collection[UUID]) -> None:
    """With all their lines, and with what was paid for: only once the books need not be kept any longer."""
    Payment.objects.filter(bill__in=ids).delete()
    Bill.objects.filter(pk__in=ids).delete()


def lock_bill(bill: Bill) -> Bill:
    """The bill read again, its row locked until commit."""
    return Bill.objects.select_for_update(no_key=True).get(pk=bill.pk)


def lock_bills(ids: Collection[UUID]) -> list[Bill]:
    """In the order of their ids, with their payments as they are under the locks."""
    bills = Bill.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    return list(bills.prefetch_related("payments"))


def amount_due(bill: Bill, total: Decimal) -> Decimal:
    """What is missing of ``total``; negative when more was paid."""
    return round_amount(total, bill.currency) - round_amount(net_paid(bill.payments.all()), bill.currency)


def require_coins(amount: Decimal, currency: str) -> None:
    """Raises ``InvalidInput``."""
    if not amount.is_finite() or amount <= 0 or amount != round_amount(amount, currency):
        raise InvalidInput(
            fields={"amount": [_("Enter an amount above zero that can be paid in this currency.")]}
        )


def find_repeated(bill: Bill, key: UUID | None, kind: PaymentKind) -> Payment | None:
    """The line that a repeated request has written. Raises ``InvalidInput`` for a key of something else."""
    earlier = Payment.objects.filter(pk=key).first() if key else None
    if earlier and (earlier.bill_id, earlier.kind) != (bill.pk, kind):
        raise InvalidInput(fields={"key": [_("This form belongs to something else. Open it again.")]})
    return earlier


def make_line(bill: Bill, **fields: Any) -> Payment:
    return Payment(**{"bill": bill, "venue_id": bill.venue_id, "currency": bill.currency} | fields)


def write_line(bill: Bill, **fields: Any) -> Payment:
    payment = make_line(bill, **fields)
    payment.save(force_insert=True)
    return payment
