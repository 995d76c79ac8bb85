"""Lodging, which is booked by nights: from one day's arrival to another day's departure."""

from django.utils.translation import ngettext

from common.templatetags.holdfast import minutes
from resources.bookables import Bookable
from resources.enums import ResourceKind
from scheduling.hours import find_openings
from scheduling.zones import DAY


def is_stay(bookable: Bookable) -> bool:
    return bookable.kind == ResourceKind.LODGING and DAY / 2 < bookable.customer_rules.default_duration <= DAY


def arrivals_within(bookable: Bookable, start: int, end: int) -> set[int]:
    """When a stay may begin: when the house opens for the night. UTC minutes."""
    pieces = find_openings(bookable.plan, start, end).pieces
    return {opens for opens, _closes in pieces if start <= opens < end}


def count_nights(bookable: Bookable, duration: int) -> int:
    return 1 + max(duration - bookable.customer_rules.default_duration, 0) // DAY


def describe_length(bookable: Bookable, duration: int) -> str:
    """2 nights, or 1 hour 30 minutes."""
    if not is_stay(bookable):
        return minutes(duration)
    count = count_nights(bookable, duration)
    return ngettext("%(count)d night", "%(count)d nights", count) % {"count": count}
