from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.background import enqueue_or_run_after_commit
from common.errors import InvalidInput
from common.lanes import Lane, task_in
from common.money import round_amount
from common.transactions import retried_atomic
from payments.enums import PaymentKind, PaymentStatus
from payments.exceptions import PaymentUnavailable
from payments.models import Bill, Payment
from payments.providers import MANUAL, PaymentOutcome, online_provider
from payments.selectors import returnable_amount
from payments.services.ledger import find_repeated, lock_bill, lock_bills, make_line, require_coins
from payments.services.settling import settle_payment, take_back_refund
from payments.signals import payments_recorded


@retried_atomic
def refund_charges(
    keep_by_bill: Mapping[Bill, Decimal], *, actor: User | None, now: datetime
) -> list[Payment]:
    """Return what was paid beyond what is kept, newest charge first; returns the refunds it wrote."""
    refunds: list[Payment] = []
    keep_by_id = {bill.pk: keep for bill, keep in keep_by_bill.items()}
    for bill in lock_bills(keep_by_id):
        payments = list(bill.payments.all())
        to_return = round_amount(returnable_amount(payments), bill.currency) - keep_by_id[bill.pk]
        refunds += _make_refunds(bill, payments, to_return, actor=actor, now=now)
    return _write_refunds(refunds)


@retried_atomic
def refund_amount(
    bill: Bill,
    amount: Decimal,
    *,
    actor: User | None,
    now: datetime,
    note: str = "",
    key: UUID | None = None,
) -> list[Payment]:
    """Return ``amount``, newest charge first; with the same ``key`` once, however often it is asked.

    Raises ``InvalidInput`` for nothing, fractions of a coin, or more than was paid and not returned.
    """
    bill = lock_bill(bill)
    if earlier := find_repeated(bill, key, PaymentKind.REFUND):
        return [earlier]
    payments = list(bill.payments.all())
    require_coins(amount, bill.currency)
    if amount > returnable_amount(payments):
        raise InvalidInput(fields={"amount": [_("Enter no more than was paid and not yet refunded.")]})
    refunds = _make_refunds(bill, payments, amount, actor=actor, now=now, note=note, key=key)
    return _write_refunds(refunds)


def _make_refunds(
    bill: Bill,
    payments: list[Payment],
    to_return: Decimal,
    *,
    actor: User | None,
    now: datetime,
    note: str = "",
    key: UUID | None = None,
) -> list[Payment]:
    refunds: list[Payment] = []
    for charge, left in _list_charges_left(payments):
        amount = min(to_return, left)
        if amount > 0:
            fields: dict[str, Any] = {"amount": amount, "actor": actor, "created_at": now, "note": note}
            # The first line has the key, by which a repeated request is known.
            fields |= {"pk": key} if key and not refunds else {}
            refunds.append(_make_refund(bill, charge, fields))
            to_return -= amount
    return refunds


def _list_charges_left(payments: list[Payment]) -> list[tuple[Payment, Decimal]]:
    """Charges that succeeded, newest first, with what is left of each: no provider returns more of one."""
    returned: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in payments:
        if row.kind == PaymentKind.REFUND and row.status != PaymentStatus.FAILED:
            returned[row.provider, row.of_reference] += row.amount
    charges = []
    for row in reversed(payments):
        if (row.kind, row.status) == (PaymentKind.CHARGE, PaymentStatus.SUCCEEDED):
            charge_key = row.provider, row.provider_reference
            taken = min(row.amount, returned[charge_key])
            returned[charge_key] -= taken
            charges.append((row, row.amount - taken))
    return charges


def _make_refund(bill: Bill, charge: Payment, fields: dict[str, Any]) -> Payment:
    # Staff hand over cash, so that is settled at once; a provider is asked after the commit.
    is_settled = charge.provider == MANUAL
    return make_line(
        bill,
        kind=PaymentKind.REFUND,
        currency=charge.currency,
        provider=charge.provider,
        of_reference=charge.provider_reference,
        status=PaymentStatus.SUCCEEDED if is_settled else PaymentStatus.PENDING,
        **fields,
    )


def _write_refunds(refunds: list[Payment]) -> list[Payment]:
    Payment.objects.bulk_create(refunds)
    settled = [refund for refund in refunds if refund.status == PaymentStatus.SUCCEEDED]
    if settled:
        payments_recorded.send(Payment, payments=settled)
    for refund in refunds:
        if refund.status == PaymentStatus.PENDING:
            enqueue_or_run_after_commit(return_money, str(refund.pk))
    return refunds


@task_in(Lane.NETWORK)
def return_money(payment_id: str) -> None:
    # Without an answer the refund stays pending, and settle_payments asks again.
    with suppress(PaymentUnavailable):
        send_refund(UUID(payment_id))


def send_refund(payment_id: UUID) -> PaymentOutcome | None:
    """Ask the provider to return money; None when that was done before. Raises ``PaymentUnavailable``."""
    refund = Payment.objects.get(pk=payment_id)
    if refund.status != PaymentStatus.PENDING:
        return None
    outcome = _ask_for_refund(refund)
    settle_payment(refund.pk, outcome)
    return outcome


def doubt_refund(refund: Payment) -> None:
    """Ask again after one that went out: banks may send it back days later. Raises ``PaymentUnavailable``."""
    if _ask_for_refund(refund).succeeded is False:
        take_back_refund(refund.pk)


def _ask_for_refund(refund: Payment) -> PaymentOutcome:
    # The refund's id is the key: asked twice, the provider pays once.
    return online_provider().refund(
        refund.amount, refund.currency, reference=refund.of_reference, key=str(refund.pk)
    )
