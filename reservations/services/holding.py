from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.transactions import retried_atomic
from reservations.domain.extensions import (
    Proposal,
    agree_on_price,
    extensions_of,
    lock_for_products,
    owner_of,
    propose_again,
    record_for_products,
    require_allowed,
    title_for,
)
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservation, save_change, set_status, write_event
from reservations.domain.limits import check_limits, lock_customer
from reservations.domain.lines import Line
from reservations.domain.occupancy import free_time, lock_leaves, raise_violation, translate_refusals
from reservations.domain.pricing import PRICE_FIELDS, read_price
from reservations.domain.questions import KEPT, check_reply
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
from reservations.services.adding import span_of
from reservations.services.booking import booked_status
from reservations.services.contact import require_contact
from resources.catalog import catalog_of

CUSTOMERS_FIELDS = ("customer", "customer_name", "customer_email", "customer_phone", "requests")
LONGEST_HOLD = 3
"""Times the usual length that a hold lasts at most, however often it is extended."""


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
    """Turn a hold into a booking; asked again, it returns the booking.

    A hold that has expired succeeds if its time is still free, else ``HoldExpired``. ``seen`` saves reading
    the hold before the lock.
    """
    at = now or clock_now()
    unlocked = (
        seen or Reservation.objects.select_related("venue", "customer").filter(pk=reservation_id).first()
    )
    if unlocked is None:
        raise ReservationNotFound
    require_contact(customer, actor=actor, venue_id=unlocked.venue_id, before=owner_of(unlocked))
    # The person before the row, as in every change; which limits count is known from the unlocked row.
    unlocked_lines = booked_lines(unlocked, catalog_of(unlocked.venue).bookables)
    lock_customer(customer, unlocked_lines)
    booker = booker_for(actor, unlocked.venue_id)
    lock_for_products(propose_again(unlocked, unlocked_lines, customer, actor, booker))
    reservation = lock_reservation(reservation_id, seen=seen)
    if reservation.status in (Status.PENDING, Status.CONFIRMED):
        return reservation
    if reservation.status == Status.EXPIRED:
        raise HoldExpired
    # Read under the lock: something may have been added until just now.
    lines = booked_lines(reservation)
    reply_fields = check_reply(lines, reply, booker, at)
    _make_permanent(reservation, lines, customer, booker, at)
    _agree_with_products(reservation, propose_again(reservation, lines, customer, actor, booker))
    for name in KEPT:
        setattr(reservation, name, reply_fields[name])
    _become_booking(reservation, lines, customer, actor, booker, requests, reply, at)
    return reservation


def _agree_with_products(reservation: Reservation, proposal: Proposal) -> None:
    """Only now is it known for whom: somebody may have been there before, or have a pass."""
    if not extensions_of(proposal.lines):
        return
    require_allowed(proposal)
    for name, value in agree_on_price(proposal, read_price(reservation)).items():
        setattr(reservation, name, value)
    reservation.title = title_for(proposal) or reservation.title


def _make_permanent(
    reservation: Reservation, lines: list[Line], customer: Customer, booker: Booker, now: datetime
) -> None:
    for line in lines:
        if obstacle := people_violation(line.bookable, booker, reservation.party_size):
            raise_violation(obstacle)
    if not booker.is_staff:
        check_limits(customer, lines, span_of(reservation), now=now, but=reservation.pk)
    lock_leaves(leaf_ids(lines))
    _occupy_until(reservation, None)


def _become_booking(
    reservation: Reservation,
    lines: list[Line],
    customer: Customer,
    actor: Actor,
    booker: Booker,
    requests: str,
    reply: Reply,
    now: datetime,
) -> None:
    reservation.customer = customer.user
    reservation.customer_name = customer.name
    reservation.customer_email = customer.email
    reservation.customer_phone = customer.phone
    reservation.requests = requests
    record_for_products(reservation, lines)
    set_status(
        reservation,
        booked_status(lines, span_of(reservation), booker, deposit=reservation.deposit_amount),
        kind=EventKind.BOOKED,
        actor=actor,
        now=now,
        changes=reply.recorded,
        fields=(*CUSTOMERS_FIELDS, *KEPT, *(PRICE_FIELDS if extensions_of(lines) else ()), "title"),
    )


@retried_atomic
def extend_hold(*, reservation_id: UUID, actor: Actor, now: datetime | None = None) -> Reservation:
    """Give the hold its full length again, up to ``LONGEST_HOLD`` in all, else ``hold_limit``."""
    at = now or clock_now()
    reservation = lock_reservation(reservation_id)
    if reservation.status == Status.EXPIRED:
        raise HoldExpired
    if reservation.status != Status.HELD or reservation.expires_at is None:
        raise TransitionNotAllowed
    lines = booked_lines(reservation)
    until = could_last_until(reservation, lines, at)
    if until <= reservation.expires_at:
        raise BookingRefused(_("This hold can't be extended any further."), code="hold_limit")
    old_end, reservation.expires_at = reservation.expires_at, until
    # The rows outlive their old end only if nobody has taken the time since: the guard checks the update.
    lock_leaves(leaf_ids(lines))
    _occupy_until(reservation, int(until.timestamp()))
    save_change(reservation, "expires_at")
    write_event(
        reservation,
        kind=EventKind.EXTENDED,
        actor=actor,
        now=at,
        old_status=reservation.status,
        changes={"expires_at": [str(old_end), str(until)]},
    )
    return reservation


def could_last_until(reservation: Reservation, lines: Sequence[Line], now: datetime) -> datetime:
    length = timedelta(minutes=min(line.bookable.customer_rules.hold_minutes for line in lines))
    return min(now + length, reservation.created_at + LONGEST_HOLD * length)


def _occupy_until(reservation: Reservation, expires_at: int | None) -> None:
    """The guard looks again if the hold has expired. Raises ``HoldExpired``."""
    try:
        with translate_refusals(single_unit=True):
            reservation.allocations.update(expires_at=expires_at)
    except (SlotTaken, CapacityReached) as refusal:
        raise HoldExpired from refusal


@retried_atomic
@announcing_freed()
def release_hold(*, reservation_id: UUID, actor: Actor, now: datetime | None = None) -> Reservation:
    """End a hold early; no error if it is over already. Raises ``TransitionNotAllowed`` for bookings."""
    reservation = lock_reservation(reservation_id)
    if reservation.status == Status.EXPIRED:
        return reservation
    if reservation.status != Status.HELD:
        raise TransitionNotAllowed  # a pending request may expire, too, but not by this door
    set_status(reservation, Status.EXPIRED, kind=EventKind.EXPIRED, actor=actor, now=now or clock_now())
    free_time(reservation)
    return reservation
