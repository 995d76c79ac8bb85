"""Changing or cancelling this, this and the following, or all reservations of a series."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import NotFound
from common.parsing import resolve_local_time
from common.transactions import rehearsal, retried_atomic
from reservations.domain.history import locked_reservations
from reservations.domain.occupancy import lock_leaves, occupied_leaves
from reservations.domain.values import Actor
from reservations.enums import CANCELLABLE, RESCHEDULABLE
from reservations.models import Reservation
from reservations.services.cancelling import CancellationTerms, cancel_reservation
from reservations.services.changing import Changes, change_many


class Scope(StrEnum):
    """Which of a series: RFC 5545 calls ``following`` THISANDFUTURE."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """What changes for each: local time of day, whole days by which it moves, length, people, requests."""

    at: time | None = None
    shift_days: int = 0
    duration: timedelta | None = None
    party_size: int | None = None
    requests: str | None = None

    def of(self, reservation: Reservation) -> Changes:
        """Raises ``InvalidInput`` for a local time that does not exist on its day."""
        start, end = reservation.starts_at, reservation.ends_at
        if self.at is not None or self.shift_days:
            local = reservation.local_start
            day = local.date() + timedelta(days=self.shift_days)
            start = resolve_local_time(day, self.at or local.time(), reservation.venue.zone_name)
        length = self.duration or end - reservation.starts_at
        return Changes(start=start, end=start + length, party_size=self.party_size, requests=self.requests)


def chosen(series_id: UUID, anchor: UUID | None, scope: Scope, now: datetime) -> list[Reservation]:
    """The reservations that ``scope`` means, from ``anchor`` on; of several, past ones are never meant.

    Raises ``NotFound`` for an anchor that is not of the series.
    """
    rows = Reservation.objects.filter(series_id=series_id).select_related("venue").order_by("starts_at")
    coming = rows.filter(starts_at__gt=now)
    if scope == Scope.ALL:
        return list(coming)
    first = rows.filter(pk=anchor).first() if anchor else None
    if first is None:
        raise NotFound(_("The series has no such reservation."))
    return [first] if scope == Scope.THIS else list(coming.filter(starts_at__gte=first.starts_at))


@retried_atomic
def change_series(
    *,
    series_id: UUID,
    anchor: UUID | None,
    scope: Scope,
    change: SeriesChange,
    actor: Actor,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[Reservation]:
    """Changes all that are meant, or none. Their own old times do not stand in each other's way.

    Raises ``SeriesRefused`` with every obstacle, ``InvalidInput``, ``NotFound``, ``BookingRefused``.
    """
    at = now or clock_now()
    meant = [each for each in chosen(series_id, anchor, scope, at) if each.status in RESCHEDULABLE]
    if not meant:
        raise NotFound(_("Nothing of this series can be changed any more."))
    with rehearsal(dry_run=dry_run):
        return change_many(changes=change.of, ids=[each.pk for each in meant], actor=actor, now=at)


@retried_atomic
def cancel_series(
    *,
    series_id: UUID,
    anchor: UUID | None,
    scope: Scope,
    actor: Actor,
    reason: str = "",
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[tuple[Reservation, CancellationTerms]]:
    """Cancels all that are meant, each under its own terms. Raises ``NotFound`` where nothing is left."""
    at = now or clock_now()
    meant: Sequence[Reservation] = [
        each for each in chosen(series_id, anchor, scope, at) if each.status in CANCELLABLE
    ]
    if not meant:
        raise NotFound(_("Nothing of this series can be cancelled any more."))
    with rehearsal(dry_run=dry_run):
        lock_leaves(occupied_leaves(locked_reservations([each.pk for each in meant])))
        return [
            cancel_reservation(reservation_id=each.pk, actor=actor, reason=reason, now=at) for each in meant
        ]
