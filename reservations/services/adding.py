from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import InvalidInput, NotFound
from common.money import round_amount
from common.transactions import retried_atomic
from reservations.availability import Moment, find_violations
from reservations.domain.extensions import (
    agree_on_price,
    are_offered,
    lock_for_products,
    owner_of,
    propose_again,
    record_for_products,
    require_allowed,
)
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservation, save_change, write_event
from reservations.domain.limits import check_limits, lock_customer
from reservations.domain.lines import MOST_ITEMS, Line, Span, make_probes
from reservations.domain.occupancy import lock_leaves, occupied_leaves, raise_violation, translate_refusals
from reservations.domain.pricing import calculate_price
from reservations.domain.values import Actor, booker_for
from reservations.domain.writing import booked_lines, leaf_ids, move_allocations
from reservations.enums import EventKind, Status
from reservations.exceptions import BookingRefused, HoldExpired, ReservationNotFound, TransitionNotAllowed
from reservations.models import Reservation, ReservationItem
from reservations.policies import violation
from resources.catalog import catalog
from scheduling.reasons import Reason
from scheduling.zones import to_minute


@retried_atomic
@announcing_freed()
def add_to_hold(
    *, reservation_id: UUID, resource_id: int, quantity: int = 1, actor: Actor, now: datetime | None = None
) -> Reservation:
    """Hold another resource for the same time; no change if it is held already. Raises ``HoldExpired``."""
    at = now or clock_now()
    unlocked = _read_unlocked(reservation_id)
    line = _make_line(unlocked, resource_id, quantity)
    booker = booker_for(actor, unlocked.venue_id)
    owner = owner_of(unlocked)
    # The person before the row: read without a lock first, only to know whom to lock.
    if not booker.is_staff:
        lock_customer(owner, [line])
    lock_for_products(propose_again(unlocked, [*booked_lines(unlocked), line], owner, actor, booker))
    reservation = _lock_hold(reservation_id)
    lines = booked_lines(reservation)
    if any(held_line.bookable.id == resource_id for held_line in lines):
        return reservation
    if not are_offered(reservation.venue_id, [line]):
        raise_violation(violation(Reason.INACTIVE))
    # After the check for repetition: asking twice for the last one that fits is no error.
    _require_room(lines)
    if not booker.is_staff:
        check_limits(owner, [line], span_of(reservation), now=at, but=reservation.pk)
    # New and old leaves together and in one order, then the check that nothing can change any more.
    lock_leaves({*leaf_ids([*lines, line]), *occupied_leaves([reservation])})
    moment = Moment(epoch_minute(at), epoch_seconds(clock_now()))
    obstacle = find_violations(
        make_probes([line], span_of(reservation)), booker, moment, excluding=reservation.pk
    )[0]
    if obstacle is not None:
        raise_violation(obstacle)
    ReservationItem.objects.create(
        venue_id=reservation.venue_id, reservation=reservation, resource_id=resource_id, units=line.units
    )
    reservation.refresh_from_db(fields=["items"])  # forgets what was read, asks nothing
    _save_lines(reservation, lines, [*lines, line], actor, at)
    return reservation


@retried_atomic
@announcing_freed()
def remove_from_hold(
    *, reservation_id: UUID, resource_id: int, actor: Actor, now: datetime | None = None
) -> Reservation:
    """Raises ``BookingRefused`` (``last_resource``), ``HoldExpired``; no change if it is not held."""
    unlocked = _read_unlocked(reservation_id)
    booker = booker_for(actor, unlocked.venue_id)
    lock_for_products(propose_again(unlocked, booked_lines(unlocked), owner_of(unlocked), actor, booker))
    reservation = _lock_hold(reservation_id)
    lines = booked_lines(reservation)
    kept_lines = [line for line in lines if line.bookable.id != resource_id]
    if len(kept_lines) == len(lines):
        return reservation
    if not kept_lines:
        raise BookingRefused(_("This is the only item held. Release the time instead."), code="last_resource")
    lock_leaves(leaf_ids(lines))
    reservation.items.filter(resource_id=resource_id).delete()
    reservation.refresh_from_db(fields=["items"])  # forgets what was read, asks nothing
    _save_lines(reservation, lines, kept_lines, actor, now or clock_now())
    return reservation


def _read_unlocked(reservation_id: UUID) -> Reservation:
    """To know whom and what to lock before the row itself."""
    reservation = Reservation.objects.select_related("customer").filter(pk=reservation_id).first()
    if reservation is None:
        raise ReservationNotFound
    return reservation


def span_of(reservation: Reservation) -> Span:
    start, end = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
    return Span(start, end, reservation.party_size)


def _make_line(reservation: Reservation, resource_id: int, quantity: int) -> Line:
    bookable = catalog(reservation.venue_id).bookables.get(resource_id)
    if bookable is None:
        raise NotFound(_("This resource doesn't belong to this venue."))
    if quantity < 1:
        raise InvalidInput(fields={"quantity": [_("Enter 1 or more.")]})
    return Line(bookable, bookable.units_for(reservation.party_size, quantity))


def _lock_hold(reservation_id: UUID) -> Reservation:
    reservation = lock_reservation(reservation_id)
    if reservation.status == Status.EXPIRED:
        raise HoldExpired
    if reservation.status != Status.HELD or reservation.expires_at is None:
        raise TransitionNotAllowed
    if reservation.expires_at <= clock_now():
        raise HoldExpired
    return reservation


def _require_room(lines: Sequence[Line]) -> None:
    if len(lines) >= MOST_ITEMS:
        raise InvalidInput(_("Book 1 to %(most)d resources at once.") % {"most": MOST_ITEMS})


def _save_lines(
    reservation: Reservation, before: Sequence[Line], lines: Sequence[Line], actor: Actor, now: datetime
) -> None:
    span, old_total = span_of(reservation), reservation.total_amount
    booker = booker_for(actor, reservation.venue_id)
    proposal = propose_again(reservation, lines, owner_of(reservation), actor, booker)
    require_allowed(proposal)
    price = agree_on_price(proposal, calculate_price(lines, span.start, span.end, span.party_size))
    for name, value in price.items():
        setattr(reservation, name, value)
    with translate_refusals(single_unit=all(line.bookable.limit == 1 for line in lines)):
        move_allocations(reservation, lines)
    record_for_products(reservation, lines)
    save_change(reservation, *price)
    amounts = [
        str(round_amount(amount, reservation.currency)) for amount in (old_total, reservation.total_amount)
    ]
    write_event(
        reservation,
        kind=EventKind.ADJUSTED,
        actor=actor,
        now=now,
        old_status=reservation.status,
        changes={"resources": [_join_names(before), _join_names(lines)], "total_amount": amounts},
    )


def _join_names(lines: Sequence[Line]) -> str:
    return ", ".join(line.bookable.name for line in lines)
