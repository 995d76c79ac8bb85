import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date, format_skeleton, get_timezone_location
from babel.numbers import format_currency
from django import template
from django.utils.translation import get_language, get_language_bidi, ngettext, to_locale
from django.utils.translation import gettext as _

from common.postal import Addressed, place_lines
from scheduling.zones import comes_twice

register = template.Library()
REGIONS = {"en": "en_GB"}  # which writes the day before the month
AMERICAN_LOCALE = "en_US"
NO_BREAK = "\N{NO-BREAK SPACE}"
ZERO_CENTS = re.compile(r"[.,]00(?=\D*$)")
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"


def babel_locale(language: str = "") -> str:
    language = language or get_language() or "en"
    return REGIONS.get(language, to_locale(language))


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """``25.00`` and ``EUR`` in the visitor's language: €25.00, 25,00 €."""
    return _format_money(amount, currency, babel_locale())


@lru_cache(maxsize=1024)
def _format_money(amount: Decimal, currency: str, locale: str) -> str:
    return str(format_currency(amount, currency, locale=locale))


@register.filter
def money_or_free(amount: Decimal | None, currency: str) -> str:
    """€25.00, or "free of charge"."""
    return money(amount, currency) if amount else _("Free")


@register.filter
def coins(amount: Decimal, currency: str) -> str:
    """€90 for 90.00, and €90.50."""
    if amount != amount.to_integral_value():
        return money(amount, currency)
    whole = format_currency(
        amount, currency, locale=babel_locale(), currency_digits=False, decimal_quantization=False
    )
    return ZERO_CENTS.sub("", str(whole))


@register.filter
def minutes(value: int) -> str:
    """90 as "1 hour 30 minutes"."""
    days, rest = divmod(value, 1440)
    hours, left = divmod(rest, 60)
    parts = [
        (days, ngettext("%d day", "%d days", days)),
        (hours, ngettext("%d hour", "%d hours", hours)),
        (left, ngettext("%d minute", "%d minutes", left)),
    ]
    return " ".join(text % number for number, text in parts if number)


@register.filter
def long_day(value: date) -> str:
    """Friday, 4 December 2026."""
    return format_date(_drop_zone(value), "full", locale=babel_locale())


@register.filter
def short_day(value: date) -> str:
    """Fri 4 Dec."""
    return _format_by_skeleton("MMMEd", _drop_zone(value), babel_locale())


@register.filter
def short_date(value: date) -> str:
    """Fri, 4 Dec 2026."""
    return _format_by_skeleton("yMMMEd", _drop_zone(value), babel_locale())


@register.filter
def weekday(value: date) -> str:
    return _format_by_skeleton("E", _drop_zone(value), babel_locale())


@register.filter
def month(value: date) -> str:
    return _format_by_skeleton("yMMMM", _drop_zone(value), babel_locale())


@register.filter
def clock(value: datetime | time) -> str:
    """09:30, or 9:30 AM for Americans, in the zone the value is in."""
    # Where text runs from right to left, a mark in front keeps 09:30 to 10:00 in this order.
    return f"{LEFT_TO_RIGHT if get_language_bidi() else ''}{clock_text(value, babel_locale())}"


@register.filter
def clock_named(value: datetime) -> str:
    """As ``clock``, with its offset where the clock shows this time twice: 02:30 (UTC+02:00)."""
    return f"{clock(value)} (UTC{value.isoformat()[-6:]})" if comes_twice(value) else clock(value)


def hour_text(value: datetime) -> str:
    """09:00, or 9 AM, for the edge of a calendar."""
    return clock(value).replace(":00", "") if babel_locale() == AMERICAN_LOCALE else clock(value)


def end_of_day() -> str:
    """The midnight at which a day ends."""
    return clock(time(0)) if babel_locale() == AMERICAN_LOCALE else "24:00"


def always_open() -> str:
    """Instead of two midnights, which Americans write alike."""
    return _("Open 24 hours")


def clock_text(value: datetime | time, locale: str) -> str:
    if locale != AMERICAN_LOCALE:
        return f"{value:%H:%M}"
    return f"{value.hour % 12 or 12}:{value.minute:02}{NO_BREAK}{'AM' if value.hour < 12 else 'PM'}"


@register.filter
def moment(value: datetime) -> str:
    return f"{short_date(value)}, {clock(value)}"


@register.filter
def clock_after(end: datetime, start: datetime) -> str:
    """The end of what begins at ``start``: 11:00, or Sat 5 Dec, 02:00 where the day changes."""
    return clock(end) if end.date() == start.date() else f"{short_day(end)}, {clock(end)}"


@register.filter
def moment_after(end: datetime, start: datetime) -> str:
    """As ``clock_after``, for what may lie in another year."""
    return clock(end) if end.date() == start.date() else moment(end)


@register.filter
def near_day(value: date, today: date) -> str:
    """Today, Tomorrow, or Fri 4 Dec."""
    names = {today: _("Today"), today + timedelta(days=1): _("Tomorrow")}
    return names.get(value) or short_day(value)


@register.filter
def address_lines(place: Addressed) -> list[str]:
    """Street and town, as one writes them in the country."""
    return place_lines(place)


@register.filter
def zone_words(zone: object) -> str:
    """Berlin time for Europe/Berlin; zones that are no place's, like UTC, keep their name."""
    name = str(zone)
    if "/" not in name or name.startswith("Etc/"):
        return name
    return _("%(city)s time") % {"city": _name_city(name, babel_locale())}


@lru_cache(maxsize=1024)
def _name_city(zone: str, locale: str) -> str:
    return str(get_timezone_location(zone, locale=locale, return_city=True))


@lru_cache(maxsize=4096)
def _format_by_skeleton(skeleton: str, value: date, locale: str) -> str:
    # Cached: Babel looks for the pattern anew each time, and a calendar has hundreds of dates.
    return format_skeleton(skeleton, value, locale=locale)


def _drop_zone(value: date) -> date:
    # Babel would convert to UTC what has a zone.
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
