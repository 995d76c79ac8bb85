"""What ends by itself: holds that ran out and bookings nobody came to."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db.models import Q, QuerySet

from common.sweeping import sweep
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
    return sweep("reservations.expire_holds", overdue, partial(_expire, now=now), now=now, limit=limit)


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
    late = _no_shows(now).order_by("starts_at").values_list("pk", flat=True)
    job = "reservations.release_no_shows"
    return sweep(job, late, partial(_release_no_show, now=now), now=now, limit=limit)


def _no_shows(now: datetime) -> QuerySet[Reservation]:
    minutes = BookingRules.objects.filter(release_after__isnull=False).order_by()
    is_late = Q(pk__in=[])
    for after in minutes.values_list("release_after", flat=True).distinct():
        began = now - timedelta(minutes=after or 0)
        is_late |= Q(items__resource__rules__release_after=after, starts_at__lte=began)
    # Nobody checks in to maintenance.
    found = Reservation.objects.filter(is_late, status=Status.CONFIRMED, purpose=Purpose.BOOKING)
    return found.filter(ends_at__gt=now).distinct()


@retried_atomic
def _release_no_show(reservation_id: UUID, now: datetime) -> bool:
    reservation = locked_reservation(reservation_id)
    if reservation.status != Status.CONFIRMED:
        return False
    release(reservation)
    set_status(reservation, Status.NO_SHOW, kind=EventKind.NO_SHOW, actor=Actor(), now=now)
    return True
