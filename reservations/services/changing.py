from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds, instant_text
from common.clock import now as clock_now
from common.errors import InvalidInput
from common.transactions import retried_atomic
from reservations.availability import Moment, find_violations, moment_now
from reservations.domain.agreement import list_differences, record_values
from reservations.domain.deadlines import is_too_late_to_move
from reservations.domain.extensions import (
    Refusal,
    agree_on_price,
    find_refusal,
    lock_for_products,
    owner_of,
    raise_refusal,
    record_for_products,
    title_for,
)
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import (
    lock_reservation,
    lock_reservations,
    save_change,
    save_changes,
    set_status,
    write_all_events,
    write_event,
)
from reservations.domain.limits import check_limits_of_move, lock_customer
from reservations.domain.lines import make_probes
from reservations.domain.moves import AGAINST_BOOKED, Move, plan_move
from reservations.domain.occupancy import lock_leaves, occupied_leaves, raise_violation, translate_refusals
from reservations.domain.own_times import check_own_times
from reservations.domain.pricing import calculate_price
from reservations.domain.values import Actor, ReservationChanges, booker_for
from reservations.domain.writing import free_allocations, leaf_ids, move_all_allocations, move_items
from reservations.enums import EDITABLE, RESCHEDULABLE, EventKind, Status
from reservations.exceptions import BookingRefused, ReservationNotFound, SeriesRefused, TransitionNotAllowed
from reservations.models import Reservation
from reservations.policies import Booker, Violation
from reservations.selectors import balance
from reservations.services.booking import booked_status
from reservations.services.cancelling import cancellation_preview
from reservations.services.contact import require_contact
from reservations.services.deposits import is_pending_for_nothing
from reservations.signals import link_wanted
from scheduling.zones import from_minute


