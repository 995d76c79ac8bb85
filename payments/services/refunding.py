"""Returning money the way it came."""

from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.models import User
from common.background import elsewhere
from common.lanes import Lane, task_in
from common.transactions import retried_atomic
from payments.enums import PaymentKind, PaymentStatus
from payments.exceptions import PaymentUnavailable
from payments.models import Bill, Payment
from payments.providers import MANUAL, online_provider
from payments.selectors import balance, sum_of
from payments.services.ledger import locked_bill, write_line
from payments.services.settling import settle_payment
from payments.signals import payment_recorded
from resources.pricing import rounded


@retried_atomic
def refund_charges(
    bill: Bill, *, actor: User | None, now: datetime, keep: Decimal = Decimal(0)
) -> list[Payment]:
    """Returns what was paid beyond ``keep`` and is not on its way back yet, newest charge first.

    Cash is returned by staff, so it is settled at once; a provider is asked after the commit, and again by
    ``settle_payments`` for as long as its answer is not known.
    """
    bill = locked_bill(bill)
    rows = list(bill.payments.all())
    under_way = sum_of(rows, PaymentKind.REFUND, PaymentStatus.PENDING)
    left = rounded(balance(rows), bill.currency) - under_way - keep
    refunds = []
    for charge in reversed(_charges(rows)):
        amount = min(left, charge.amount)
        if amount > 0:
            refunds.append(_refund(bill, charge, amount, actor, now))
            left -= amount
    return refunds


def _charges(rows: list[Payment]) -> list[Payment]:
    charge = (PaymentKind.CHARGE, PaymentStatus.SUCCEEDED)
    return [row for row in rows if (row.kind, row.status) == charge]


def _refund(bill: Bill, charge: Payment, amount: Decimal, actor: User | None, now: datetime) -> Payment:
    is_manual = charge.provider == MANUAL
    refund = write_line(
        bill,
        kind=PaymentKind.REFUND,
        amount=amount,
        currency=charge.currency,
        provider=charge.provider,
        of_reference=charge.provider_reference,
        status=PaymentStatus.SUCCEEDED if is_manual else PaymentStatus.PENDING,
        actor=actor,
        created_at=now,
    )
    if is_manual:
        payment_recorded.send(Payment, payment=refund)
    else:
        elsewhere(return_money, str(refund.pk))
    return refund


@task_in(Lane.NETWORK)
def return_money(payment_id: str) -> None:
    """Without an answer, ``settle_payments`` asks again."""
    with suppress(PaymentUnavailable):
        send_refund(UUID(payment_id))


def send_refund(payment_id: UUID) -> None:
    """Asks the provider to return money; its key keeps that from happening twice.

    Raises ``PaymentUnavailable``.
    """
    refund = Payment.objects.get(pk=payment_id)
    if refund.status != PaymentStatus.PENDING:
        return
    outcome = online_provider().refund(
        refund.amount, refund.currency, reference=refund.of_reference, key=str(refund.pk)
    )
    settle_payment(refund.pk, outcome)
