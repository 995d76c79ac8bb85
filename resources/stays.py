"""Lodging, which is booked by nights: from one day's arrival to another day's departure."""

from django.utils.translation import ngettext

from common.templatetags.holdfast import minutes
from resources.enums import Kind
from resources.facts import Bookable
from scheduling.hours import find_openings
from scheduling.zones import DAY


def is_stay(bookable: Bookable) -> bool:
    """Whether it is booked by nights: from one day's arrival to another day's departure."""
    return bookable.kind == Kind.LODGING and DAY / 2 < bookable.customer_rules.default_duration <= DAY


def arrivals_within(bookable: Bookable, start: int, end: int) -> set[int]:
    """When a stay may begin: at the hour at which the house opens for the night. UTC minutes."""
    opened = find_openings(bookable.plan, start, end).pieces
    return {opens for opens, _closes in opened if start <= opens < end}


def nights(bookable: Bookable, duration: int) -> int:
    """How many nights a stay of so many minutes has."""
    return 1 + max(duration - bookable.customer_rules.default_duration, 0) // DAY


def length_in_words(facts: Bookable, duration: int) -> str:
    """2 nights, or 1 hour 30 minutes."""
    if not is_stay(facts):
        return minutes(duration)
    count = nights(facts, duration)
    return ngettext("%(count)d night", "%(count)d nights", count) % {"count": count}
