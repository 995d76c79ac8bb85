"""A facilitator's figures for a time, each from rows that can be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Q, Sum

from classes.enums import SessionStatus
from classes.models import Facilitator, Payout, SeatBooking, Session
from classes.querysets import SeatBookingQuerySet, SessionQuerySet
from classes.revenue import RevenueParts, read_parts, sessions_between
from common.money import round_amount
from reservations.enums import NEVER_BOOKED
from reservations.models import Reservation

RECENT, BATCH, MOST_LOOKED_THROUGH = 10, 30, 300


@dataclass(frozen=True, slots=True)
class Metrics:
    """``fill_percent``: seats booked of all seats, of the ``kept_sessions``, which were not called off."""

    total_sessions: int
    kept_sessions: int
    active_sessions: int
    total_bookings: int
    revenue: RevenueParts
    upcoming_sessions: int
    payout: Decimal
    fill_percent: int
    currency: str

    @property
    def total_revenue(self) -> Decimal:
        return self.revenue.total


def read_metrics(
    facilitator: Facilitator, *, now: datetime, start: datetime | None = None, end: datetime | None = None
) -> Metrics:
    sessions = sessions_between(Session.objects.filter(facilitator=facilitator), start, end)
    is_active, is_kept = Q(status=SessionStatus.ACTIVE), ~Q(status=SessionStatus.CANCELLED)
    counts = sessions.aggregate(
        total=Count("pk"),
        active=Count("pk", filter=is_active),
        upcoming=Count("pk", filter=is_active & Q(starts_at__gt=now)),
        kept=Count("pk", filter=is_kept),
        seats=Sum("capacity", filter=is_kept),
    )
    seats = _count_booked(sessions)
    currency = facilitator.venue.currency
    payouts = Payout.objects.filter(facilitator=facilitator, session__in=sessions.values("pk"))
    payout: Decimal | None = payouts.aggregate(total=Sum("amount"))["total"]
    return Metrics(
        total_sessions=counts["total"],
        kept_sessions=counts["kept"],
        active_sessions=counts["active"],
        total_bookings=seats.bookings,
        revenue=read_parts(sessions, currency),
        upcoming_sessions=counts["upcoming"],
        payout=round_amount(payout or Decimal(0), currency),
        fill_percent=_percent(seats.seats, counts["seats"] or 0),
        currency=currency,
    )


class _Booked(NamedTuple):
    bookings: int
    seats: int


def _count_booked(sessions: SessionQuerySet) -> _Booked:
    """Without holds, which are few: looking at the reservation of every seat takes longer."""
    active = SeatBooking.objects.active().filter(session__in=sessions.order_by().values("pk"))
    holds = Reservation.objects.filter(expires_at__isnull=False).order_by()
    held_ids = list(holds.values_list("pk", flat=True))
    everything = _total(active)
    held = _total(active.filter(reservation__in=held_ids)) if held_ids else _Booked(0, 0)
    return _Booked(everything.bookings - held.bookings, everything.seats - held.seats)


def _total(rows: SeatBookingQuerySet) -> _Booked:
    total = rows.aggregate(bookings=Count("pk"), seats=Sum("seats"))
    return _Booked(total["bookings"], total["seats"] or 0)


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def recent_bookings(facilitator: Facilitator) -> list[SeatBooking]:
    """The last ten, of whatever became of them."""
    theirs = Session.objects.filter(facilitator=facilitator).order_by().values("pk")
    ids = SeatBooking.objects.filter(session__in=theirs).order_by("-pk").values_list("pk", flat=True)
    # Read whole only once they are known: sorting them with all that is shown takes five times as long.
    shown: list[SeatBooking] = []
    for first in range(0, MOST_LOOKED_THROUGH, BATCH):
        batch = list(ids[first : first + BATCH])
        shown += _list_booked(batch)
        if len(batch) < BATCH or len(shown) >= RECENT:
            break
    return shown[:RECENT]


def _list_booked(ids: Sequence[int]) -> list[SeatBooking]:
    """Without what was only held."""
    rows = SeatBooking.objects.filter(pk__in=ids).exclude(reservation__status__in=NEVER_BOOKED)
    return list(rows.select_related("reservation__customer", "session").order_by("-pk"))
