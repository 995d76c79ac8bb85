from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from common.sweeping import sweep
from common.transactions import retried_atomic
from reservations.domain.freeing import announcing_freed
from reservations.domain.history import lock_reservation, set_status
from reservations.domain.occupancy import free_time
from reservations.domain.values import SYSTEM
from reservations.enums import EventKind, Purpose, Status
from reservations.models import Reservation, ReservationEvent
from resources.models import BookingRules

BATCH = 500


def expire_overdue_holds(*, now: datetime, limit: int = BATCH) -> int:
    """Only tidies up: an expired hold stops counting at its time, whether or not this runs."""
    overdue = Reservation.objects.overdue_holds(now).order_by("expires_at").values_list("pk", flat=True)
    return sweep("reservations.expire_holds", overdue, partial(_expire_hold, now=now), now=now, limit=limit)


@retried_atomic
@announcing_freed()
def _expire_hold(reservation_id: UUID, now: datetime) -> bool:
    reservation = lock_reservation(reservation_id)
    if reservation.status != Status.HELD or reservation.expires_at is None or reservation.expires_at > now:
        return False
    free_time(reservation)
    set_status(reservation, Status.EXPIRED, kind=EventKind.EXPIRED, actor=SYSTEM, now=now)
    return True


def release_no_shows(*, now: datetime, limit: int = BATCH) -> int:
    overdue = _list_no_shows(now).order_by("starts_at").values_list("pk", flat=True)
    job = "reservations.release_no_shows"
    return sweep(job, overdue, partial(_release_no_show, now=now), now=now, limit=limit)


def _list_no_shows(now: datetime) -> QuerySet[Reservation]:
    minutes = BookingRules.objects.filter(release_after__isnull=False).order_by()
    is_late = Q(pk__in=[])
    for after in minutes.values_list("release_after", flat=True).distinct():
        latest_start = now - timedelta(minutes=after or 0)
        is_late |= Q(items__resource__rules__release_after=after, starts_at__lte=latest_start)
    # Nobody checks in to maintenance.
    missed = Reservation.objects.filter(is_late, status=Status.CONFIRMED, purpose=Purpose.BOOKING)
    # Staff who take a no-show back know better.
    known_better = ReservationEvent.objects.filter(
        reservation=OuterRef("pk"), kind=EventKind.UNDONE, old_status=Status.NO_SHOW
    )
    return missed.filter(~Exists(known_better), ends_at__gt=now).distinct()


@retried_atomic
@announcing_freed()
def _release_no_show(reservation_id: UUID, now: datetime) -> bool:
    reservation = lock_reservation(reservation_id)
    # Somebody may have checked in, or moved it, since the list was made.
    if not _list_no_shows(now).filter(pk=reservation_id).exists():
        return False
    free_time(reservation)
    set_status(reservation, Status.NO_SHOW, kind=EventKind.NO_SHOW, actor=SYSTEM, now=now)
    return True
