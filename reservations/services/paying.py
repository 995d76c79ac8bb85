"""The ledger of charges and refunds."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from common.background import elsewhere
from common.clock import now as clock_now
from common.errors import InvalidInput
from common.lanes import Lane, task_in
from common.transactions import retried_atomic
from payments.providers import MANUAL, Outcome, PaymentUnavailable, online_provider
from reservations.domain.history import locked_reservation
from reservations.domain.values import Actor
from reservations.enums import PaymentKind, PaymentStatus
from reservations.models import Payment, Reservation
from reservations.selectors import balance, owed
from reservations.signals import payment_recorded
from resources.pricing import rounded


@retried_atomic
def record_payment(
    *,
    reservation_id: UUID,
    amount: Decimal,
    actor: Actor,
    reference: str = "",
    note: str = "",
    now: datetime | None = None,
) -> Payment:
    """Writes down money that staff took.

    Raises ``InvalidInput`` for nothing, fractions of a coin, more than is due, or a reference known already.
    """
    reservation = locked_reservation(reservation_id)
    due = rounded(owed(reservation), reservation.currency) - balance(reservation)
    if not amount.is_finite() or amount <= 0 or amount != rounded(amount, reservation.currency):
        raise InvalidInput(fields={"amount": [_("Give a positive amount in whole coins.")]})
    if amount > due:
        raise InvalidInput(fields={"amount": [_("This is more than is still due.")]})
    payment = Payment(
        reservation=reservation,
        kind=PaymentKind.CHARGE,
        amount=amount,
        currency=reservation.currency,
        provider=MANUAL,
        provider_reference=reference,
        status=PaymentStatus.SUCCEEDED,
        actor=actor.user,
        note=note,
        created_at=now or clock_now(),
    )
    try:
        with transaction.atomic():
            payment.save(force_insert=True)
    except IntegrityError as error:  # the reference is there, perhaps since a moment ago
        known = _("This payment has been recorded before.")
        raise InvalidInput(fields={"reference": [known]}) from error
    payment_recorded.send(Payment, payment=payment)
    return payment


@retried_atomic
def confirm_and_pay(
    *,
    confirm: Callable[[], object],
    reservation_id: UUID,
    amount: Decimal,
    actor: Actor,
    reference: str = "",
    note: str = "",
) -> Payment:
    """Carries out ``confirm`` and writes down the money that came with it: both or neither."""
    confirm()
    return record_payment(
        reservation_id=reservation_id, amount=amount, actor=actor, reference=reference, note=note
    )


def refund_paid(
    reservation: Reservation, *, actor: Actor, now: datetime, keep: Decimal = Decimal(0)
) -> list[Payment]:
    """Returns what was paid beyond ``keep`` and is not on its way back yet, newest charge first.

    Called under the reservation's lock. Cash is returned by staff, so it is settled at once; a provider
    is asked after the commit, and again by ``settle_payments`` for as long as its answer is not known.
    """
    pending = [
        row.amount
        for row in reservation.payments.all()
        if row.kind == PaymentKind.REFUND and row.status == PaymentStatus.PENDING
    ]
    left = balance(reservation) - sum(pending, keep)
    charges = [
        row
        for row in reservation.payments.all()
        if row.kind == PaymentKind.CHARGE and row.status == PaymentStatus.SUCCEEDED
    ]
    refunds = []
    for charge in sorted(charges, key=lambda row: row.created_at, reverse=True):
        amount = min(left, charge.amount)
        if amount > 0:
            refunds.append(_refund(charge, amount, actor, now))
            left -= amount
    return refunds


def _refund(charge: Payment, amount: Decimal, actor: Actor, now: datetime) -> Payment:
    is_manual = charge.provider == MANUAL
    refund = Payment.objects.create(
        reservation=charge.reservation,
        kind=PaymentKind.REFUND,
        amount=amount,
        currency=charge.currency,
        provider=charge.provider,
        of_reference=charge.provider_reference,
        status=PaymentStatus.SUCCEEDED if is_manual else PaymentStatus.PENDING,
        actor=actor.user,
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
    """Asks the provider to return money. Raises ``PaymentUnavailable``: then it is asked again later."""
    refund = Payment.objects.get(pk=payment_id)
    if refund.status != PaymentStatus.PENDING:
        return
    outcome = online_provider().refund(
        refund.amount, refund.currency, reference=refund.of_reference, key=str(refund.pk)
    )
    _settle_refund(refund, outcome)


@retried_atomic
def _settle_refund(refund: Payment, outcome: Outcome) -> None:
    """Writes down what became of a refund, once."""
    refund.status = PaymentStatus.SUCCEEDED if outcome.succeeded else PaymentStatus.FAILED
    refund.provider_reference = outcome.reference
    pending = Payment.objects.filter(pk=refund.pk, status=PaymentStatus.PENDING)
    if pending.update(status=refund.status, provider_reference=refund.provider_reference):
        payment_recorded.send(Payment, payment=refund)
