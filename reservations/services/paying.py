"""The ledger of charges and refunds."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from common.transactions import retried_atomic
from reservations.enums import PaymentKind, PaymentStatus
from reservations.models import Payment, Reservation
from reservations.payments import MANUAL
from reservations.services.recording import locked_reservation
from reservations.services.values import Actor
from resources.pricing import rounded


def balance(reservation: Reservation) -> Decimal:
    """What the venue has of the customer's money: charges less refunds."""
    settled = [row for row in reservation.payments.all() if row.status == PaymentStatus.SUCCEEDED]
    paid = sum((row.amount if row.kind == PaymentKind.CHARGE else -row.amount for row in settled), Decimal(0))
    return rounded(paid, reservation.currency)


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

    Raises ``InvalidInput`` for nothing, fractions of a coin, or more than is due.
    """
    reservation = locked_reservation(reservation_id)
    due = rounded(reservation.total_amount, reservation.currency) - balance(reservation)
    if amount <= 0 or amount != rounded(amount, reservation.currency):
        raise InvalidInput(fields={"amount": [_("Give a positive amount in whole coins.")]})
    if amount > due:
        raise InvalidInput(fields={"amount": [_("This is more than is still due.")]})
    return _write(reservation, PaymentKind.CHARGE, amount, actor, now or clock_now(), reference, note)


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
) -> Payment | None:
    """Returns what was paid beyond ``keep``, under the reservation's lock; None when that is nothing."""
    amount = balance(reservation) - keep
    if amount <= 0:
        return None
    return _write(reservation, PaymentKind.REFUND, amount, actor, now, "", "")


def _write(
    reservation: Reservation,
    kind: PaymentKind,
    amount: Decimal,
    actor: Actor,
    now: datetime,
    reference: str,
    note: str,
) -> Payment:
    move = MANUAL.charge if kind == PaymentKind.CHARGE else MANUAL.refund
    outcome = move(amount, reservation.currency, reference=reference)
    return Payment.objects.create(
        reservation=reservation,
        kind=kind,
        amount=amount,
        currency=reservation.currency,
        provider=MANUAL.name,
        provider_reference=outcome.reference,
        status=PaymentStatus.SUCCEEDED if outcome.succeeded else PaymentStatus.FAILED,
        actor=actor.user,
        note=note,
        created_at=now,
    )
