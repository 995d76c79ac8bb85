from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from reservations.availability import BusyByLeaf, Moment, Wish, ranges_within, read_busy
from reservations.domain.pricing import price_at
from reservations.policies import people_violation
from resources.bookables import Bookable
from resources.stays import arrivals_within, is_stay
from scheduling.hours import find_openings
from scheduling.reasons import Reason
from scheduling.zones import DAY, day_span
from search.slots import SlotView
from search.windows import PARTS

WEEK = 7
SHORT_DAY = 12
"""A day with no more times is not divided into morning, afternoon and evening."""
FEW_TAKEN = 2
TAKEN = (Reason.TAKEN, Reason.CAPACITY, Reason.PART_TAKEN)
MOST_NIGHTS = 30
LADDER = (15, 20, 30, 40, 45, 50, 60, 75, 90, 105, 120, 150, 180, 240, 300, 360, 480, 600, 720)
"""Usual lengths in minutes; whole days follow."""


@dataclass(frozen=True, slots=True)
class StripDay:
    """``state`` is free, full, closed, past, later or no."""

    on: date
    state: str
    free: int = 0
    price: Decimal | None = None


def list_durations(bookable: Bookable, asked: int) -> list[int]:
    rules, usual = bookable.slot_rules, bookable.customer_rules.default_duration
    if is_stay(bookable):
        candidates = [usual + number * DAY for number in range(MOST_NIGHTS)]
    else:
        candidates = [*LADDER, *range(DAY, rules.max_duration + 1, DAY)][: len(LADDER) + MOST_NIGHTS]
        candidates += [rules.min_duration, rules.max_duration]
    valid = {minutes for minutes in candidates if rules.refuses_duration(minutes) is None}
    return sorted(valid | {usual, asked})


def find_first_shown_day(on: date, today: date, days: int) -> date:
    """The first day of the row that has ``on``; rows begin today and follow each other."""
    return today + timedelta(days=(on - today).days // days * days)


def list_days(
    bookables: Sequence[Bookable], wish: Wish, first: date, days: int, moment: Moment, *, priced: bool = False
) -> list[StripDay]:
    """One query. With ``priced``, each day has the price of its first free time."""
    zone = str(bookables[0].zone)
    start, end = day_span(first, zone)[0], day_span(first + timedelta(days=days - 1), zone)[1]
    busy = read_busy(bookables, start, end, moment, duration=wish.duration)
    dates = (first + timedelta(days=number) for number in range(days))
    return [_make_strip_day(bookables, wish, on, busy, moment, priced) for on in dates]


def _make_strip_day(
    bookables: Sequence[Bookable], wish: Wish, on: date, busy: BusyByLeaf, moment: Moment, priced: bool
) -> StripDay:
    start, end = day_span(on, str(bookables[0].zone))
    free: dict[int, Bookable] = {}
    for bookable in bookables:
        arrivals = arrivals_within(bookable, start, end) if is_stay(bookable) else None
        for free_range in ranges_within(bookable, wish, busy, start=start, end=end, now=moment.minute):
            # Each start once, whichever of the resources is free then.
            free |= {
                at: bookable for at in free_range if at not in free and (arrivals is None or at in arrivals)
            }
    if not free:
        return StripDay(on, _find_state(bookables, wish, start, end, moment.minute))
    earliest = min(free)
    price = price_at(free[earliest], wish, earliest) if priced else None
    return StripDay(on, "free", len(free), price)


def _find_state(bookables: Sequence[Bookable], wish: Wish, start: int, end: int, now: int) -> str:
    """Why the day has nothing free; reasons of the visitor first, then of the calendar."""
    fitting = [
        bookable for bookable in bookables if not people_violation(bookable, wish.booker, wish.party_size)
    ]
    if not fitting or all(bookable.slot_rules.refuses_duration(wish.duration) for bookable in fitting):
        return "no"
    furthest = [bookable.slot_rules.max_advance for bookable in fitting]
    if all(advance is not None and start > now + advance for advance in furthest):
        return "later"
    last_starts = [
        last_start
        for bookable in fitting
        if (last_start := _find_last_start(bookable, wish.duration, start, end)) is not None
    ]
    if not last_starts:
        return "past" if end <= now else "closed"
    # It is open long enough: bookings are in the way, unless the last such start is over.
    return "past" if max(last_starts) < now else "full"


def _find_last_start(bookable: Bookable, duration: int, start: int, end: int) -> int | None:
    """The last minute of [start, end) from which it is open long enough; None for a closed day."""
    if is_stay(bookable):
        return max(arrivals_within(bookable, start, end), default=None)
    opened = find_openings(bookable.plan, start, end + duration).spans
    last_starts = [
        min(closes - duration, end - 1)
        for opens, closes in opened
        if opens < end and closes - max(opens, start) >= duration
    ]
    return max(last_starts, default=None)


@dataclass(frozen=True, slots=True)
class PartOfDay:
    """``name`` is empty if the day is not divided."""

    name: str
    slots: tuple[SlotView, ...]

    @property
    def taken(self) -> list[SlotView]:
        """Folded away if they are many. What is held stays: it may be the visitor's own, or soon free."""
        taken = [slot for slot in self.slots if slot.reason in TAKEN]
        return taken if len(taken) > FEW_TAKEN else []

    @property
    def shown(self) -> list[SlotView]:
        return [slot for slot in self.slots if not self.taken or slot.reason not in TAKEN]

    @property
    def free(self) -> int:
        return sum(1 for slot in self.slots if slot.is_free)


def divide_day(slots: Sequence[SlotView], *, nights_last: bool = False) -> list[PartOfDay]:
    """Morning, afternoon and evening if there are too many times to take in at once."""
    if len(slots) <= SHORT_DAY:
        return [PartOfDay("", tuple(slots))] if slots else []
    parts = [PartOfDay(name, tuple(slots_of_part)) for name, slots_of_part in groupby(slots, key=_part_of)]
    return sorted(parts, key=lambda part: nights_last and part.name == "night")


def _part_of(slot: SlotView) -> str:
    minute = slot.start.hour * 60 + slot.start.minute
    return next(name for name, (start, end) in PARTS.items() if start <= minute < end)
