from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.transactions import retried_atomic
from reservations.domain.history import lock_reservation, require_transition, set_status
from reservations.domain.occupancy import free_time, lock_leaves, translate_refusals
from reservations.domain.values import Actor, booker_for
from reservations.domain.writing import booked_lines, leaf_ids, move_allocations
from reservations.enums import EventKind, Status
from reservations.exceptions import BookingRefused
from reservations.models import Reservation


@retried_atomic
def check_in(*, reservation_id: UUID, actor: Actor, now: datetime | None = None) -> Reservation:
    """From ``check_in_opens`` minutes before the start until the end, else ``check_in_closed``."""
    at = now or clock_now()
    reservation = lock_reservation(reservation_id)
    if reservation.status == Status.CHECKED_IN:
        return reservation
    require_transition(reservation, Status.CHECKED_IN)
    # The venue's staff may check in early; nobody can after the end.
    _require_open(reservation, actor, at)
    # A no-show has lost its time: it is claimed again, and the guard decides.
    if reservation.status == Status.NO_SHOW:
        lines = booked_lines(reservation)
        lock_leaves(leaf_ids(lines))
        with translate_refusals(single_unit=True):
            move_allocations(reservation, lines)
    set_status(reservation, Status.CHECKED_IN, kind=EventKind.CHECKED_IN, actor=actor, now=at)
    return reservation


def _require_open(reservation: Reservation, actor: Actor, now: datetime) -> None:
    rules = [line.bookable.customer_rules for line in booked_lines(reservation)]
    opens = reservation.starts_at - timedelta(
        minutes=max(customer_rules.check_in_opens for customer_rules in rules)
    )
    staff = booker_for(actor, reservation.venue_id).is_staff
    if not (staff or opens <= now) or now >= reservation.ends_at:
        raise BookingRefused(_("Check-in is not open at this time."), code="check_in_closed")


@retried_atomic
def complete_reservation(*, reservation_id: UUID, actor: Actor, now: datetime | None = None) -> Reservation:
    """The visit is over; the occupied span stays as the record of what was used."""
    reservation = lock_reservation(reservation_id)
    if reservation.status != Status.COMPLETED:
        set_status(
            reservation, Status.COMPLETED, kind=EventKind.COMPLETED, actor=actor, now=now or clock_now()
        )
    return reservation


@retried_atomic
def mark_no_show(*, reservation_id: UUID, actor: Actor, now: datetime | None = None) -> Reservation:
    """Free the rest of the time. Raises ``BookingRefused`` (``too_soon``) before the start."""
    at = now or clock_now()
    reservation = lock_reservation(reservation_id)
    if reservation.status == Status.NO_SHOW:
        return reservation
    require_transition(reservation, Status.NO_SHOW)
    if at < reservation.starts_at:
        raise BookingRefused(_("It has not begun yet."), code="too_soon")
    free_time(reservation)
    set_status(reservation, Status.NO_SHOW, kind=EventKind.NO_SHOW, actor=actor, now=at)
    return reservation
