from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from babel.dates import get_day_names
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.holdfast import babel_locale, clock, end_of_day, minutes, money
from payments.providers import find_checkout_provider
from resources.bookables import Bookable, CustomerRules, PriceRuleValues
from resources.enums import Approval, Audience, Period, PriceBasis
from resources.pricing import price_of_night
from resources.refund_words import describe_cancellation
from resources.stays import is_stay

DAY, HOUR = 1440, 60
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class PriceDescription:
    """``when`` is empty if the price always applies."""

    name: str
    amount: str
    when: str = ""


def describe_prices(bookable: Bookable) -> list[PriceDescription]:
    """The usual price first, then exceptions; empty if it is free of charge."""
    usual = (
        [PriceDescription("", _describe_rate(bookable, bookable.hourly_rate))] if bookable.hourly_rate else []
    )
    rules = sorted(bookable.prices, key=lambda rule: (rule.basis != PriceBasis.HOUR, -rule.priority))
    return usual + [
        PriceDescription(rule.name, _describe_amount(bookable, rule), describe_hours(rule)) for rule in rules
    ]


def _describe_amount(bookable: Bookable, rule: PriceRuleValues) -> str:
    if rule.basis == PriceBasis.HOUR:
        return _describe_rate(bookable, rule.amount)
    amount = money(rule.amount, bookable.currency)
    if rule.basis == PriceBasis.PERSON:
        return _("%(amount)s per person") % {"amount": amount}
    return _("%(amount)s per booking") % {"amount": amount}


def _describe_rate(bookable: Bookable, rate: Decimal) -> str:
    if is_stay(bookable):
        night = price_of_night(bookable, rate)
        return _("%(amount)s per night") % {"amount": money(night, bookable.currency)}
    return _("%(amount)s per hour") % {"amount": money(rate, bookable.currency)}


def describe_hours(rule: PriceRuleValues) -> str:
    """Like "Monday to Friday, 17:00-22:00"; empty for always."""
    parts = [] if rule.weekdays == EVERY_DAY else [describe_weekdays(rule.weekdays)]
    if (rule.start, rule.end) != (0, DAY):
        parts.append(f"{format_wall_time(rule.start)}–{format_wall_time(rule.end)}")
    return ", ".join(parts)


def format_wall_time(minute: int) -> str:
    """A local minute of the day, or of the next; midnight at the end is 24:00."""
    hour, rest = divmod(minute if minute <= DAY else minute - DAY, HOUR)
    return end_of_day() if minute == DAY else clock(time(hour, rest))


def describe_weekdays(days: Iterable[int]) -> str:
    """Like "Monday to Friday" or "Saturday, Sunday"; 0 is Monday."""
    names = get_day_names("wide", "stand-alone", locale=babel_locale())
    weekdays = sorted(days)
    if len(weekdays) > 2 and weekdays == list(range(weekdays[0], weekdays[-1] + 1)):
        return _("%(first)s to %(last)s") % {"first": names[weekdays[0]], "last": names[weekdays[-1]]}
    return ", ".join(names[day] for day in weekdays)


def describe_rules(bookable: Bookable) -> list[str]:
    return [*_describe_time_rules(bookable), *_describe_people_rules(bookable.customer_rules)]


def _describe_time_rules(bookable: Bookable) -> Iterator[str]:
    rules = bookable.slot_rules
    least, most = rules.min_duration, rules.max_duration
    if is_stay(bookable):
        stays = 1 + (most - bookable.customer_rules.default_duration) // DAY
        yield ngettext("Up to %(count)d night", "Up to %(count)d nights", stays) % {"count": stays}
    elif least == most:
        yield _("%(length)s per booking") % {"length": minutes(least)}
    else:
        yield _("%(least)s to %(most)s") % {"least": minutes(least), "most": minutes(most)}
    if rules.min_notice:
        yield _("Book at least %(time)s in advance") % {"time": minutes(rules.min_notice)}
    if rules.max_advance is not None:
        yield _("Book up to %(time)s ahead") % {"time": minutes(rules.max_advance)}


def _describe_people_rules(rules: CustomerRules) -> Iterator[str]:
    if rules.min_party_size > 1:
        yield _("For %(count)d or more people") % {"count": rules.min_party_size}
    if rules.audience == Audience.MEMBERS:
        yield _("Members only")
    if rules.audience == Audience.SIGNED_IN:
        yield _("You need an account to book")
    if rules.deposit_percent:
        yield _describe_deposit() % {"percent": rules.deposit_percent}
    yield from _describe_approval(rules)
    yield from _describe_limits(rules)


def _describe_deposit() -> str:
    if find_checkout_provider():
        return _("%(percent)d%% deposit, paid online")
    return _("%(percent)d%% deposit, paid at the venue")


def _describe_approval(rules: CustomerRules) -> Iterator[str]:
    if rules.approval == Approval.MANUAL:
        yield _("All bookings need approval")
    if rules.approval == Approval.CONDITIONAL and rules.approval_party_size:
        yield _("Bookings for %(count)d or more people need approval") % {"count": rules.approval_party_size}
    if rules.approval == Approval.CONDITIONAL and rules.approval_duration:
        text = _("Bookings of %(length)s or more need approval")
        yield text % {"length": minutes(rules.approval_duration)}


def _describe_limits(rules: CustomerRules) -> Iterator[str]:
    if rules.max_active_per_customer:
        yield ngettext(
            "Up to %(count)d upcoming booking per person",
            "Up to %(count)d upcoming bookings per person",
            rules.max_active_per_customer,
        ) % {"count": rules.max_active_per_customer}
    if rules.max_per_period:
        yield ngettext(
            "Up to %(count)d booking per person %(period)s",
            "Up to %(count)d bookings per person %(period)s",
            rules.max_per_period,
        ) % {"count": rules.max_per_period, "period": Period(rules.limit_period).label}
    if rules.one_at_a_time:
        yield _("One booking at a time per person")


def describe_cancellations(bookables: Iterable[Bookable]) -> dict[str, list[str]]:
    """The same of several things booked together, by name; one entry without a name where they agree."""
    told = {bookable.name: describe_cancellation(bookable.tiers, bookable.currency) for bookable in bookables}
    if not told:
        return {}
    alike = next(iter(told.values()))
    return {"": alike} if all(lines == alike for lines in told.values()) else told
