"""How many bookings one customer may have under one set of rules."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from common.transactions import lock_name
from reservations.domain.lines import Line
from reservations.domain.occupancy import raise_violation
from reservations.domain.values import Customer
from reservations.enums import ACTIVE, Status
from reservations.models import Reservation
from reservations.policies import violation
from reservations.querysets import ReservationQuerySet
from resources.enums import Period
from resources.facts import CustomerRules
from scheduling.reasons import Reason
from scheduling.zones import day_span, from_minute


def lock_customer(customer: Customer, lines: Iterable[Line]) -> None:
    """Serializes one customer's bookings where limits are counted. Comes before every row lock."""
    if not _rules(lines):
        return
    names = [customer.email, str(customer.user.pk) if customer.user else ""]
    for name in sorted(filter(None, names)):
        lock_name(f"customer:{name}")


def check_limits(customer: Customer, lines: Iterable[Line], *, start: int, now: datetime) -> None:
    """Raises ``BookingRefused`` (``limit_reached``) when one more booking would be too many."""
    for rules, zone in _rules(lines).items():
        theirs = _theirs(customer, rules)
        if _too_many(theirs, rules, now, more=1) or _too_many_around(theirs, rules, zone, start, more=1):
            raise_violation(violation(Reason.LIMIT_REACHED))


def check_moved(
    customer: Customer, was: Iterable[Line], was_start: int, lines: Iterable[Line], start: int, now: datetime
) -> None:
    """``check_limits`` for what has just been moved: only what it newly counts towards can refuse it."""
    before = _rules(was)
    for rules, zone in _rules(lines).items():
        theirs, is_new = _theirs(customer, rules), rules not in before
        moved = is_new or _period(rules, zone, was_start) != _period(rules, zone, start)
        if (is_new and _too_many(theirs, rules, now)) or (
            moved and _too_many_around(theirs, rules, zone, start)
        ):
            raise_violation(violation(Reason.LIMIT_REACHED))


def _rules(lines: Iterable[Line]) -> dict[CustomerRules, ZoneInfo]:
    """The rules with a limit, and the zone that their periods are counted in."""
    every = {line.bookable.customer_rules: line.bookable.zone for line in lines}
    return {
        rules: zone
        for rules, zone in every.items()
        if rules.max_active is not None or rules.max_per_period is not None
    }


def _too_many(theirs: ReservationQuerySet, rules: CustomerRules, now: datetime, more: int = 0) -> bool:
    if rules.max_active is None:
        return False
    return theirs.active().filter(ends_at__gt=now).count() + more > rules.max_active


def _too_many_around(
    theirs: ReservationQuerySet, rules: CustomerRules, zone: ZoneInfo, start: int, more: int = 0
) -> bool:
    if rules.max_per_period is None:
        return False
    begin, end = (from_minute(minute) for minute in _period(rules, zone, start))
    counted = theirs.filter(status__in=ACTIVE | {Status.COMPLETED, Status.NO_SHOW})
    return counted.filter(starts_at__gte=begin, starts_at__lt=end).count() + more > rules.max_per_period


def _period(rules: CustomerRules, zone: ZoneInfo, start: int) -> tuple[int, int]:
    """The day, week or month around ``start``. All in UTC minutes."""
    name = str(zone)
    first, last = period_around(from_minute(start, name).date(), rules.limit_period)
    return day_span(first, name)[0], day_span(last, name)[1]


def _theirs(customer: Customer, rules: CustomerRules) -> ReservationQuerySet:
    found = Reservation.objects.of_customer(customer.user.pk if customer.user else None, customer.email)
    return found.filter(items__resource__rules_id=rules.rules_id).distinct()


def period_around(day: date, period: Period) -> tuple[date, date]:
    """First and last date of the day, the week (from Monday) or the month that ``day`` lies in."""
    if period == Period.DAY:
        return day, day
    if period == Period.WEEK:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
