"""A resource's or a group's days to choose from: how much is free on each, and every time of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from reservations.availability import BusyByLeaf, Moment, Wish, busy_for, ranges_within
from reservations.domain.pricing import price_at
from reservations.policies import people_violation
from resources.facts import Bookable
from resources.stays import arrivals_within, is_stay
from scheduling.hours import find_openings
from scheduling.zones import DAY, day_span
from search.slots import SlotView
from search.windows import PARTS

WEEK, STAY_DAYS = 7, 28
SHORT_DAY = 12
"""Up to so many times, a day is not divided into morning, afternoon and evening."""
MOST_NIGHTS = 30
LADDER = (15, 20, 30, 40, 45, 50, 60, 75, 90, 105, 120, 150, 180, 240, 300, 360, 480, 600, 720)
"""Lengths that people think in, minutes; after them, whole days."""


@dataclass(frozen=True, slots=True)
class StripDay:
    """One day in the row of days. ``state``: free, full, closed, past, later or no."""

    on: date
    state: str
    free: int = 0
    price: Decimal | None = None


def list_durations(bookable: Bookable, asked: int) -> list[int]:
    """Durations to choose from, within the rules; the usual and the asked one are always there."""
    rules, usual = bookable.slot_rules, bookable.customer_rules.default_duration
    if is_stay(bookable):
        known = [usual + each * DAY for each in range(MOST_NIGHTS)]
    else:
        known = [*LADDER, *range(DAY, rules.max_duration + 1, DAY)][: len(LADDER) + MOST_NIGHTS]
        known += [rules.min_duration, rules.max_duration]
    valid = {each for each in known if rules.refuses_duration(each) is None}
    return sorted(valid | {usual, asked})


def first_shown_day(on: date, today: date, days: int) -> date:
    """The first day of the row that shows ``on``: rows begin today and follow each other."""
    return today + timedelta(days=(on - today).days // days * days)


def list_days(
    bookables: Sequence[Bookable], wish: Wish, first: date, days: int, moment: Moment, *, priced: bool = False
) -> list[StripDay]:
    """``days`` days from ``first`` on; one query. ``priced`` gives the price of each day's first time."""
    zone = str(bookables[0].zone)
    start, end = day_span(first, zone)[0], day_span(first + timedelta(days=days - 1), zone)[1]
    busy = busy_for(bookables, start, end, moment, duration=wish.duration)
    dates = (first + timedelta(days=each) for each in range(days))
    return [_strip_day(bookables, wish, on, busy, moment, priced) for on in dates]


def _strip_day(
    bookables: Sequence[Bookable], wish: Wish, on: date, busy: BusyByLeaf, moment: Moment, priced: bool
) -> StripDay:
    start, end = day_span(on, str(bookables[0].zone))
    free: dict[int, Bookable] = {}
    for each in bookables:
        arrivals = arrivals_within(each, start, end) if is_stay(each) else None
        for found in ranges_within(each, wish, busy, start=start, end=end, now=moment.minute):
            free |= {at: each for at in found if at not in free and (arrivals is None or at in arrivals)}
    if not free:
        return StripDay(on, _state(bookables, wish, start, end, moment.minute))
    earliest = min(free)
    price = price_at(free[earliest], wish, earliest) if priced else None
    return StripDay(on, "free", len(free), price)


def _state(bookables: Sequence[Bookable], wish: Wish, start: int, end: int, now: int) -> str:
    """Why a day has nothing free."""
    fitting = [each for each in bookables if not people_violation(each, wish.booker, wish.party_size)]
    if not fitting or all(each.slot_rules.refuses_duration(wish.duration) for each in fitting):
        return "no"
    furthest = [each.slot_rules.max_advance for each in fitting]
    if all(each is not None and start > now + each for each in furthest):
        return "later"
    last = [found for each in fitting if (found := _last_start(each, wish.duration, start, end)) is not None]
    if not last:
        return "past" if end <= now else "closed"
    return "past" if max(last) < now else "full"


def _last_start(bookable: Bookable, duration: int, start: int, end: int) -> int | None:
    """The last minute of [start, end) at which it is open for long enough; None for a closed day."""
    if is_stay(bookable):
        return max(arrivals_within(bookable, start, end), default=None)
    opened = find_openings(bookable.plan, start, end + duration).spans
    lasts = [
        min(closes - duration, end - 1)
        for opens, closes in opened
        if opens < end and closes - max(opens, start) >= duration
    ]
    return max(lasts, default=None)


@dataclass(frozen=True, slots=True)
class PartOfDay:
    """Some slots of a day under one heading; ``name`` is empty where the day is not divided."""

    name: str
    slots: tuple[SlotView, ...]

    @property
    def free(self) -> int:
        return sum(1 for slot in self.slots if slot.is_free)


def divide_day(slots: Sequence[SlotView]) -> list[PartOfDay]:
    """Morning, afternoon and evening, where there are too many times for one look."""
    if len(slots) <= SHORT_DAY:
        return [PartOfDay("", tuple(slots))] if slots else []
    return [PartOfDay(name, tuple(found)) for name, found in groupby(slots, key=_part_of)]


def _part_of(slot: SlotView) -> str:
    minute = slot.start.hour * 60 + slot.start.minute
    return next(name for name, (start, end) in PARTS.items() if start <= minute < end)
