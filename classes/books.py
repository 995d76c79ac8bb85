"""What a facilitator's sessions have brought in and what they are paid, each number with its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from classes.enums import RevenueBy, SessionStatus
from classes.models import Facilitator, PassUse, Payout, SeatBooking, Session
from classes.querysets import SessionQuerySet
from classes.revenue import (
    OF_SESSION,
    USE,
    RevenueLine,
    RevenueParts,
    add_up,
    list_lines,
    sessions_between,
    sum_by_day,
    sum_by_session,
)
from classes.selectors import count_booked
from common.money import round_amount
from common.spreadsheets import Cell, write_table
from payments.enums import PaymentStatus
from payments.models import Payment
from reservations.models import Reservation
from resources.models import Venue

A_DAY = timedelta(days=1)
COLUMNS = ("session", "starts", "booked", "capacity", "revenue", "payout", "currency", "settled")


class Period(NamedTuple):
    """Whole days of a venue; ``last`` is the last of them."""

    venue: Venue
    first: date
    last: date

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), self.venue.zone)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + A_DAY, time(), self.venue.zone)


@dataclass(frozen=True, slots=True)
class BookRow:
    """``payout`` is None until it is worked out, once the session is over."""

    session: Session
    booked: int
    revenue: Decimal
    payout: Payout | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the ledger, or a use of a pass, and whose booking it is of."""

    line: RevenueLine
    session: Session
    at: datetime
    booking: Reservation | None


def led_sessions(facilitator: Facilitator) -> SessionQuerySet:
    return Session.objects.filter(facilitator=facilitator)


def list_book_rows(facilitator: Facilitator, period: Period) -> list[BookRow]:
    """The latest session first; those that were called off only where money is left; four queries or five."""
    rows = sessions_between(led_sessions(facilitator), period.start, period.end)
    sessions = list(rows.order_by("-starts_at", "-pk"))
    for session in sessions:
        session.venue = facilitator.venue
    ids = [session.pk for session in sessions]
    revenue, booked = sum_by_session(ids, facilitator.venue.currency), count_booked(sessions)
    payouts = {row.session_id: row for row in Payout.objects.filter(facilitator=facilitator, session__in=ids)}
    return [
        BookRow(
            session,
            booked.get(session.pk, 0),
            revenue.get(session.pk, Decimal(0)),
            payouts.get(session.pk),
        )
        for session in sessions
        if session.status != SessionStatus.CANCELLED or revenue.get(session.pk)
    ]


def sum_days(facilitator: Facilitator, period: Period, by: RevenueBy) -> dict[date, Decimal]:
    """The latest first."""
    sessions = led_sessions(facilitator)
    if by == RevenueBy.SESSION:
        found = sum_by_day(sessions_between(sessions, period.start, period.end), by, period.venue.zone)
    else:
        found = sum_by_day(sessions.filter(pk__in=_find_paid(facilitator, period)), by, period.venue.zone)
    days = {day: amount for day, amount in found.items() if period.first <= day <= period.last}
    return dict(sorted(days.items(), reverse=True))


def _find_paid(facilitator: Facilitator, period: Period) -> set[int]:
    """Sessions for which something was paid, or a pass used, in that time."""
    theirs = {f"{OF_SESSION}__facilitator": facilitator}
    within = {"created_at__gte": period.start, "created_at__lt": period.end}
    paid = Payment.objects.filter(status=PaymentStatus.SUCCEEDED, **theirs, **within).order_by()
    used = PassUse.objects.filter(
        booking__session__facilitator=facilitator,
        returned_at=None,
        used_at__gte=period.start,
        used_at__lt=period.end,
    ).order_by()
    return {*paid.values_list(OF_SESSION, flat=True), *used.values_list("booking__session", flat=True)}


def list_session_lines(session: Session) -> list[LineRow]:
    return _describe_lines([session], list_lines([session.pk]))


def list_period_lines(facilitator: Facilitator, period: Period, by: RevenueBy) -> list[LineRow]:
    """The rows behind the number of some days."""
    sessions, lines = _read_lines(facilitator, period, by)
    return _describe_lines(sessions, lines)


def sum_parts(facilitator: Facilitator, period: Period, by: RevenueBy) -> RevenueParts:
    _sessions, lines = _read_lines(facilitator, period, by)
    return add_up(lines, facilitator.venue.currency)


def _read_lines(
    facilitator: Facilitator, period: Period, by: RevenueBy
) -> tuple[list[Session], list[RevenueLine]]:
    rows = led_sessions(facilitator)
    if by == RevenueBy.SESSION:
        sessions = list(sessions_between(rows, period.start, period.end))
    else:
        sessions = list(rows.filter(pk__in=_find_paid(facilitator, period)))
    for session in sessions:
        session.venue = facilitator.venue
    lines = list_lines([session.pk for session in sessions])
    if by == RevenueBy.PAYMENT:
        lines = [line for line in lines if period.start <= line.at < period.end]
    return sessions, lines


def _describe_lines(sessions: Sequence[Session], lines: Sequence[RevenueLine]) -> list[LineRow]:
    by_id = {session.pk: session for session in sessions}
    bookings = _find_bookings(lines)
    return [
        LineRow(
            line,
            by_id[line.session_id],
            line.at.astimezone(by_id[line.session_id].venue.zone),
            bookings.get(line.reference),
        )
        for line in lines
    ]


def _find_bookings(lines: Sequence[RevenueLine]) -> dict[str, Reservation]:
    """By the reference of the line; one query for payments, one for passes."""
    paid = [line.reference for line in lines if line.kind != USE]
    used = [int(line.reference) for line in lines if line.kind == USE]
    payments = Payment.objects.filter(pk__in=paid).select_related("bill__reservation__customer")
    found = {str(row.pk): row.bill.reservation for row in payments} if paid else {}
    seats = SeatBooking.objects.filter(pass_use__in=used).select_related("reservation__customer", "pass_use")
    return found | ({str(seat.pass_use.pk): seat.reservation for seat in seats} if used else {})


def total_of(lines: Sequence[LineRow], currency: str) -> Decimal:
    return round_amount(sum((row.line.amount for row in lines), Decimal(0)), currency)


def write_books(rows: Sequence[BookRow], currency: str) -> str:
    """For spreadsheets."""
    return write_table(COLUMNS, (_tell_row(row, currency) for row in rows))


def _tell_row(row: BookRow, currency: str) -> tuple[Cell, ...]:
    payout, session = row.payout, row.session
    settled = payout.settled_at if payout else None
    return (
        session.title,
        f"{session.local_start:%Y-%m-%d %H:%M}",
        row.booked,
        session.capacity,
        str(round_amount(row.revenue, currency)),
        str(round_amount(payout.amount, currency)) if payout else "",
        currency,
        f"{settled.astimezone(session.venue.zone):%Y-%m-%d}" if settled else "",
    )


def explain_payout(payout: Payout) -> list[tuple[str, Decimal]]:
    """The parts of a payout in words."""
    return [
        (_name_part(str(part["kind"]), str(part["of"])), Decimal(part["amount"]))
        for part in payout.lines
        if Decimal(part["amount"])
    ]


def _name_part(kind: str, of: str) -> str:
    match kind:
        case "base":
            return _("For the session")
        case "heads":
            return _("For %(number)s people") % {"number": of}
        case "percent":
            return _("%(percent)s%% of the revenue") % {"percent": f"{Decimal(of).normalize():f}"}
        case "floor":
            return _("Raised to the minimum")
        case _cap:
            return _("Lowered to the maximum")
