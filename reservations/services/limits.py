"""How many bookings one customer may have under one set of rules."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from common.transactions import lock_name
from reservations.enums import ACTIVE, Status
from reservations.models import Reservation
from reservations.policies import violation
from reservations.querysets import ReservationQuerySet
from reservations.services.choosing import Line
from reservations.services.occupying import raise_violation
from reservations.services.values import Customer
from resources.enums import Period
from resources.facts import CustomerRules
from scheduling.reasons import Reason
from scheduling.zones import day_span, from_minute


def lock_customer(customer: Customer, lines: Iterable[Line]) -> None:
    """Serializes one customer's bookings where limits are counted. Comes before every row lock."""
    rules = [line.bookable.customer_rules for line in lines]
    if customer.email and any(each.max_active or each.max_per_period for each in rules):
        lock_name(f"customer:{customer.email}")


def check_limits(customer: Customer, lines: Iterable[Line], *, start: int, now: datetime) -> None:
    """Raises ``BookingRefused`` (``limit_reached``) when one more booking would be too many."""
    by_rules = {line.bookable.customer_rules: line.bookable.zone for line in lines}
    for rules, zone in by_rules.items():
        if _is_reached(customer, rules, zone, start, now):
            raise_violation(violation(Reason.LIMIT_REACHED))


def _is_reached(customer: Customer, rules: CustomerRules, zone: ZoneInfo, start: int, now: datetime) -> bool:
    theirs = _theirs(customer, rules)
    if rules.max_active is not None and theirs.active().filter(ends_at__gt=now).count() >= rules.max_active:
        return True
    if rules.max_per_period is None:
        return False
    first, last = period_around(from_minute(start, str(zone)).date(), rules.limit_period)
    name = str(zone)
    begin, end = from_minute(day_span(first, name)[0]), from_minute(day_span(last, name)[1])
    counted = theirs.filter(status__in=ACTIVE | {Status.COMPLETED, Status.NO_SHOW})
    return counted.filter(starts_at__gte=begin, starts_at__lt=end).count() >= rules.max_per_period


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
