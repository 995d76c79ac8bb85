"""What sessions have brought in, by the ledger and by passes as they are used: never price times bookings."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Case, F, QuerySet, Sum, When

from classes.enums import RevenueBy
from classes.models import PassUse
from classes.policies.credits import value_uses
from classes.querysets import SessionQuerySet
from common.database import read_connection
from common.money import round_amount
from payments.enums import PaymentKind, PaymentStatus
from payments.models import Payment

SIGNED = Case(When(kind=PaymentKind.REFUND, then=-F("amount")), default=F("amount"))
USE = "pass"
OF_SESSION = "bill__reservation__seat_booking__session"


@dataclass(frozen=True, slots=True)
class RevenueLine:
    """``kind``: charge, refund or pass; ``reference`` is the payment's id, or that of the use."""

    session_id: int
    at: datetime
    kind: str
    amount: Decimal
    reference: str


@dataclass(frozen=True, slots=True)
class RevenueParts:
    """``refunds`` are negative: all three together are the revenue, to the cent."""

    payments: Decimal
    refunds: Decimal
    passes: Decimal

    @property
    def total(self) -> Decimal:
        return self.payments + self.refunds + self.passes


def add_up(lines: Iterable[RevenueLine], currency: str) -> RevenueParts:
    sums = dict.fromkeys((PaymentKind.CHARGE, PaymentKind.REFUND, USE), Decimal(0))
    for line in lines:
        sums[line.kind] += line.amount
    return RevenueParts(*(round_amount(amount, currency) for amount in sums.values()))


def sum_by_session(session_ids: Collection[int], currency: str) -> dict[int, Decimal]:
    """Charges that succeeded less refunds, and passes used; two or three queries, however many there are."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    paid = _payments(session_ids).order_by().values_list(OF_SESSION).annotate(net=Sum(SIGNED))
    for session_id, amount in paid:
        sums[session_id] += amount
    for use, value in _value_uses(session_ids):
        sums[use.booking.session_id] += value
    return {session_id: round_amount(amount, currency) for session_id, amount in sums.items()}


def total_revenue(sessions: SessionQuerySet, currency: str) -> Decimal:
    return read_parts(sessions, currency).total


def read_parts(sessions: SessionQuerySet, currency: str) -> RevenueParts:
    """Of all of them together, in two or three queries."""
    payments, refunds = _sum_ledger(sessions)
    uses = PassUse.objects.filter(booking__session__in=sessions.order_by().values("pk"), returned_at=None)
    # Most have none.
    session_ids = set(uses.order_by().values_list("booking__session", flat=True))
    passes = sum((value for _use, value in _value_uses(session_ids)), Decimal(0))
    return RevenueParts(*(round_amount(amount, currency) for amount in (payments, refunds, passes)))


_NET = f"""
SELECT SUM(CASE payment.kind WHEN '{PaymentKind.REFUND}' THEN 0 ELSE payment.amount END),
       SUM(CASE payment.kind WHEN '{PaymentKind.REFUND}' THEN -payment.amount ELSE 0 END)
  FROM classes_seatbooking seat
  JOIN reservations_reservation booked ON booked.id = seat.reservation_id
  JOIN payments_payment payment ON payment.bill_id = booked.bill_id
 WHERE payment.status = '{PaymentStatus.SUCCEEDED}' AND seat.session_id IN """


def _sum_ledger(sessions: SessionQuerySet) -> tuple[Decimal, Decimal]:
    """Payments, refunds. Written out: by way of the bills, ten thousand bookings take twice as long."""
    chosen, parameters = sessions.order_by().values("pk").query.sql_with_params()
    with read_connection(Payment).cursor() as cursor:
        cursor.execute(f"{_NET}({chosen})", parameters)
        payments, refunds = cursor.fetchone()
    return Decimal(str(payments or 0)), Decimal(str(refunds or 0))


def list_lines(session_ids: Collection[int]) -> list[RevenueLine]:
    """The rows behind each number, the oldest first."""
    payments = _payments(session_ids).annotate(session_id=F(OF_SESSION))
    lines = [
        RevenueLine(
            row.session_id,
            row.created_at,
            row.kind,
            -row.amount if row.kind == PaymentKind.REFUND else row.amount,
            str(row.pk),
        )
        for row in payments
    ]
    lines += [
        RevenueLine(use.booking.session_id, use.used_at, USE, value, str(use.pk))
        for use, value in _value_uses(session_ids)
    ]
    return sorted(lines, key=lambda line: (line.at, line.reference))


def sum_by_day(sessions: SessionQuerySet, by: RevenueBy, zone: ZoneInfo) -> dict[date, Decimal]:
    """By the local day of the session, or of the payment."""
    starts = dict(sessions.order_by().values_list("pk", "starts_at"))
    days: dict[date, Decimal] = defaultdict(Decimal)
    for line in list_lines(starts.keys()):
        at = starts[line.session_id] if by == RevenueBy.SESSION else line.at
        days[at.astimezone(zone).date()] += line.amount
    return dict(sorted(days.items()))


def _payments(session_ids: Collection[int]) -> QuerySet[Payment]:
    rows = Payment.objects.filter(status=PaymentStatus.SUCCEEDED)
    return rows.filter(**{f"{OF_SESSION}__in": session_ids})


def _value_uses(session_ids: Collection[int]) -> Iterator[tuple[PassUse, Decimal]]:
    """What uses in these sessions are worth: which credit it was depends on all uses of the pass."""
    here = PassUse.objects.filter(booking__session__in=session_ids, returned_at=None)
    passes = set(here.order_by().values_list("used_pass", flat=True))
    if not passes:
        return
    rows = PassUse.objects.filter(used_pass__in=passes, returned_at=None)
    wanted = set(session_ids)
    for of_pass in _group(rows.select_related("used_pass", "booking").order_by("used_pass", "pk")):
        first = of_pass[0].used_pass
        values = value_uses(first.price, first.credits, [use.credits for use in of_pass], first.currency)
        yield from (
            pair for pair in zip(of_pass, values, strict=True) if pair[0].booking.session_id in wanted
        )


def _group(uses: Iterable[PassUse]) -> list[list[PassUse]]:
    by_pass: dict[int, list[PassUse]] = defaultdict(list)
    for use in uses:
        by_pass[use.used_pass_id].append(use)
    return list(by_pass.values())


def sessions_between(
    sessions: SessionQuerySet, start: datetime | None, end: datetime | None
) -> SessionQuerySet:
    rows = sessions.filter(starts_at__gte=start) if start else sessions
    return rows.filter(starts_at__lt=end) if end else rows
