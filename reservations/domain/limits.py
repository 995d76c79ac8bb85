from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from common.transactions import lock_name
from reservations.domain.lines import Line, Span
from reservations.domain.occupancy import raise_violation
from reservations.domain.own_times import addresses_of, check_own_times, wants_one_at_a_time
from reservations.domain.values import Customer
from reservations.enums import ACTIVE, Purpose, Status
from reservations.models import Reservation
from reservations.policies import violation
from reservations.querysets import ReservationQuerySet
from resources.bookables import CustomerRules
from resources.enums import Period
from scheduling.reasons import Reason
from scheduling.zones import day_span, from_minute


def lock_customer(customer: Customer, lines: Sequence[Line], *, heir: Customer | None = None) -> None:
    """Serialize one customer's bookings if rules look at them. Comes before every row lock.

    ``heir`` is whose booking it becomes.
    """
    if not _limiting_rules(lines) and not wants_one_at_a_time(lines):
        return
    # By all names, sorted: a guest may book with the address of an account at the same moment.
    people = [customer, heir] if heir else [customer]
    names = {name for person in people for name in (*addresses_of(person), person.contact) if name}
    names |= {str(person.user.pk) for person in people if person.user}
    for contact in sorted(names):
        lock_name(f"customer:{contact}")


def check_limits(
    customer: Customer, lines: Sequence[Line], span: Span, *, now: datetime, but: UUID | None = None
) -> None:
    """Raises ``BookingRefused`` if one more booking would be too many (``limit_reached``), or if the customer
    has another at that time (``already_booked_then``).
    """
    check_own_times(customer, lines, span, but=but)
    start = span.start
    for rules, zone in _limiting_rules(lines).items():
        their_bookings = _bookings_under(customer, rules)
        if _has_too_many(their_bookings, rules, now, more=1) or _has_too_many_around(
            their_bookings, rules, zone, start, more=1
        ):
            raise_violation(violation(Reason.LIMIT_REACHED))


def check_limits_of_move(
    customer: Customer,
    was: Sequence[Line],
    was_span: Span,
    lines: Sequence[Line],
    span: Span,
    *,
    now: datetime,
    but: UUID,
) -> None:
    """``check_limits`` after a move: only limits that it newly counts towards can refuse it."""
    is_within = was_span.start <= span.start and span.end <= was_span.end
    if not (is_within and wants_one_at_a_time(was)):
        check_own_times(customer, lines, span, but=but)
    was_start, start = was_span.start, span.start
    rules_before = _limiting_rules(was)
    for rules, zone in _limiting_rules(lines).items():
        their_bookings, is_new = _bookings_under(customer, rules), rules not in rules_before
        moved = is_new or _period_span(rules, zone, was_start) != _period_span(rules, zone, start)
        if (is_new and _has_too_many(their_bookings, rules, now)) or (
            moved and _has_too_many_around(their_bookings, rules, zone, start)
        ):
            raise_violation(violation(Reason.LIMIT_REACHED))


def _limiting_rules(lines: Iterable[Line]) -> dict[CustomerRules, ZoneInfo]:
    zone_by_rules = {line.bookable.customer_rules: line.bookable.zone for line in lines}
    return {
        rules: zone
        for rules, zone in zone_by_rules.items()
        if rules.max_active_per_customer is not None or rules.max_per_period is not None
    }


def _has_too_many(
    their_bookings: ReservationQuerySet, rules: CustomerRules, now: datetime, more: int = 0
) -> bool:
    if rules.max_active_per_customer is None:
        return False
    return their_bookings.active().filter(ends_at__gt=now).count() + more > rules.max_active_per_customer


def _has_too_many_around(
    their_bookings: ReservationQuerySet, rules: CustomerRules, zone: ZoneInfo, start: int, more: int = 0
) -> bool:
    if rules.max_per_period is None:
        return False
    begin, end = (from_minute(minute) for minute in _period_span(rules, zone, start))
    counted = their_bookings.filter(status__in=ACTIVE | {Status.COMPLETED, Status.NO_SHOW})
    return counted.filter(starts_at__gte=begin, starts_at__lt=end).count() + more > rules.max_per_period


def _period_span(rules: CustomerRules, zone: ZoneInfo, start: int) -> tuple[int, int]:
    """The day, week or month around ``start``, all in UTC minutes."""
    name = str(zone)
    first, last = period_around(from_minute(start, name).date(), rules.limit_period)
    return day_span(first, name)[0], day_span(last, name)[1]


def _bookings_under(customer: Customer, rules: CustomerRules) -> ReservationQuerySet:
    user_id = customer.user.pk if customer.user else None
    bookings = Reservation.objects.of_customer(user_id, customer.email, customer.phone)
    bookings = bookings.filter(purpose=Purpose.BOOKING, items__resource__rules_id=rules.rules_id)
    return bookings.distinct()


def period_around(day: date, period: Period) -> tuple[date, date]:
    """First and last date of the day, week (from Monday) or month of ``day``."""
    if period == Period.DAY:
        return day, day
    if period == Period.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
