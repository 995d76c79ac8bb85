"""Changing what a reservation is: its time, party, resources, requests or contact.

The old time is never lost when the new one is refused: everything happens in one transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import InvalidInput, NotFound
from common.money import round_amount
from common.transactions import retried_atomic
from reservations.availability import Moment, violations
from reservations.domain.history import (
    locked_reservation,
    locked_reservations,
    save_change,
    set_status,
    write_event,
)
from reservations.domain.limits import check_moved, lock_customer
from reservations.domain.lines import Line, Span, instead_of, probes
from reservations.domain.occupancy import guarded, lock_leaves, occupied_leaves, raise_violation
from reservations.domain.pricing import priced
from reservations.domain.values import Actor, Customer, booker_for
from reservations.domain.writing import (
    as_block,
    booked_lines,
    free_allocations,
    leaf_ids,
    move_allocations,
    move_items,
)
from reservations.enums import EDITABLE, RESCHEDULABLE, EventKind, Purpose, Status
from reservations.exceptions import BookingRefused, ReservationNotFound, SeriesRefused, TransitionNotAllowed
from reservations.models import Reservation
from reservations.policies import Booker, Violation
from reservations.selectors import balance
from reservations.services.booking import booked_status, require_contact
from reservations.services.cancelling import cancellation_preview
from resources.catalog import catalog_of
from resources.facts import Bookable
from scheduling.zones import from_minute, to_minute


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be different; None leaves it as it is.

    ``resources`` maps ids of booked resources to those that take their place; ``keep_price`` leaves the
    price as agreed, for changes that are the venue's doing.
    """

    start: datetime | None = None
    end: datetime | None = None
    party_size: int | None = None
    requests: str | None = None
    customer: Customer | None = None
    resources: Mapping[int, int] | None = None
    keep_price: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """A reservation with what it was and what it is to become."""

    reservation: Reservation
    changes: Changes
    old_lines: list[Line]
    old_span: Span
    lines: list[Line]
    span: Span

    @property
    def is_occupancy(self) -> bool:
        """Whether it takes other time, units or resources than before."""
        return self.old_span != self.span or bool(self.changes.resources)

    @property
    def owner(self) -> Customer:
        """Towards whose limits it counts."""
        return Customer(self.reservation.customer, email=self.reservation.customer_email)


