from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from accounts.models import User
from common.background import enqueue_or_run_after_commit
from common.lanes import Lane, task_in
from common.money import round_amount
from common.transactions import retried_atomic
from payments.enums import PaymentKind, PaymentStatus
from payments.exceptions import PaymentUnavailable
from payments.models import Bill, Payment
from payments.providers import MANUAL, online_provider
from payments.selectors import net_paid, sum_payments
from payments.services.ledger import lock_bill, write_line
from payments.services.settling import settle_payment
from payments.signals import payment_recorded


@retried_atomic
def refund_charges(
    bill: Bill, *, actor: User | None, now: datetime, keep: Decimal = Decimal(0)
) -> list[Payment]:
    """Return what was paid beyond ``keep``, newest charge first; returns the refunds it wrote."""
    bill = lock_bill(bill)
    payments = list(bill.payments.all())
    under_way = sum_payments(payments, PaymentKind.REFUND, PaymentStatus.PENDING)
    # What is on its way back already must not be returned once more.
    to_return = round_amount(net_paid(payments), bill.currency) - under_way - keep
    refunds = []
    for charge in reversed(_list_charges(payments)):
        amount = min(to_return, charge.amount)
        if amount > 0:
            refunds.append(_write_refund(bill, charge, amount, actor, now))
            to_return -= amount
    return refunds


def _list_charges(payments: list[Payment]) -> list[Payment]:
    charge = (PaymentKind.CHARGE, PaymentStatus.SUCCEEDED)
    return [row for row in payments if (row.kind, row.status) == charge]


def _write_refund(bill: Bill, charge: Payment, amount: Decimal, actor: User | None, now: datetime) -> Payment:
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
    # Staff hand over cash, so that is settled at once; a provider is asked after the commit.
    if is_manual:
        payment_recorded.send(Payment, payment=refund)
    else:
        enqueue_or_run_after_commit(return_money, str(refund.pk))
    return refund


@task_in(Lane.NETWORK)
def return_money(payment_id: str) -> None:
    # Without an answer the refund stays pending, and settle_payments asks again.
    with suppress(PaymentUnavailable):
        send_refund(UUID(payment_id))


def send_refund(payment_id: UUID) -> None:
    """Ask the provider to return money. Raises ``PaymentUnavailable``."""
    refund = Payment.objects.get(pk=payment_id)
    if refund.status != PaymentStatus.PENDING:
        return
    # The refund's id is the key: asked twice, the provider pays once.
    outcome = online_provider().refund(
        refund.amount, refund.currency, reference=refund.of_reference, key=str(refund.pk)
    )
    settle_payment(refund.pk, outcome)
