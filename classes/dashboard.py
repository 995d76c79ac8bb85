"""A facilitator's figures for a time, each from rows that can be shown."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum

from classes.enums import SessionStatus
from classes.models import Facilitator, Payout, SeatBooking, Session
from classes.querysets import SeatBookingQuerySet
from classes.revenue import sessions_between, total_revenue
from common.money import round_amount

RECENT = 10
BOOKED = Q(is_active=True) & ~Q(reservation__status="held")


@dataclass(frozen=True, slots=True)
class Metrics:
    """``fill_percent``: seats booked of all seats, of sessions that were not called off."""

    total_sessions: int
    active_sessions: int
    total_bookings: int
    total_revenue: Decimal
    upcoming_sessions: int
    payout: Decimal
    fill_percent: int
    currency: str


def read_metrics(
    facilitator: Facilitator, *, now: datetime, start: datetime | None = None, end: datetime | None = None
) -> Metrics:
    sessions = sessions_between(Session.objects.filter(facilitator=facilitator), start, end)
    is_active = Q(status=SessionStatus.ACTIVE)
    counts = sessions.aggregate(
        total=Count("pk"),
        active=Count("pk", filter=is_active),
        upcoming=Count("pk", filter=is_active & Q(starts_at__gt=now)),
        seats=Sum("capacity", filter=~Q(status=SessionStatus.CANCELLED)),
    )
    booked = SeatBooking.objects.filter(BOOKED, session__in=sessions.values("pk"))
    seats = booked.aggregate(bookings=Count("pk"), seats=Sum("seats"))
    currency = facilitator.venue.currency
    ids = list(sessions.order_by().values_list("pk", flat=True))
    payouts = Payout.objects.filter(facilitator=facilitator, session__in=sessions.values("pk"))
    payout: Decimal | None = payouts.aggregate(total=Sum("amount"))["total"]
    return Metrics(
        total_sessions=counts["total"],
        active_sessions=counts["active"],
        total_bookings=seats["bookings"],
        total_revenue=total_revenue(ids, currency),
        upcoming_sessions=counts["upcoming"],
        payout=round_amount(payout or Decimal(0), currency),
        fill_percent=_percent(seats["seats"] or 0, counts["seats"] or 0),
        currency=currency,
    )


def _percent(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def recent_bookings(facilitator: Facilitator) -> SeatBookingQuerySet:
    """The last ten, of whatever became of them."""
    rows = SeatBooking.objects.filter(session__facilitator=facilitator)
    rows = rows.exclude(reservation__status__in=("held", "expired"))
    return rows.select_related("reservation__customer", "session").order_by("-pk")[:RECENT]
