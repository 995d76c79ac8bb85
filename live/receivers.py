"""Every change leaves a row in its own transaction and wakes those who wait for rows after it."""

from datetime import datetime
from typing import Any

from django.db.models import Max

from common.clock import now
from common.transactions import after_commit
from live.models import Change
from live.news import KEPT
from live.waking import announce
from reservations.enums import OCCUPYING, EventKind
from reservations.models import ReservationEvent
from reservations.signals import reservation_recorded
from resources.signals import configuration_changed
from waitlist.models import WaitlistEntry
from waitlist.signals import entry_changed


def note_reservation(*, event: ReservationEvent, **kwargs: Any) -> None:
    reservation = event.reservation
    old = event.changes
    _note(
        Change(
            kind=Change.Kind.RESERVATION,
            venue_id=reservation.venue_id,
            reservation_id=reservation.pk,
            customer_id=reservation.customer_id,
            status=reservation.status,
            version=reservation.version,
            is_occupancy=_is_occupancy(event),
            starts_at=min(reservation.starts_at, _before(old, "starts_at") or reservation.starts_at),
            ends_at=max(reservation.ends_at, _before(old, "ends_at") or reservation.ends_at),
        )
    )


def _is_occupancy(event: ReservationEvent) -> bool:
    was, is_ = event.old_status in OCCUPYING, event.new_status in OCCUPYING
    return was != is_ or event.kind in (EventKind.RESCHEDULED, EventKind.ADJUSTED)


def _before(changes: dict[str, Any], field: str) -> datetime | None:
    """What a changed instant was."""
    return datetime.fromisoformat(changes[field][0]) if field in changes else None


def note_entry(*, entry: WaitlistEntry, **kwargs: Any) -> None:
    _note(
        Change(
            kind=Change.Kind.WAITLIST,
            venue_id=entry.venue_id,
            entry_id=entry.pk,
            customer_id=entry.customer_id,
            status=entry.status,
            on=entry.preferred_on,
        )
    )


def note_configuration(*, venue_id: int, **kwargs: Any) -> None:
    _note(Change(kind=Change.Kind.CONFIGURATION, venue_id=venue_id, is_occupancy=True))


def _note(change: Change) -> None:
    change.created_at = now()
    change.save(force_insert=True)
    after_commit(announce)


def tick(at: datetime) -> dict[str, int]:
    """Forgets what is old; the newest row stays, so that it is known how far there is to read."""
    newest = Change.objects.aggregate(newest=Max("pk"))["newest"] or 0
    old = Change.objects.filter(created_at__lt=at - KEPT, pk__lt=newest)
    return {"changes forgotten": old._raw_delete(old.db)}  # nothing refers to them


def connect() -> None:
    reservation_recorded.connect(note_reservation, dispatch_uid="live.reservation_recorded")
    entry_changed.connect(note_entry, dispatch_uid="live.entry_changed")
    configuration_changed.connect(note_configuration, dispatch_uid="live.configuration_changed")
