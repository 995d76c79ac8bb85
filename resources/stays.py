"""Lodging, which is booked by nights: from one day's arrival to another day's departure.

A length of a stay is that of the wall clock, so that it ends at the same hour of departure when the clocks
change on the way: three nights of 68 hours then take 67 or 69.
"""

from datetime import datetime, timedelta

from django.utils.translation import ngettext

from common.templatetags.holdfast import minutes
from resources.bookables import Bookable
from resources.enums import ResourceKind
from scheduling.hours import find_openings
from scheduling.zones import DAY, first_instant_at, from_minute, local_minute, segments_between, to_minute


def is_stay(bookable: Bookable) -> bool:
    return bookable.kind == ResourceKind.LODGING and DAY / 2 < bookable.customer_rules.default_duration <= DAY


def end_of(bookable: Bookable, start: int, length: int) -> int:
    """UTC minutes."""
    if not is_stay(bookable):
        return start + length
    zone = str(bookable.zone)
    return first_instant_at(local_minute(start, zone) + length, zone)


def end_at(bookable: Bookable, start: datetime, length: timedelta) -> datetime:
    return from_minute(end_of(bookable, to_minute(start), length // timedelta(minutes=1)))


def length_of(bookable: Bookable, start: int, end: int) -> int:
    """The length whose ``end_of`` is ``end``."""
    if not is_stay(bookable):
        return end - start
    zone = str(bookable.zone)
    return local_minute(end, zone) - local_minute(start, zone)


def longest_of(bookable: Bookable, length: int) -> int:
    """No booking of this length takes more minutes."""
    return length + DAY if is_stay(bookable) else length


def cut_by_length(bookable: Bookable, start: int, end: int, length: int) -> list[tuple[int, int, int]]:
    """``(first, last, minutes)``: bookings that begin within [first, last) take so many minutes."""
    if not is_stay(bookable):
        return [(start, end, length)]
    cuts: list[tuple[int, int, int]] = []
    segments = segments_between(str(bookable.zone), start, end + length + DAY)
    for begin, begin_until, offset in segments:
        first = max(begin, start)
        for ends, ends_until, offset_at_end in segments:
            taken = length + offset - offset_at_end
            # An end that the clocks show twice is the first of the two.
            first = max(first, ends - taken)
            last = min(begin_until, end, ends_until - taken)
            if first < last:
                cuts.append((first, last, taken))
                first = last
    return cuts


def arrivals_within(bookable: Bookable, start: int, end: int) -> set[int]:
    """When a stay may begin: when the house opens for the night. UTC minutes."""
    pieces = find_openings(bookable.plan, start, end).pieces
    return {opens for opens, _closes in pieces if start <= opens < end}


def count_nights(bookable: Bookable, start: int, end: int) -> int:
    zone = str(bookable.zone)
    return max(local_minute(end, zone) // DAY - local_minute(start, zone) // DAY, 1)


def describe_nights(count: int) -> str:
    return ngettext("%(count)d night", "%(count)d nights", count) % {"count": count}


def describe_length(bookable: Bookable, length: int) -> str:
    """2 nights, or 1 hour 30 minutes."""
    if not is_stay(bookable):
        return minutes(length)
    return describe_nights(1 + max(round((length - bookable.customer_rules.default_duration) / DAY), 0))
