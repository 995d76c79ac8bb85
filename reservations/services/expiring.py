"""What ends by itself: holds that ran out and bookings nobody came to."""

from datetime import datetime, timedelta
from uuid import UUID

from common.transactions import retried_atomic
from reservations.domain.history import locked_reservation, set_status
from reservations.domain.occupancy import release
from reservations.domain.values import Actor
from reservations.enums import EventKind, Purpose, Status
from reservations.models import Reservation
from resources.models import BookingRules

BATCH = 500


def expire_overdue_holds(*, now: datetime, limit: int = BATCH) -> int:
    """Marks up to ``limit`` holds that have run out; returns how many.

    Only tidies up: an expired hold stopped counting when its time came, whether or not this ever runs.
    """
    overdue = Reservation.objects.overdue_holds(now).order_by("expires_at").values_list("pk", flat=True)
    return sum(_expire(reservation_id, now) for reservation_id in list(overdue[:limit]))


@retried_atomic
def _expire(reservation_id: UUID, now: datetime) -> bool:
    """Looks again under the lock: the hold may just have become a booking."""
    reservation = locked_reservation(reservation_id)
    if reservation.status != Status.HELD or reservation.expires_at is None or reservation.expires_at > now:
        return False
    release(reservation)
    set_status(reservation, Status.EXPIRED, kind=EventKind.EXPIRED, actor=Actor(), now=now)
    return True


def release_no_shows(*, now: datetime, limit: int = BATCH) -> int:
    """Frees confirmed bookings nobody checked in to in time, where the rules ask for it; returns how many."""
    released = 0
    for rules in BookingRules.objects.filter(release_after__isnull=False):
        latest = now - timedelta(minutes=rules.release_after or 0)
        late = Reservation.objects.filter(
            status=Status.CONFIRMED,
            purpose=Purpose.BOOKING,  # nobody checks in to maintenance
            starts_at__lte=latest,
            ends_at__gt=now,
            items__resource__rules=rules,
        )
        ids = list(late.values_list("pk", flat=True).distinct()[: limit - released])
        released += sum(_release_no_show(reservation_id, now) for reservation_id in ids)
    return released


@retried_atomic
def _release_no_show(reservation_id: UUID, now: datetime) -> bool:
    reservation = locked_reservation(reservation_id)
    if reservation.status != Status.CONFIRMED:
        return False
    release(reservation)
    set_status(reservation, Status.NO_SHOW, kind=EventKind.NO_SHOW, actor=Actor(), now=now)
    return True
