"""Taking money: by staff, or from a provider that is asked between two transactions."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.errors import InvalidInput
from common.transactions import retried_atomic
from payments.enums import PaymentKind, PaymentStatus
from payments.exceptions import NothingDue, PaymentUnderWay
from payments.models import Bill, Payment
from payments.providers import MANUAL, PaymentOutcome, online_provider
from payments.selectors import UNDER_WAY
from payments.services.ledger import amount_due, find_repeated, lock_bill, require_coins, write_line
from payments.signals import payments_recorded


@retried_atomic
def record_charge(
    bill: Bill,
    amount: Decimal,
    *,
    total: Decimal,
    actor: User | None,
    now: datetime,
    reference: str = "",
    note: str = "",
    key: UUID | None = None,
) -> Payment:
    """Record money that staff took towards ``total``; with the same ``key`` once.

    Raises ``InvalidInput`` for nothing, fractions of a coin, more than is due, or a known reference.
    """
    bill = lock_bill(bill)
    if earlier := find_repeated(bill, key, PaymentKind.CHARGE):
        return earlier
    require_coins(amount, bill.currency)
    if amount > amount_due(bill, total):
        raise InvalidInput(fields={"amount": [_("Enter no more than the amount due.")]})
    try:
        # A savepoint: PostgreSQL accepts nothing more after a failed insert in the outer transaction.
        with transaction.atomic():
            payment = write_line(
                bill,
                kind=PaymentKind.CHARGE,
                amount=amount,
                provider=MANUAL,
                provider_reference=reference,
                status=PaymentStatus.SUCCEEDED,
                actor=actor,
                note=note,
                created_at=now,
                **({"pk": key} if key else {}),
            )
    except IntegrityError as error:  # the reference is there, perhaps since a moment ago
        message = _("This payment has already been recorded.")
        raise InvalidInput(fields={"reference": [message]}) from error
    payments_recorded.send(Payment, payments=[payment])
    return payment


@retried_atomic
def begin_charge(
    bill: Bill,
    *,
    total: Decimal,
    provider: str,
    actor: User | None,
    now: datetime,
    is_hosted: bool = False,
) -> Payment:
    """A pending charge of what is missing of ``total``. Raises ``NothingDue``, ``PaymentUnderWay``.

    A hosted one that is still open is given again.
    """
    bill = lock_bill(bill)
    amount = amount_due(bill, total)
    if amount <= 0:
        raise NothingDue
    under_way = bill.payments.filter(kind=PaymentKind.CHARGE, status=PaymentStatus.PENDING).first()
    if under_way is not None:
        if is_hosted and can_continue(under_way, amount, now):
            return under_way
        raise PaymentUnderWay
    # Committed before the provider is asked, which never happens under a lock: a crash in between leaves this
    # row, and settle_payments looks it up by its key.
    return write_line(
        bill,
        kind=PaymentKind.CHARGE,
        amount=amount,
        provider=provider,
        status=PaymentStatus.PENDING,
        actor=actor,
        created_at=now,
        is_hosted=is_hosted,
    )


def can_continue(charge: Payment, amount: Decimal, now: datetime) -> bool:
    """Whether the customer may go (back) to the page of this charge."""
    if not charge.is_hosted or charge.amount != amount:
        return False
    # Opened again where the answer was lost, but not as late as the look-up that counts it as failed.
    was_lost = not charge.checkout_reference and charge.created_at > now - UNDER_WAY / 2
    return bool(charge.checkout_url) or was_lost


def ask_for_charge(charge: Payment, *, token: str) -> PaymentOutcome:
    """Call outside any transaction. Raises ``PaymentUnavailable``: look it up later."""
    return online_provider().charge(charge.amount, charge.currency, token=token, key=str(charge.pk))
