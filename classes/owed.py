"""What has been paid of bookings in instalments, and what comes next, for those who ask who is coming."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet, Sum

from classes.enums import InstalmentStatus
from classes.models import Instalment, SeatBooking
from classes.revenue import SIGNED
from common.money import round_amount
from payments.enums import PaymentStatus
from payments.models import Payment
from reservations.enums import Status
from resources.models import Venue

MOST_SHOWN = 20
UNDECIDED = (Status.HELD, Status.PENDING)
"""They await their deposit, or the venue."""


@dataclass(frozen=True, slots=True)
class Owed:
    """``next``: the first instalment that is open; ``missing`` is what of it has not been paid."""

    total: Decimal
    paid: Decimal
    currency: str
    next: Instalment | None = None
    missing: Decimal = Decimal(0)
    is_late: bool = False


def read_owed(seats: Iterable[SeatBooking], venue: Venue, now: datetime) -> dict[int, Owed]:
    """By booking, of those that are paid in instalments; two queries, or none."""
    planned = [seat for seat in seats if seat.pays_plan and seat.reservation.status not in UNDECIDED]
    if not planned:
        return {}
    parts: dict[int, list[Instalment]] = {}
    rows = Instalment.objects.filter(booking__in=planned).exclude(status=InstalmentStatus.CANCELLED)
    for part in rows.order_by("position", "pk"):
        parts.setdefault(part.booking_id, []).append(part)
    paid = _sum_paid(planned)
    today = now.astimezone(venue.zone).date()
    return {
        seat.pk: _describe(seat, parts[seat.pk], paid.get(seat.reservation.bill_id, Decimal(0)), today)
        for seat in planned
        if seat.pk in parts
    }


def _sum_paid(seats: Iterable[SeatBooking]) -> dict[UUID | None, Decimal]:
    bills = [seat.reservation.bill_id for seat in seats if seat.reservation.bill_id is not None]
    rows = Payment.objects.filter(bill__in=bills, status=PaymentStatus.SUCCEEDED).order_by()
    return dict(rows.values_list("bill").annotate(net=Sum(SIGNED)))


def _describe(seat: SeatBooking, parts: list[Instalment], paid: Decimal, today: date) -> Owed:
    currency = seat.reservation.currency
    total = sum((part.amount for part in parts), Decimal(0))
    due, owed = Decimal(0), Owed(round_amount(total, currency), round_amount(paid, currency), currency)
    for part in parts:
        due += part.amount
        if part.status == InstalmentStatus.OPEN:
            missing = round_amount(min(part.amount, due - paid), currency)
            return Owed(owed.total, owed.paid, currency, part, missing, part.due_on < today)
    return owed


def list_late(venue: Venue, now: datetime) -> QuerySet[Instalment]:
    """Overdue instalments of a venue, the oldest first; who stayed away owes them all the same."""
    today = now.astimezone(venue.zone).date()
    rows = Instalment.objects.filter(venue=venue, status=InstalmentStatus.OPEN, due_on__lt=today)
    rows = rows.exclude(booking__reservation__status__in=UNDECIDED)
    return rows.select_related("booking__session__venue", "booking__reservation").order_by("due_on", "pk")
