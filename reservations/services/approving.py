from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from common.clock import now as clock_now
from common.money import round_amount
from common.transactions import retried_atomic
from reservations.domain.agreement import (
    AGREED,
    list_differences,
    read_agreed,
    record_values,
    restore_agreed,
)
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservation, require_transition, set_status
from reservations.domain.occupancy import free_time
from reservations.domain.values import Actor
from reservations.domain.writing import booked_lines
from reservations.enums import MOVE_DECLINED, EventKind, Status
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.models import Reservation
from reservations.services.paying import refund_paid


@retried_atomic
def confirm_reservation(
    *, reservation_id: UUID, actor: Actor, version: int | None = None, now: datetime | None = None
) -> Reservation:
    """Approve a pending reservation, which has kept its time all along; no error if confirmed already."""
    reservation = lock_reservation(reservation_id, version=version)
    if reservation.status == Status.CONFIRMED:
        return reservation
    if reservation.status == Status.HELD:
        require_transition(reservation, Status.DECLINED)  # a hold has no customer yet: see confirm_hold
    set_status(reservation, Status.CONFIRMED, kind=EventKind.CONFIRMED, actor=actor, now=now or clock_now())
    return reservation


@retried_atomic
@announcing_freed()
def decline_reservation(
    *,
    reservation_id: UUID,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Refuse a pending reservation. What a customer wanted to move is booked as before, while it can be.

    Else its time is freed and what was paid returned. Only a customer whose old time has passed meanwhile
    owes ``minimum_fee``; where somebody else has it, only what earlier moves had frozen.
    """
    at = now or clock_now()
    reservation = lock_reservation(reservation_id, version=version)
    require_transition(reservation, Status.DECLINED)
    fee = reservation.minimum_fee
    if _begins_later(reservation, at):
        if _restore(reservation, actor, reason, at):
            return reservation
        reservation = lock_reservation(reservation_id)
        fee = read_agreed(reservation)["minimum_fee"]
    _end(reservation, actor, reason, at, fee=round_amount(fee, reservation.currency))
    return reservation


def _begins_later(reservation: Reservation, now: datetime) -> bool:
    agreed = read_agreed(reservation)
    return bool(agreed) and agreed["starts_at"] > now


def _restore(reservation: Reservation, actor: Actor, reason: str, now: datetime) -> bool:
    """False where somebody else has the time by now; then the row has to be read anew."""
    asked = record_values(reservation, booked_lines(reservation))
    try:
        with transaction.atomic():
            restore_agreed(reservation)
    except (SlotTaken, CapacityReached):
        return False
    changes = list_differences(asked, record_values(reservation, booked_lines(reservation)))
    set_status(
        reservation,
        Status.CONFIRMED,
        kind=EventKind.RESCHEDULED,
        actor=actor,
        now=now,
        changes=changes | {MOVE_DECLINED: ["", reason]},
        fields=AGREED,
    )
    return True


def _end(reservation: Reservation, actor: Actor, reason: str, now: datetime, *, fee: Decimal) -> None:
    free_time(reservation)
    reservation.fee_amount, reservation.cancel_reason = fee, reason
    set_status(
        reservation,
        Status.DECLINED,
        kind=EventKind.DECLINED,
        actor=actor,
        now=now,
        changes={"fee": ["0", str(fee)]} if fee else {},
        fields=("fee_amount", "cancel_reason"),
    )
    refund_paid(reservation, actor=actor, now=now, keep=fee)
