"""A day on paper, for staff: every booking with what the desk needs when the screen is off."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from calendars.day_ranges import Days
from calendars.selection import Selection
from calendars.selectors import calendar_reservations
from reservations.domain.naming import name_with_places
from reservations.enums import Purpose, Status
from reservations.models import Reservation, ReservationItem
from reservations.selectors import payment_summary

PLACES = ("reservation_id", "resource__name")
LISTED = (
    "starts_at",
    "ends_at",
    "purpose",
    "title",
    "customer_name",
    "customer_phone",
    "party_size",
    "code",
    "status",
    "requests",
    "currency",
    "total_amount",
    "fee_amount",
    "minimum_fee",
)


@dataclass(frozen=True, slots=True)
class ListedBooking:
    start: datetime
    is_from_before: bool
    end: datetime
    places: str
    name: str
    phone: Any
    party: int
    code: str
    due: Decimal
    currency: str
    status: str
    requests: str


def list_day(selection: Selection, days: Days) -> list[ListedBooking]:
    """In the order in which they begin; a constant number of queries."""
    places = Prefetch("items", ReservationItem.objects.select_related("resource").only(*PLACES))
    bookings = calendar_reservations(selection.resources, days, selection.user, mine=selection.mine)
    rows = bookings.prefetch_related(places, "bill__payments").select_related("bill").only(*LISTED, "bill")
    return [_list_booking(row, selection.zone, days.first) for row in rows]


def _list_booking(reservation: Reservation, zone: str, first: date) -> ListedBooking:
    is_booking = reservation.purpose == Purpose.BOOKING
    shows_status = is_booking and reservation.status != Status.CONFIRMED
    start = reservation.starts_at.astimezone(ZoneInfo(zone))
    return ListedBooking(
        start=start,
        is_from_before=start.date() < first,
        end=reservation.ends_at.astimezone(ZoneInfo(zone)),
        places=name_with_places(reservation),
        name=reservation.customer_name or reservation.title or str(Purpose(reservation.purpose).label),
        phone=reservation.customer_phone,
        party=reservation.party_size if is_booking else 0,
        code=reservation.code if is_booking else "",
        due=payment_summary(reservation).due,
        currency=reservation.currency,
        status=str(Status(reservation.status).label) if shows_status else "",
        requests=reservation.requests,
    )
