from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from django import template

from common.parsing import FIRST_YEAR, LAST_YEAR
from common.templatetags.holdfast import babel_locale

register = template.Library()
KIND_ICONS = {
    "room": "home",
    "table": "grid",
    "service": "star",
    "equipment": "settings",
    "person": "person",
    "seats": "people",
    "court": "timeline",
    "hall": "people",
    "vehicle": "move",
    "lodging": "moon",
}
"""Shown for a resource without a photo."""


@register.filter
def kind_icon(kind: str) -> str:
    return KIND_ICONS.get(kind, "calendar")


@register.filter
def weekday(on: date) -> str:
    """Like "Mon" or "Mo"."""
    return format_skeleton("E", on, locale=babel_locale())


@register.filter
def weekday_name(on: date) -> str:
    """Like "Monday" or "Montag"."""
    return format_skeleton("EEEE", on, locale=babel_locale())


@register.filter
def in_zone(at: datetime, zone: str) -> datetime | None:
    """The instant in another zone; None if the clock shows the same there, or without a zone."""
    if not zone or not FIRST_YEAR <= at.year <= LAST_YEAR:
        return None
    there = at.astimezone(ZoneInfo(zone))
    return None if there.utcoffset() == at.utcoffset() else there


@register.filter
def positive(amount: Decimal) -> Decimal:
    return abs(amount)
