"""The one door for status changes, and the history that every change leaves."""

from collections.abc import Iterable
from copy import copy
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects

from reservations.domain.values import Actor
from reservations.enums import TRANSITIONS, EventKind, Status
from reservations.exceptions import ReservationNotFound, StaleVersion, TransitionNotAllowed
from reservations.models import Reservation, ReservationEvent, ReservationItem
from reservations.signals import reservation_recorded
from resources.stamps import remember_stamp


def locked_reservation(
    reservation_id: UUID, *, version: int | None = None, seen: Reservation | None = None
) -> Reservation:
    """The reservation with its row locked until commit, its items read under the lock.

    They are those of ``seen``, read before the lock, if its version is still the same.
    Raises ``ReservationNotFound``, or ``StaleVersion`` when ``version`` is given and no longer current.
    """
    # Without its bill: a row that changed while PostgreSQL waited for it is joined as it was before.
    found = (
        Reservation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("venue", "customer")
        .filter(pk=reservation_id)
        .first()
    )
    if found is None:
        raise ReservationNotFound
    if version is not None and found.version != version:
        raise StaleVersion
    remember_stamp(found.venue_id, found.venue.config_stamp)
    if seen is not None and seen.version == found.version:
        keep_items(found, list(map(copy, seen.items.all())))
    else:
        prefetch_related_objects([found], "items")
    return found


def keep_items(reservation: Reservation, items: list[ReservationItem]) -> None:
    """What is at hand is not read again."""
    rows = reservation.items.all()
    rows._result_cache = items
    reservation._prefetched_objects_cache = {"items": rows}  # type: ignore[attr-defined]


def locked_reservations(ids: Iterable[UUID]) -> list[Reservation]:
    """Several reservations, locked in the order of their ids: whoever locks many locks them first of all.

    Raises ``ReservationNotFound``.
    """
    wanted = set(ids)
    rows = Reservation.objects.select_for_update(no_key=True, of=("self",)).select_related("venue")
    found = list(rows.filter(pk__in=wanted).order_by("pk"))
    if len(found) < len(wanted):
        raise ReservationNotFound
    return found


def require_transition(reservation: Reservation, new: Status) -> None:
    """Raises ``TransitionNotAllowed`` unless the state may be followed by ``new``."""
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
    """Moves a locked reservation to ``new``, saves it with ``fields`` and writes the event.

    Raises ``TransitionNotAllowed``. No other line of the project assigns a status.
    """
    require_transition(reservation, new)
    old = reservation.status
    reservation.status = new
    reservation.expires_at = None
    save_change(reservation, "status", "expires_at", *fields)
    write_event(reservation, kind=kind, actor=actor, now=now, old_status=old, changes=changes)


def save_change(reservation: Reservation, *fields: str) -> None:
    """Saves ``fields`` and raises the version that optimistic edits compare."""
    reservation.version += 1
    reservation.save(update_fields=[*fields, "version", "updated_at"])


def write_event(
    reservation: Reservation,
    *,
    kind: EventKind,
    actor: Actor,
    now: datetime,
    old_status: str = "",
    changes: dict[str, Any] | None = None,
) -> None:
    """Appends to the history, and tells the apps above."""
    event = ReservationEvent.objects.create(
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
    reservation_recorded.send(Reservation, event=event)