def change_reservation(
    *,
    reservation_id: UUID,
    changes: Changes,
    actor: Actor,
    version: int | None = None,
    seen: Reservation | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Applies ``changes``; asked for what is already so, it changes nothing.

    Where the rules want approval, a confirmed reservation that its customer moves is pending again.
    Customers may move it for as long as cancelling would still return something.
    ``seen`` is the reservation as its caller has just read it: it is not read again before the lock.
    Raises ``InvalidInput``, ``NotFound``, ``BookingRefused``, ``SlotTaken``, ``CapacityReached``,
    ``TransitionNotAllowed``, ``StaleVersion``, ``ReservationNotFound``, ``Busy``.
    """
    _check(changes)
    return _change_one(reservation_id, changes, actor, version, seen, now or clock_now())


@retried_atomic
def _change_one(
    reservation_id: UUID,
    changes: Changes,
    actor: Actor,
    version: int | None,
    seen: Reservation | None,
    now: datetime,
) -> Reservation:
    booker = _alone(seen or _first_of([reservation_id]), lambda _reservation: changes, actor)
    reservation = locked_reservation(reservation_id, version=version, seen=seen)
    move = planned(reservation, changes)
    if move.is_occupancy:
        _require_movable(move, booker, now)
        _lock_leaves([move])
        for found in _violations([move], booker, now, but=reservation.pk):
            if found is not None:
                raise_violation(found)
        _carry_out([move], actor, booker, now)
    _change_details(reservation, changes, actor, now)
    return reservation


@retried_atomic
def change_many(
    *, changes: Callable[[Reservation], Changes], ids: Sequence[UUID], actor: Actor, now: datetime
) -> list[Reservation]:
    """Changes several reservations of one venue, all or none: their own old times do not stand in the way.

    Raises ``SeriesRefused`` with every obstacle, and what ``change_reservation`` raises.
    """
    booker = _alone(_first_of(ids), changes, actor)
    reservations = locked_reservations(ids)
    moves = [planned(each, changes(each)) for each in reservations]
    moving = [move for move in moves if move.is_occupancy]
    if moving:
        for move in moving:
            _check(move.changes)
            _require_movable(move, booker, now)
        _lock_leaves(moving)
        free_allocations([move.reservation for move in moving])
        _refuse_all(moving, _violations(moving, booker, now))
        _carry_out(moving, actor, booker, now)
    for move in moves:
        _change_details(move.reservation, move.changes, actor, now)
    return reservations


def _first_of(ids: Sequence[UUID]) -> Reservation:
    """Raises ``ReservationNotFound``."""
    found = Reservation.objects.select_related("venue", "customer").filter(pk__in=ids).first()
    if found is None:
        raise ReservationNotFound
    return found


def _alone(known: Reservation, changes: Callable[[Reservation], Changes], actor: Actor) -> Booker:
    """Who moves ``known`` and others of the same customer.

    Customers are locked by name, before any row, where moving counts towards limits.
    """
    booker = booker_for(actor, known.venue_id)
    if not booker.is_staff:
        move = planned(known, changes(known))
        lock_customer(move.owner, move.lines)
    return booker


def _lock_leaves(moves: Sequence[Move]) -> None:
    """What is left as well as what is taken: freeing a leaf takes its lock, too."""
    wanted = {leaf for move in moves for leaf in leaf_ids(move.lines)}
    lock_leaves(wanted | occupied_leaves([move.reservation for move in moves]))


def _check(changes: Changes) -> None:
    if changes.start and changes.end and changes.end <= changes.start:
        raise InvalidInput(fields={"end": [_("Must be after the start.")]})
    if changes.party_size is not None and changes.party_size < 1:
        raise InvalidInput(fields={"party_size": [_("At least 1.")]})
    if changes.customer is not None:
        require_contact(changes.customer)


def planned(reservation: Reservation, changes: Changes) -> Move:
    """What the changes mean under today's configuration, for what has just been read. Raises ``NotFound``."""
    span = Span(
        to_minute(changes.start or reservation.starts_at),
        to_minute(changes.end or reservation.ends_at),
        changes.party_size or reservation.party_size,
    )
    swaps, known = changes.resources or {}, catalog_of(reservation.venue).bookables
    lines, old_lines = [], booked_lines(reservation, known)
    for line in old_lines:
        if line.bookable.id in swaps:
            other = _instead(reservation, swaps[line.bookable.id], known)
            lines.append(instead_of(line, other, span.party_size))
        else:
            lines.append(replace(line, units=line.bookable.units_for(span.party_size, line.units)))
    old = Span(to_minute(reservation.starts_at), to_minute(reservation.ends_at), reservation.party_size)
    return Move(reservation, changes, old_lines, old, lines, span)


def _instead(reservation: Reservation, resource_id: int, known: Mapping[int, Bookable]) -> Bookable:
    """What takes a booked resource's place. Raises ``NotFound``."""
    found = known.get(resource_id)
    if found is None:
        raise NotFound(_("This venue has no such resource."))
    return found if reservation.purpose == Purpose.BOOKING else as_block(found)


def _require_movable(move: Move, booker: Booker, now: datetime) -> None:
    if move.reservation.status not in RESCHEDULABLE:
        raise TransitionNotAllowed
    if not booker.is_staff:
        require_in_time(move.reservation, now)


def require_in_time(reservation: Reservation, now: datetime) -> None:
    """Raises ``BookingRefused`` (``too_late_to_change``) once cancelling returns nothing any more."""
    terms = cancellation_preview(reservation, now=now)
    total = round_amount(reservation.total_amount, reservation.currency)
    if reservation.starts_at <= now or (total and terms.fee >= total):
        raise BookingRefused(_("It is too late to change this reservation."), code="too_late_to_change")


def _violations(
    moves: Sequence[Move], booker: Booker, now: datetime, *, but: UUID | None = None
) -> list[Violation | None]:
    """Of each move the first thing in its way."""
    moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
    asked = [probe for move in moves for probe in probes(move.lines, move.span)]
    found = iter(violations(asked, booker, moment, but=but))
    answers = [[next(found) for _line in move.lines] for move in moves]
    return [next((each for each in answer if each), None) for answer in answers]


def _refuse_all(moves: Sequence[Move], found: Sequence[Violation | None]) -> None:
    refused = [(move, each) for move, each in zip(moves, found, strict=True) if each]
    if refused:
        raise SeriesRefused(
            extra={
                "refused": [
                    {
                        "reservation_id": str(move.reservation.pk),
                        "start": _local(move, move.span.start),
                        "reason": str(each.reason),
                        "message": str(each.message),
                    }
                    for move, each in refused
                ]
            }
        )


def _local(move: Move, minute: int) -> str:
    return from_minute(minute, move.reservation.venue.zone_name).isoformat()


def _carry_out(moves: Sequence[Move], actor: Actor, booker: Booker, now: datetime) -> None:
    """Writes the new times, price, history, items and occupied rows; the guard has the last word."""
    for move in moves:
        fields, changes = _apply(move)
        move_items(move.reservation, move.lines)
        with guarded(single_unit=all(line.bookable.limit == 1 for line in move.lines)):
            move_allocations(move.reservation, move.lines)
        _save_move(move, fields, changes, actor, booker, now)  # last: receivers see all of it
    for move in [] if booker.is_staff else moves:  # once all have left their old times
        check_moved(move.owner, move.old_lines, move.old_span.start, move.lines, move.span.start, now)


def _apply(move: Move) -> tuple[list[str], dict[str, Any]]:
    """Writes the move into the reservation, unsaved: the fields to be saved, and what is different."""
    reservation, span = move.reservation, move.span
    before = _recorded(reservation, move.old_lines)
    reservation.starts_at, reservation.ends_at = from_minute(span.start), from_minute(span.end)
    reservation.party_size = span.party_size
    fields = ["starts_at", "ends_at", "party_size"]
    if not move.changes.keep_price:
        new = priced(move.lines, span.start, span.end, span.party_size)
        fields += new
        for name, value in new.items():
            setattr(reservation, name, value)
    return fields, _differences(before, _recorded(reservation, move.lines))


def _recorded(reservation: Reservation, lines: Sequence[Line]) -> dict[str, str]:
    shown = {name: str(getattr(reservation, name)) for name in ("starts_at", "ends_at", "party_size")}
    shown["total_amount"] = str(round_amount(reservation.total_amount, reservation.currency))
    return shown | {"resources": ", ".join(line.bookable.name for line in lines)}


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def _save_move(
    move: Move, fields: Sequence[str], changes: dict[str, Any], actor: Actor, booker: Booker, now: datetime
) -> None:
    reservation = move.reservation
    status = booked_status(
        move.lines, move.span, booker, deposit=reservation.deposit_amount, paid=balance(reservation)
    )
    if reservation.status == Status.CONFIRMED and status == Status.PENDING:
        set_status(
            reservation,
            Status.PENDING,
            kind=EventKind.RESCHEDULED,
            actor=actor,
            now=now,
            changes=changes,
            fields=tuple(fields),
        )
        return
    save_change(reservation, *fields)
    old = reservation.status
    write_event(
        reservation, kind=EventKind.RESCHEDULED, actor=actor, now=now, old_status=old, changes=changes
    )


def _change_details(reservation: Reservation, changes: Changes, actor: Actor, now: datetime) -> None:
    """Requests and contact: they occupy nothing, so nothing has to be free."""
    wanted = _details(changes)
    different = {name: text for name, text in wanted.items() if str(getattr(reservation, name)) != text}
    if not different:
        return
    if reservation.status not in EDITABLE:
        raise TransitionNotAllowed
    recorded = {name: [str(getattr(reservation, name)), text] for name, text in different.items()}
    for name, text in different.items():
        setattr(reservation, name, text)
    save_change(reservation, *different)
    old = reservation.status
    write_event(reservation, kind=EventKind.EDITED, actor=actor, now=now, old_status=old, changes=recorded)


def _details(changes: Changes) -> dict[str, str]:
    found = {} if changes.requests is None else {"requests": changes.requests}
    if changes.customer is not None:
        found["customer_name"] = changes.customer.name
        found["customer_email"] = changes.customer.email
        found["customer_phone"] = changes.customer.phone
    return found
