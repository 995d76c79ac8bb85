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
from reservations.domain.freeing import announcing_freed
from reservations.domain.lengths import end_after
from reservations.domain.values import Actor, ReservationChanges
from reservations.enums import CANCELLABLE, RESCHEDULABLE
from reservations.models import Reservation
from reservations.services.cancelling import CancellationTerms, cancel_many
from reservations.services.changing import change_many


class SeriesScope(StrEnum):
    """RFC 5545 calls ``following`` THISANDFUTURE."""

    THIS = "this"
    FOLLOWING = "following"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """New values for each reservation; ``at`` is a local time, ``shift_days`` moves by whole days."""

    at: time | None = None
    shift_days: int = 0
    duration: timedelta | None = None
    party_size: int | None = None
    requests: str | None = None
    customer_asked: bool = False

    def of(self, reservation: Reservation) -> ReservationChanges:
        """Raises ``InvalidInput`` for a local time that does not exist that day."""
        start = reservation.starts_at
        if self.at is not None or self.shift_days:
            local = reservation.local_start
            day = local.date() + timedelta(days=self.shift_days)
            start = resolve_local_time(day, self.at or local.time(), reservation.venue.zone_name)
        return ReservationChanges(
            start=start,
            end=end_after(reservation, start, self.duration),
            party_size=self.party_size,
            requests=self.requests,
            customer_asked=self.customer_asked,
        )


def list_in_scope(
    series_id: UUID, anchor: UUID | None, scope: SeriesScope, now: datetime
) -> list[Reservation]:
    """From ``anchor`` on; of several, only future ones. Raises ``NotFound``."""
    reservations = (
        Reservation.objects.filter(series_id=series_id).select_related("venue").order_by("starts_at")
    )
    upcoming = reservations.filter(starts_at__gt=now)
    if scope == SeriesScope.ALL:
        return list(upcoming)
    anchor_reservation = reservations.filter(pk=anchor).first() if anchor else None
    if anchor_reservation is None:
        raise NotFound(_("This booking isn't part of the series."))
    return (
        [anchor_reservation]
        if scope == SeriesScope.THIS
        else list(upcoming.filter(starts_at__gte=anchor_reservation.starts_at))
    )


@retried_atomic
def change_series(
    *,
    series_id: UUID,
    anchor: UUID | None,
    scope: SeriesScope,
    change: SeriesChange,
    actor: Actor,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[Reservation]:
    """Change all in scope, or none. Raises ``SeriesRefused`` with every obstacle, ``NotFound``."""
    at = now or clock_now()
    in_scope = [
        reservation
        for reservation in list_in_scope(series_id, anchor, scope, at)
        if reservation.status in RESCHEDULABLE
    ]
    if not in_scope:
        raise NotFound(_("No dates of this series can be changed any more."))
    with rehearsal(dry_run=dry_run):
        return change_many(
            changes=change.of, ids=[reservation.pk for reservation in in_scope], actor=actor, now=at
        )


@retried_atomic
def cancel_series(
    *,
    series_id: UUID,
    anchor: UUID | None,
    scope: SeriesScope,
    actor: Actor,
    reason: str = "",
    wants_refund: bool = True,
    dry_run: bool = False,
    now: datetime | None = None,
) -> list[tuple[Reservation, CancellationTerms]]:
    """Cancel all in scope, each on its own terms. Raises ``NotFound`` if nothing is left."""
    at = now or clock_now()
    in_scope: Sequence[Reservation] = [
        reservation
        for reservation in list_in_scope(series_id, anchor, scope, at)
        if reservation.status in CANCELLABLE
    ]
    if not in_scope:
        raise NotFound(_("No dates of this series can be cancelled any more."))
    with rehearsal(dry_run=dry_run), announcing_freed():
        ids = [reservation.pk for reservation in in_scope]
        return cancel_many(ids=ids, actor=actor, reason=reason, wants_refund=wants_refund, now=at)