def change_reservation(
    *,
    reservation_id: UUID,
    changes: ReservationChanges,
    actor: Actor,
    version: int | None = None,
    seen: Reservation | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Apply ``changes``; no change if everything is so already.

    If the rules want approval, a confirmed reservation that its customer moves is pending again, and what was
    agreed before is kept for the case that staff decline. Customers may move it while cancelling would still
    return something; what cancelling costs then becomes its ``minimum_fee``. Staff may change the end, people
    and resources of what has begun. ``seen`` saves reading the reservation before the lock.
    """
    _check(changes)
    return _change_one(reservation_id, changes, actor, version, seen, now or clock_now())


@retried_atomic
@announcing_freed()
def _change_one(
    reservation_id: UUID,
    changes: ReservationChanges,
    actor: Actor,
    version: int | None,
    seen: Reservation | None,
    now: datetime,
) -> Reservation:
    # Person, reservation, leaves: the order of locks that every change keeps.
    unlocked = [seen] if seen else _read_unlocked([reservation_id])
    booker = _lock_owners(unlocked, lambda _reservation: changes, actor)
    reservation = lock_reservation(reservation_id, version=version, seen=seen)
    move = plan_move(reservation, changes)
    if move.is_occupancy:
        _require_movable(move, booker, now)
        _lock_leaves([move])
        for obstacle in _find_obstacles([move], actor, booker, now, excluding=reservation.pk):
            if isinstance(obstacle, Refusal):
                raise_refusal(obstacle)
            if obstacle is not None:
                raise_violation(obstacle)
        _carry_out([move], actor, booker, now)
    _change_details(reservation, move, actor, booker, now)
    return reservation


@retried_atomic
@announcing_freed()
def change_many(
    *, changes: Callable[[Reservation], ReservationChanges], ids: Sequence[UUID], actor: Actor, now: datetime
) -> list[Reservation]:
    """Change several reservations of one venue, all or none. Raises ``SeriesRefused`` with every obstacle."""
    booker = _lock_owners(_read_unlocked(ids), changes, actor)
    return _change_all(lock_reservations(ids), changes, actor, booker, now)


@retried_atomic
@announcing_freed()
def change_locked(
    *,
    changes: Callable[[Reservation], ReservationChanges],
    reservations: list[Reservation],
    actor: Actor,
    now: datetime,
) -> list[Reservation]:
    """``change_many`` for a product in charge, which has locked these rows, and what it asks for, already."""
    booker = booker_for(actor, reservations[0].venue_id)
    return _change_all(reservations, changes, actor, booker, now)


def _change_all(
    reservations: list[Reservation],
    changes: Callable[[Reservation], ReservationChanges],
    actor: Actor,
    booker: Booker,
    now: datetime,
) -> list[Reservation]:
    prefetch_related_objects(reservations, "items")
    moves = [plan_move(reservation, changes(reservation)) for reservation in reservations]
    moving = [move for move in moves if move.is_occupancy]
    if moving:
        for move in moving:
            _check(move.changes)
            _require_movable(move, booker, now)
        _lock_leaves(moving)
        # All leave their old times before any is checked, so that one may take another's.
        free_allocations([move.reservation for move in moving])
        _refuse_all(moving, _find_obstacles(moving, actor, booker, now))
        _carry_out(moving, actor, booker, now)
    for move in moves:
        _change_details(move.reservation, move, actor, booker, now)
    return reservations


def _read_unlocked(ids: Sequence[UUID]) -> list[Reservation]:
    found = Reservation.objects.filter(pk__in=ids).order_by("pk").select_related("venue", "customer")
    reservations = list(found.prefetch_related("items"))
    if not reservations:
        raise ReservationNotFound
    return reservations


def _lock_owners(
    unlocked: Sequence[Reservation], changes: Callable[[Reservation], ReservationChanges], actor: Actor
) -> Booker:
    """Locks the customer by name, because moving may count towards limits, and what products ask for.

    Before any reservation's row; what customers change in one call is theirs.
    """
    booker = booker_for(actor, unlocked[0].venue_id)
    moves = [plan_move(reservation, changes(reservation)) for reservation in unlocked]
    if not booker.is_staff:
        lines = [line for move in moves for line in move.lines]
        lock_customer(moves[0].owner, lines, heir=moves[0].changes.customer)
    for move in moves:
        lock_for_products(move.propose(actor, booker, moment_now()))
    return booker


def _lock_leaves(moves: Sequence[Move]) -> None:
    """Old leaves as well as new ones: freeing a leaf takes its lock, too."""
    new_leaves = {leaf for move in moves for leaf in leaf_ids(move.lines)}
    lock_leaves(new_leaves | occupied_leaves([move.reservation for move in moves]))


def _check(changes: ReservationChanges) -> None:
    if changes.start and changes.end and changes.end <= changes.start:
        raise InvalidInput(fields={"end": [_("Enter an end after the start.")]})
    if changes.party_size is not None and changes.party_size < 1:
        raise InvalidInput(fields={"party_size": [_("Enter 1 or more.")]})


def _require_movable(move: Move, booker: Booker, now: datetime) -> None:
    status = move.reservation.status
    if status == Status.CHECKED_IN and booker.is_staff:
        if move.span.start != move.old_span.start:
            raise BookingRefused(
                _(
                    "They've already checked in. You can only change the end, the number of people and the "
                    "place."
                ),
                code="has_begun",
            )
    elif status not in RESCHEDULABLE:
        raise TransitionNotAllowed
    if not booker.is_staff:
        require_in_time(move.reservation, now)


def require_in_time(reservation: Reservation, now: datetime) -> None:
    """Raises ``BookingRefused`` (``too_late_to_change``) once cancelling this time returns nothing."""
    if is_too_late_to_move(reservation, now):
        raise BookingRefused(_("It's too late to change this booking."), code="too_late_to_change")


def find_minimum_fee(
    reservation: Reservation, changes: ReservationChanges, booker: Booker, now: datetime
) -> Decimal:
    """What cancelling costs at least once ``changes`` are made: changing is no way around the fee."""
    if booker.is_staff and not changes.customer_asked:
        return reservation.minimum_fee
    return cancellation_preview(reservation, now=now).fee


def _find_obstacles(
    moves: Sequence[Move], actor: Actor, booker: Booker, now: datetime, *, excluding: UUID | None = None
) -> list[Violation | Refusal | None]:
    minute, seconds = epoch_minute(now), epoch_seconds(clock_now())
    # What has begun keeps its start, which is no time of the past for it.
    running = [move for move in moves if move.keeps_start and move.span.start < minute]
    since = min((move.span.start for move in running), default=minute)
    found = _judge(running, booker, Moment(since, seconds), excluding) if running else {}
    others = [move for move in moves if move.reservation.pk not in found]
    found |= _judge(others, booker, Moment(minute, seconds), excluding) if others else {}
    moment = Moment(minute, seconds)
    return [found[move.reservation.pk] or find_refusal(move.propose(actor, booker, moment)) for move in moves]


def _judge(
    moves: Sequence[Move], booker: Booker, moment: Moment, excluding: UUID | None
) -> dict[UUID, Violation | None]:
    """What stands in the way of each move, by its reservation."""
    probes = [probe for move in moves for probe in make_probes(move.lines, move.span)]
    obstacles = iter(find_violations(probes, booker, moment, excluding=excluding))
    obstacles_by_move = [(move, [next(obstacles) for _line in move.lines]) for move in moves]
    return {
        move.reservation.pk: next(
            (obstacle for obstacle in line_obstacles if obstacle and _counts(obstacle, move)), None
        )
        for move, line_obstacles in obstacles_by_move
    }


def _counts(obstacle: Violation, move: Move) -> bool:
    """Whoever has a booking may always take less, even where it could not be booked any more."""
    return not (move.is_only_less and obstacle.reason in AGAINST_BOOKED)


def _refuse_all(moves: Sequence[Move], obstacles: Sequence[Violation | Refusal | None]) -> None:
    refusals = [(move, obstacle) for move, obstacle in zip(moves, obstacles, strict=True) if obstacle]
    if refusals:
        raise SeriesRefused(
            extra={
                "refused": [
                    {
                        "reservation_id": str(move.reservation.pk),
                        "start": _local_text(move, move.span.start),
                        "reason": str(obstacle.reason),
                        "message": str(obstacle.message),
                    }
                    for move, obstacle in refusals
                ]
            }
        )


def _local_text(move: Move, minute: int) -> str:
    return instant_text(from_minute(minute, move.reservation.venue.zone_name))


def _carry_out(moves: Sequence[Move], actor: Actor, booker: Booker, now: datetime) -> None:
    """Write times, price, items, occupancy and history; the database's guard has the last word."""
    applied = [(move, *_apply_move(move, actor, booker, now)) for move in moves]
    for move in moves:
        move_items(move.reservation, move.lines)
    lines = [line for move in moves for line in move.lines]
    with translate_refusals(single_unit=all(line.bookable.limit == 1 for line in lines)):
        move_all_allocations((move.reservation, move.lines) for move in moves)
    for move in moves:
        record_for_products(move.reservation, move.lines)
    _save_moves(applied, actor, booker, now)  # last: receivers see all of it
    for move in [] if booker.is_staff else moves:  # once all have left their old times
        check_limits_of_move(
            move.owner,
            move.old_lines,
            move.old_span,
            move.lines,
            move.span,
            now=now,
            but=move.reservation.pk,
        )


def _apply_move(move: Move, actor: Actor, booker: Booker, now: datetime) -> tuple[list[str], dict[str, Any]]:
    reservation, span = move.reservation, move.span
    before = record_values(reservation, move.old_lines)
    # First: the fee is that of the old time, price and terms.
    reservation.minimum_fee = find_minimum_fee(reservation, move.changes, booker, now)
    reservation.starts_at, reservation.ends_at = from_minute(span.start), from_minute(span.end)
    reservation.party_size = span.party_size
    proposal = move.propose(actor, booker, moment_now())
    reservation.title = title_for(proposal) or reservation.title
    fields = ["starts_at", "ends_at", "party_size", "minimum_fee", "title"]
    if not move.changes.keep_price:
        price = agree_on_price(proposal, calculate_price(move.lines, span.start, span.end, span.party_size))
        fields += price
        for name, value in price.items():
            setattr(reservation, name, value)
    return fields, list_differences(before, record_values(reservation, move.lines))


Applied = tuple[Move, list[str], dict[str, Any]]
"""A move, with the fields that it sets and what the history says of it."""


def _save_moves(applied: Sequence[Applied], actor: Actor, booker: Booker, now: datetime) -> None:
    asked = [each for each in applied if _asks_again(each[0], booker)]
    for move, fields, changes in asked:
        move.reservation.agreed_before = move.agreed
        set_status(
            move.reservation,
            Status.PENDING,
            kind=EventKind.RESCHEDULED,
            actor=actor,
            now=now,
            changes=changes,
            fields=(*fields, "agreed_before"),
        )
    others = [each for each in applied if each not in asked]
    save_changes(
        [move.reservation for move, _fields, _changes in others],
        *(name for _move, fields, _changes in others for name in fields),
    )
    moved = [(move.reservation, changes) for move, _fields, changes in others]
    if moved:
        write_all_events(moved, kind=EventKind.RESCHEDULED, actor=actor, now=now)
    for reservation, _changes in moved:
        if is_pending_for_nothing(reservation):
            set_status(reservation, Status.CONFIRMED, kind=EventKind.CONFIRMED, actor=actor, now=now)


def _asks_again(move: Move, booker: Booker) -> bool:
    """A customer who moves an approved booking asks for something new: staff approve once more."""
    reservation = move.reservation
    if booker.is_staff or reservation.status != Status.CONFIRMED:
        return False
    status = booked_status(
        move.lines, move.span, booker, deposit=reservation.deposit_amount, paid=balance(reservation)
    )
    return status == Status.PENDING


def _change_details(
    reservation: Reservation, move: Move, actor: Actor, booker: Booker, now: datetime
) -> None:
    new_details = _list_details(move.changes)
    differing = {name: text for name, text in new_details.items() if str(getattr(reservation, name)) != text}
    if not differing:
        return
    if move.changes.customer is not None:
        before = owner_of(reservation)
        require_contact(move.changes.customer, actor=actor, venue_id=reservation.venue_id, before=before)
    if reservation.status not in EDITABLE:
        raise TransitionNotAllowed
    recorded = {name: [str(getattr(reservation, name)), text] for name, text in differing.items()}
    has_moved = bool(reservation.customer_email) and "customer_email" in differing
    for name, text in differing.items():
        setattr(reservation, name, text)
    if "customer_email" in differing and move.changes.customer and not booker.is_staff:
        check_own_times(move.changes.customer, move.lines, move.span, but=reservation.pk)
    if has_moved:  # the link lies with whoever reads the old address
        reservation.link_version += 1
    if "texts_agreed_how" in differing:
        reservation.texts_agreed_at = now if reservation.texts_agreed_how else None
    save_change(reservation, *differing, "link_version", "texts_agreed_at")
    old = reservation.status
    write_event(reservation, kind=EventKind.EDITED, actor=actor, now=now, old_status=old, changes=recorded)
    if has_moved and reservation.customer_email:
        link_wanted.send(Reservation, reservation=reservation)


def _list_details(changes: ReservationChanges) -> dict[str, str]:
    details = {} if changes.requests is None else {"requests": changes.requests}
    if changes.texts_agreed is not None:
        details["texts_agreed_how"] = changes.texts_agreed
    if changes.customer is not None:
        details["customer_name"] = changes.customer.name
        details["customer_email"] = changes.customer.email
        details["customer_phone"] = changes.customer.phone
    return details
