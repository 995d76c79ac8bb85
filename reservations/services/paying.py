"""What customers owe for reservations and get back; ``payments`` keeps the ledger."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from common.clock import now as clock_now
from common.subjects import Subject
from common.transactions import retried_atomic
from payments.models import Bill, Payment
from payments.services import open_bill, record_charge, refund_charges
from reservations.domain.history import lock_reservation
from reservations.domain.values import Actor
from reservations.enums import SUBJECT
from reservations.models import Reservation
from reservations.selectors import owed_amount


def bill_of(reservation: Reservation, *, now: datetime) -> Bill:
    """Opened with the first payment, under the reservation's lock: few bookings ever need one."""
    bill = reservation.bill
    if bill is None:
        bill = reservation.bill = open_bill(
            venue_id=reservation.venue_id,
            subject=Subject(SUBJECT, str(reservation.pk)),
            currency=reservation.currency,
            now=now,
        )
        reservation.save(update_fields=["bill"])
    elif bill.currency != reservation.currency:  # moved after the venue's currency was changed
        bill.currency = reservation.currency
        bill.save(update_fields=["currency"])
    return bill


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
    """Record money that staff took, at most what is due. Raises ``InvalidInput``."""
    at = now or clock_now()
    # Locked, so that two payments cannot both take what is due.
    reservation = lock_reservation(reservation_id)
    return record_charge(
        bill_of(reservation, now=at),
        amount,
        total=owed_amount(reservation),
        actor=actor.user,
        now=at,
        reference=reference,
        note=note,
    )


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


def refund_paid(
    reservation: Reservation, *, actor: Actor, now: datetime, keep: Decimal = Decimal(0)
) -> list[Payment]:
    if reservation.bill is None:
        return []
    return refund_charges(reservation.bill, actor=actor.user, now=now, keep=keep)
