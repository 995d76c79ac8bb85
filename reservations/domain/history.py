from collections.abc import Iterable, Sequence
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, prefetch_related_objects

from common.clock import now as clock_now
from common.inserting import insert_rows
from common.selecting import written_once
from common.updating import update_row
from notifications.services.writing import gather_messages
from reservations.domain.values import Actor
from reservations.enums import MANAGED, TRANSITIONS, UNDOABLE, EventKind, Purpose, Status
from reservations.exceptions import ReservationNotFound, StaleVersion, TransitionNotAllowed
from reservations.models import Reservation, ReservationEvent, ReservationItem
from reservations.signals import reservations_recorded
from resources.stamps import remember_stamp

Changes = dict[str, Any]
"""By field its old and its new value."""
ATTENDANCE = (EventKind.CHECKED_IN, EventKind.COMPLETED, EventKind.NO_SHOW)


def is_managed_by_other(reservation: Reservation, purpose: Purpose | None = None) -> bool:
    """Than the product that is in charge of ``purpose``."""
    return reservation.purpose in MANAGED and reservation.purpose != purpose


def lock_reservation(
    reservation_id: UUID, *, version: int | None = None, seen: Reservation | None = None
) -> Reservation:
    """The reservation, its row locked until commit and its items read under the lock.

    What ``seen`` has of venue, customer and items is kept if nothing has changed since. Raises
    ``ReservationNotFound``, or ``StaleVersion`` when ``version`` is given and no longer current.
    """
    # Each joined column is read and built anew: what has been seen need not be.
    found = _lock_rows([reservation_id]) if seen is None else _lock_rows_alone([reservation_id])
    if not found:
        raise ReservationNotFound
    reservation = found[0]
    if version is not None and reservation.version != version:
        raise StaleVersion
    if seen is not None and _is_as_seen(reservation, seen):
        _take_over(reservation, seen)
    else:
        prefetch_related_objects([reservation], "venue", "customer")
        read_items(reservation)
    remember_stamp(reservation.venue_id, reservation.venue.config_stamp)
    return reservation


def _is_as_seen(reservation: Reservation, seen: Reservation) -> bool:
    # Whose it is may change without a new version: an account takes over what its address has booked.
    return (seen.version, seen.customer_id) == (reservation.version, reservation.customer_id)


def _take_over(reservation: Reservation, seen: Reservation) -> None:
    reservation.venue = copy(seen.venue)
    if seen.customer:
        reservation.customer = copy(seen.customer)
    keep_items(reservation, list(map(copy, seen.items.all())))


def keep_items(reservation: Reservation, items: list[ReservationItem]) -> None:
    prefetched = reservation.items.all()
    prefetched._result_cache = items
    reservation._prefetched_objects_cache = {"items": prefetched}  # type: ignore[attr-defined]


def read_items(reservation: Reservation) -> None:
    """Once, for all that follows while it is locked."""
    if "items" not in getattr(reservation, "_prefetched_objects_cache", ()):
        items = _select_items(reservation.pk)
        for item in items:
            item.reservation = reservation
        keep_items(reservation, items)


@written_once
def _select_items(reservation_id: UUID) -> QuerySet[ReservationItem]:
    return ReservationItem.objects.filter(reservation=reservation_id)


@written_once
def _lock_rows(ids: list[UUID]) -> QuerySet[Reservation]:
    # Without its bill: a row that changed while PostgreSQL waited for it is joined as it was before.
    return _lock().select_related("venue", "customer").filter(pk__in=ids).order_by("pk")


@written_once
def _lock_rows_alone(ids: list[UUID]) -> QuerySet[Reservation]:
    return _lock().filter(pk__in=ids).order_by("pk")


def _lock() -> QuerySet[Reservation]:
    return Reservation.objects.select_for_update(no_key=True, of=("self",))


def lock_reservations(ids: Iterable[UUID], *, alone: bool = False) -> list[Reservation]:
    """Locked in the order of their ids, before anything else; ``alone``: without venue and customer.

    Raises ``ReservationNotFound``.
    """
    wanted_ids = set(ids)
    lock = _lock_rows_alone if alone else _lock_rows
    reservations = lock([*wanted_ids]) if wanted_ids else []
    if len(reservations) < len(wanted_ids):
        raise ReservationNotFound
    return reservations


def require_transition(reservation: Reservation, new: Status) -> None:
    """Raises ``TransitionNotAllowed`` if ``new`` may not follow the present state."""
    if new not in TRANSITIONS[Status(reservation.status)]:
        raise TransitionNotAllowed


def set_status(
    reservation: Reservation,
    new: Status,
    *,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    changes: dict[str, Any] | None = None,
    fields: tuple[str, ...] = (),
) -> None:
    """Save the new status with ``fields`` and write the event; with its undoing, the only place that does.

    Raises ``TransitionNotAllowed``.
    """
    require_transition(reservation, new)
    _write_status(reservation, new, kind, actor, now, changes, fields)


def take_status_back(
    reservation: Reservation, *, actor: Actor, now: datetime, changes: dict[str, Any] | None = None
) -> None:
    """To the state before the last step. Raises ``TransitionNotAllowed`` where that is no undoing.

    ``changes`` are fields with their old and new values, saved with it.
    """
    former = find_former_status(reservation)
    if former is None:
        raise TransitionNotAllowed
    _write_status(reservation, former, EventKind.UNDONE, actor, now, changes, tuple(changes or ()))


