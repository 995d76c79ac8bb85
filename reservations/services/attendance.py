from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.transactions import retried_atomic
from reservations.domain.deadlines import find_arrival_opening
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import (
    find_booked_end,
    lock_reservation,
    read_items,
    require_transition,
    set_status,
    take_status_back,
)
from reservations.domain.obstacles import name_obstacles
from reservations.domain.occupancy import free_time, lock_leaves, translate_refusals
from reservations.domain.values import Actor, booker_for
from reservations.domain.writing import booked_lines, end_allocations, leaf_ids, move_allocations
from reservations.enums import EventKind, Status
from reservations.exceptions import BookingRefused, SlotTaken
from reservations.models import Reservation


@retried_atomic
def check_in(
    *,
    reservation_id: UUID,
    actor: Actor,
    version: int | None = None,
    seen: Reservation | None = None,
    now: datetime | None = None,
) -> Reservation:
    """From ``check_in_opens`` minutes before the start until the end, else ``check_in_closed``.

    For staff from ``staff_check_in_opens``: usually the whole day.
    """
    at = now or clock_now()
    reservation = lock_reservation(reservation_id, version=version, seen=seen)
    if reservation.status == Status.CHECKED_IN:
        return reservation
    require_transition(reservation, Status.CHECKED_IN)
    if not _opening(reservation, actor) <= at < reservation.ends_at:
        raise BookingRefused(_("Check-in isn't open yet, or is over."), code="check_in_closed")
    _claim_again(reservation)
    set_status(reservation, Status.CHECKED_IN, kind=EventKind.CHECKED_IN, actor=actor, now=at)
    return reservation


def _opening(reservation: Reservation, actor: Actor) -> datetime:
    is_staff = booker_for(actor, reservation.venue_id).is_staff
    return find_arrival_opening(reservation, booked_lines(reservation), is_staff=is_staff)


def _claim_again(reservation: Reservation) -> None:
    """What a no-show has lost, as long as the guard allows it. Raises ``SlotTaken``."""
    if reservation.status == Status.NO_SHOW:
        _occupy_again(reservation)


def _occupy_again(reservation: Reservation) -> None:
    lines = booked_lines(reservation)
    lock_leaves(leaf_ids(lines))
    with translate_refusals(single_unit=True):
        move_allocations(reservation, lines)


@retried_atomic
@announcing_freed()
def complete_reservation(
    *,
    reservation_id: UUID,
    actor: Actor,
    version: int | None = None,
    free_from: datetime | None = None,
    locked: Reservation | None = None,
    now: datetime | None = None,
) -> Reservation:
    """The visit is over. Whoever leaves early frees the rest of the time; the price stays.

    With ``free_from`` only what comes after that: something has to be made ready. Not before people can be
    checked in, else ``too_soon``. ``locked`` by the caller in this transaction: it is not read again.
    """
    at = now or clock_now()
    reservation = locked or lock_reservation(reservation_id, version=version)
    read_items(reservation)
    if reservation.status == Status.COMPLETED:
        return reservation
    require_transition(reservation, Status.COMPLETED)
    # From the start on people may come by any rules: they need not be looked up.
    if at < reservation.starts_at and at < _opening(reservation, actor):
        raise BookingRefused(_("You can do this on the day of the booking."), code="too_soon")
    is_unused = free_from is not None and free_from < reservation.starts_at
    changes = _end_early(reservation, free_from or at, is_unused=is_unused)
    set_status(
        reservation,
        Status.COMPLETED,
        kind=EventKind.COMPLETED,
        actor=actor,
        now=at,
        changes=changes,
        fields=tuple(changes),
    )
    return reservation


def _end_early(reservation: Reservation, now: datetime, *, is_unused: bool) -> dict[str, list[str]]:
    """What that changes; at least a minute stays, in the books alone if it was not even begun."""
    if is_unused:
        free_time(reservation)
    end = max(now.replace(second=0, microsecond=0), reservation.starts_at + timedelta(minutes=1))
    before = reservation.ends_at
    if end >= before:
        return {}
    reservation.ends_at = end
    if not is_unused:
        lines = booked_lines(reservation)
        lock_leaves(leaf_ids(lines))
        end_allocations(reservation, lines)
    return {"ends_at": [str(before), str(end)]}


@retried_atomic
@announcing_freed()
def mark_no_show(
    *, reservation_id: UUID, actor: Actor, version: int | None = None, now: datetime | None = None
) -> Reservation:
    """Free the rest of the time. Raises ``BookingRefused`` (``too_soon``) before the start."""
    at = now or clock_now()
    reservation = lock_reservation(reservation_id, version=version)
    if reservation.status == Status.NO_SHOW:
        return reservation
    require_transition(reservation, Status.NO_SHOW)
    if at < reservation.starts_at:
        raise BookingRefused(_("This booking hasn't started yet."), code="too_soon")
    free_time(reservation)
    set_status(reservation, Status.NO_SHOW, kind=EventKind.NO_SHOW, actor=actor, now=at)
    return reservation


def undo_attendance(
    *, reservation_id: UUID, actor: Actor, version: int | None = None, now: datetime | None = None
) -> Reservation:
    """Take back the last check-in, completion or no-show, while the time is free.

    With ``version`` a click sent twice takes one step (``StaleVersion``). Raises ``SlotTaken``, whose
    ``extra["in_the_way"]`` names the bookings that have the time now.
    """
    try:
        return _undo(reservation_id, actor, version, now or clock_now())
    except SlotTaken as error:
        name_obstacles(error, reservation_id)
        raise


def _lengthen_again(reservation: Reservation) -> dict[str, list[str]]:
    """The end before they were said to have left. Raises ``SlotTaken``."""
    before, booked_end = reservation.ends_at, find_booked_end(reservation)
    if booked_end == before:
        return {}
    reservation.ends_at = booked_end
    _occupy_again(reservation)
    return {"ends_at": [str(before), str(booked_end)]}


@retried_atomic
@announcing_freed()
def _undo(reservation_id: UUID, actor: Actor, version: int | None, now: datetime) -> Reservation:
    reservation = lock_reservation(reservation_id, version=version)
    _claim_again(reservation)
    changes = _lengthen_again(reservation)
    take_status_back(reservation, actor=actor, now=now, changes=changes)
    if reservation.status == Status.NO_SHOW:
        free_time(reservation)
    return reservation
