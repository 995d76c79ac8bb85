"""What becomes of a hold: a booking, or nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.transactions import retried_atomic
from reservations.domain.history import locked_reservation, save_change, set_status, write_event
from reservations.domain.limits import check_limits, lock_customer
from reservations.domain.lines import Line, Span
from reservations.domain.occupancy import guarded, lock_leaves, raise_violation, release
from reservations.domain.questions import KEPT, replied
from reservations.domain.values import NO_REPLY, Actor, Customer, Reply, booker_for
from reservations.domain.writing import booked_lines, leaf_ids
from reservations.enums import EventKind, Status
from reservations.exceptions import (
    BookingRefused,
    CapacityReached,
    HoldExpired,
    ReservationNotFound,
    SlotTaken,
    TransitionNotAllowed,
)
from reservations.models import Reservation
from reservations.policies import Booker, people_violation
from reservations.services.booking import booked_status, require_contact
from resources.catalog import catalog_of
from scheduling.zones import to_minute

LONGEST_HOLD = 3
"""A hold lasts at most so many times its usual length, however often it is extended."""


@retried_atomic
def confirm_hold(
    *,
    reservation_id: UUID,
    customer: Customer,
    actor: Actor,
    requests: str = "",
    reply: Reply = NO_REPLY,
    seen: Reservation | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Turns a hold into a booking; asked a second time, it returns the booking quietly.

    A hold that has run out succeeds only if its time is still free: the guard looks again.
    ``seen`` is the hold as its caller has just read it: it is not read again before the lock.
    ``reply`` as in ``book_reservation``.
    Raises ``HoldExpired``, ``BookingRefused``, ``InvalidInput``, ``TransitionNotAllowed``,
    ``ReservationNotFound``.
    """
    require_contact(customer)
    at = now or clock_now()
    known = seen or Reservation.objects.select_related("venue").filter(pk=reservation_id).first()
    if known is None:
        raise ReservationNotFound
    lock_customer(customer, booked_lines(known, catalog_of(known.venue).bookables))
    reservation = locked_reservation(reservation_id, seen=seen)
    if reservation.status in (Status.PENDING, Status.CONFIRMED):
        return reservation
    if reservation.status == Status.EXPIRED:
        raise HoldExpired
    lines = booked_lines(reservation)  # something may have been added until just now
    booker = booker_for(actor, reservation.venue_id)
    said = replied(lines, reply, booker, at)
    _claim(reservation, lines, customer, booker, at)
    for name in KEPT:
        setattr(reservation, name, said[name])
    _become_booking(reservation, lines, customer, actor, booker, requests, at)
    return reservation


def _claim(
    reservation: Reservation, lines: list[Line], customer: Customer, booker: Booker, now: datetime
) -> None:
    """Checks the people's rules once more and makes the hold's allocations last."""
    for line in lines:
        if found := people_violation(line.bookable, booker, reservation.party_size):
            raise_violation(found)
    if not booker.is_staff:
        check_limits(customer, lines, start=to_minute(reservation.starts_at), now=now)
    lock_leaves(leaf_ids(lines))
    _occupy_until(reservation, None)


def _become_booking(
    reservation: Reservation,
    lines: list[Line],
    customer: Customer,
    actor: Actor,
    booker: Booker,
    requests: str,
    now: datetime,
) -> None:
    reservation.customer = customer.user
    reservation.customer_name = customer.name
    reservation.customer_email = customer.email
    reservation.customer_phone = customer.phone
    reservation.requests = requests
    span = Span(to_minute(reservation.starts_at), to_minute(reservation.ends_at), reservation.party_size)
    set_status(
        reservation,
        booked_status(lines, span, booker, deposit=reservation.deposit_amount),
        kind=EventKind.BOOKED,
        actor=actor,
        now=now,
        fields=("customer", "customer_name", "customer_email", "customer_phone", "requests", *KEPT),
    )


@retried_atomic
def extend_hold(*, reservation_id: UUID, actor: Actor, now: datetime | None = None) -> Reservation:
    """Gives the customer the hold's length again from now on, up to ``LONGEST_HOLD`` of it in all.

    A hold that has run out is extended only if its time is still free.
    Raises ``HoldExpired``, ``BookingRefused`` (``hold_limit``), ``TransitionNotAllowed``.
    """
    at = now or clock_now()
    reservation = locked_reservation(reservation_id)
    if reservation.status == Status.EXPIRED:
        raise HoldExpired
    if reservation.status != Status.HELD or reservation.expires_at is None:
        raise TransitionNotAllowed
    lines = booked_lines(reservation)
    until = could_last_until(reservation, lines, at)
    if until <= reservation.expires_at:
        raise BookingRefused(_("This hold cannot be extended any further."), code="hold_limit")
    old, reservation.expires_at = reservation.expires_at, until
    lock_leaves(leaf_ids(lines))
    _occupy_until(reservation, int(until.timestamp()))
    save_change(reservation, "expires_at")
    write_event(
        reservation,
        kind=EventKind.EXTENDED,
        actor=actor,
        now=at,
        old_status=reservation.status,
        changes={"expires_at": [str(old), str(until)]},
    )
    return reservation


def could_last_until(reservation: Reservation, lines: Sequence[Line], now: datetime) -> datetime:
    """When the hold would end if it were extended now."""
    length = timedelta(minutes=min(line.bookable.customer_rules.hold_minutes for line in lines))
    return min(now + length, reservation.created_at + LONGEST_HOLD * length)


def _occupy_until(reservation: Reservation, expires_at: int | None) -> None:
    """The guard looks again where the hold has run out. Raises ``HoldExpired``."""
    try:
        with guarded(single_unit=True):
            reservation.allocations.update(expires_at=expires_at)
    except (SlotTaken, CapacityReached) as refused:
        raise HoldExpired from refused


@retried_atomic
def release_hold(*, reservation_id: UUID, actor: Actor, now: datetime | None = None) -> Reservation:
    """Gives a held time back before the hold runs out; quiet when it is over already.

    Raises ``TransitionNotAllowed`` for what is a booking by now.
    """
    reservation = locked_reservation(reservation_id)
    if reservation.status == Status.EXPIRED:
        return reservation
    if reservation.status != Status.HELD:
        raise TransitionNotAllowed  # a pending request may expire, too, but not by this door
    set_status(reservation, Status.EXPIRED, kind=EventKind.EXPIRED, actor=actor, now=now or clock_now())
    release(reservation)
    return reservation