def find_former_status(reservation: Reservation) -> Status | None:
    """Where taking back the last step leads to; None where nothing can be taken back."""
    step = find_last_step(reservation)
    return former_status(reservation.status, step.old_status) if step else None


def former_status(status: str, old: str) -> Status | None:
    return Status(old) if old in UNDOABLE.get(Status(status), ()) else None


def find_last_step(reservation: Reservation) -> ReservationEvent | None:
    """Of people's coming and going, the one that led to the present state."""
    steps = [
        event
        for event in reservation.events.all()
        if event.new_status == reservation.status and event.kind in ATTENDANCE
    ]
    return max(steps, key=lambda step: step.pk, default=None)


def find_booked_end(reservation: Reservation) -> datetime:
    """Until when it was booked, also after its people have left early."""
    step = find_last_step(reservation) if reservation.status == Status.COMPLETED else None
    return (step and step.booked_end) or reservation.ends_at


def set_statuses(
    rows: Sequence[tuple[Reservation, Changes]],
    new: Status,
    *,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    fields: tuple[str, ...] = (),
) -> None:
    """``set_status`` for several locked rows at once, each with its changes; told of all together.

    Raises ``TransitionNotAllowed``.
    """
    if not rows:
        return
    for reservation, _changes in rows:
        require_transition(reservation, new)
    events = [_step_to(reservation, new, kind, actor, now, changes) for reservation, changes in rows]
    _save_statuses([reservation for reservation, _changes in rows], new, fields)
    write_events(events)


def _save_statuses(reservations: Sequence[Reservation], new: Status, fields: tuple[str, ...]) -> None:
    equal: dict[str, Any] = {} if new == Status.PENDING else {"agreed_before": None}
    _save_together(reservations, fields, {"status": new, "expires_at": None} | equal)


def save_changes(reservations: Sequence[Reservation], *fields: str) -> None:
    """``save_change`` for several at once."""
    if len(reservations) == 1:
        save_change(reservations[0], *fields)
    elif reservations:
        _save_together(reservations, fields, {})


def _save_together(reservations: Sequence[Reservation], fields: Iterable[str], equal: dict[str, Any]) -> None:
    """One statement for what is the same in all rows, one for what differs."""
    at = clock_now()
    for reservation in reservations:
        reservation.version += 1
        reservation.updated_at = at
    first, differing = reservations[0], []
    for name in dict.fromkeys(fields):
        value = getattr(first, name)
        if all(getattr(reservation, name) == value for reservation in reservations):
            equal[name] = value
        else:
            differing.append(name)
    rows = Reservation.objects.filter(pk__in=[reservation.pk for reservation in reservations])
    rows.update(version=F("version") + 1, updated_at=at, **equal)
    if differing:
        Reservation.objects.bulk_update(reservations, differing)


def _write_status(
    reservation: Reservation,
    new: Status,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    changes: Changes | None = None,
    fields: tuple[str, ...] = (),
) -> None:
    if reservation.agreed_before and new != Status.PENDING:
        fields = (*fields, "agreed_before")
    event = _step_to(reservation, new, kind, actor, now, changes)
    save_change(reservation, "status", "expires_at", *fields)
    write_events([event])


def _step_to(
    reservation: Reservation,
    new: Status,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    changes: Changes | None,
) -> ReservationEvent:
    old = reservation.status
    reservation.status = new
    reservation.expires_at = None
    # Answered, or withdrawn.
    if new != Status.PENDING:
        reservation.agreed_before = None
    return _make_event(reservation, kind, actor, now, old, changes)


def save_change(reservation: Reservation, *fields: str) -> None:
    """Raises the version, by which concurrent edits are noticed."""
    reservation.version += 1
    update_row(reservation, *fields, "version", "updated_at")


def write_event(
    reservation: Reservation,
    *,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    old_status: str = "",
    changes: Changes | None = None,
) -> None:
    """Of a change that leaves the status as it is, or makes the first. Raises ``TransitionNotAllowed``."""
    write_all_events([(reservation, changes)], kind=kind, actor=actor, now=now, old_status=old_status)


def write_all_events(
    rows: Iterable[tuple[Reservation, Changes | None]],
    *,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    old_status: str | None = None,
) -> None:
    """Of the same kind of change of several; ``old_status`` None: their status stays."""
    write_events(
        [
            _make_event(
                reservation,
                kind,
                actor,
                now,
                reservation.status if old_status is None else old_status,
                changes,
            )
            for reservation, changes in rows
        ]
    )


def write_events(events: Sequence[ReservationEvent]) -> None:
    """Every change ends here."""
    insert_rows(events)
    with gather_messages():
        reservations_recorded.send(Reservation, events=events)


def _make_event(
    reservation: Reservation,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    old_status: str,
    changes: Changes | None,
) -> ReservationEvent:
    if is_managed_by_other(reservation, actor.manages):
        raise TransitionNotAllowed
    return ReservationEvent(
        venue_id=reservation.venue_id,
        reservation=reservation,
        at=now,
        kind=kind,
        actor=actor.user,
        source=actor.source,
        old_status=old_status,
        new_status=reservation.status,
        changes=changes or {},
    )
