"""Money that staff took or return by hand."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from common.clock import now as clock_now
from common.transactions import retried_atomic
from payments.models import Payment
from payments.services import record_charge, refund_amount
from reservations.domain.history import lock_reservation, set_status
from reservations.domain.values import Actor
from reservations.enums import EventKind, Status
from reservations.selectors import owed_amount
from reservations.services.deposits import awaits_only_payment, deposit_due
from reservations.services.paying import bill_of


@retried_atomic
def record_payment(
    *,
    reservation_id: UUID,
    amount: Decimal,
    actor: Actor,
    reference: str = "",
    note: str = "",
    key: UUID | None = None,
    now: datetime | None = None,
) -> Payment:
    """Record money that staff took, at most what is due, once for a ``key``. Raises ``InvalidInput``."""
    at = now or clock_now()
    # Locked, so that two payments cannot both take what is due.
    reservation = lock_reservation(reservation_id)
    was_awaited = awaits_only_payment(reservation)
    payment = record_charge(
        bill_of(reservation, now=at),
        amount,
        total=owed_amount(reservation),
        actor=actor.user,
        now=at,
        reference=reference,
        note=note,
        key=key,
    )
    if was_awaited and deposit_due(reservation) <= 0:
        set_status(reservation, Status.CONFIRMED, kind=EventKind.CONFIRMED, actor=actor, now=at)
    return payment


@retried_atomic
def refund_payment(
    *,
    reservation_id: UUID,
    amount: Decimal,
    actor: Actor,
    note: str = "",
    key: UUID | None = None,
    now: datetime | None = None,
) -> list[Payment]:
    """Return a part of what was paid, the way it came, once for a ``key``. Raises ``InvalidInput``."""
    at = now or clock_now()
    reservation = lock_reservation(reservation_id)
    bill = bill_of(reservation, now=at)
    return refund_amount(bill, amount, actor=actor.user, now=at, note=note, key=key)


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
    # In one transaction, and confirmed first: a refusal records no money.
    confirm()
    return record_payment(
        reservation_id=reservation_id, amount=amount, actor=actor, reference=reference, note=note
    )
