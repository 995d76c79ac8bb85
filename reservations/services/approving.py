from datetime import datetime
from uuid import UUID

from common.clock import now as clock_now
from common.transactions import retried_atomic
from reservations.domain.history import lock_reservation, require_transition, set_status
from reservations.domain.occupancy import free_time
from reservations.domain.values import Actor
from reservations.enums import EventKind, Status
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
def decline_reservation(
    *,
    reservation_id: UUID,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Refuse a pending reservation, free its time and return what was paid."""
    at = now or clock_now()
    reservation = lock_reservation(reservation_id, version=version)
    require_transition(reservation, Status.DECLINED)
    free_time(reservation)
    reservation.cancel_reason = reason
    set_status(
        reservation, Status.DECLINED, kind=EventKind.DECLINED, actor=actor, now=at, fields=("cancel_reason",)
    )
    refund_paid(reservation, actor=actor, now=at)
    return reservation
