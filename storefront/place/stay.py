"""Arrival and departure, chosen one after the other from a month; each day is a link."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from reservations.availability import Moment, Wish, moment_now, ranges_within, read_busy
from reservations.domain.pricing import price_at
from resources.bookables import Bookable
from resources.stays import arrivals_within, describe_nights
from scheduling.zones import DAY, day_span
from storefront.months import HEAD, add_months, arrange_weeks, days_in
from storefront.place.context import Place, make_query
from storefront.place.day_view import MOST_NIGHTS, StripDay, list_days

DEPARTURE = "departure"
"""What the page is asked to pick once the arrival is chosen."""


@dataclass(frozen=True, slots=True)
class StayDay:
    """``query`` is empty where the day cannot be chosen; ``part`` is arrival, inside, departure or empty."""

    on: date
    state: str
    part: str
    query: str
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class Departure:
    length: int
    price: Decimal


def count_nights(bookable: Bookable, length: int) -> int:
    return 1 + max(round((length - bookable.customer_rules.default_duration) / DAY), 0)


def build_stay(
    place: Place, month: date | None, on: date, wish: Wish, *, picks_departure: bool
) -> dict[str, Any]:
    moment, lengths = moment_now(), _list_lengths(place.bookable)
    first = (month or max(on, place.today)).replace(day=1)
    shortest = replace(wish, duration=lengths[0])
    strip = list_days(place.bookables, shortest, first, days_in(first), moment, priced=True)
    leaves = on + timedelta(days=count_nights(place.bookable, wish.duration))
    departures = _list_departures(place, on, wish, lengths, moment) if picks_departure else {}
    # Nobody can arrive then: the page says so, and another day is chosen.
    picks_departure = bool(departures)
    if picks_departure:
        days = [_make_end(day, on, wish, departures) or _make_start(day, on, None, shortest) for day in strip]
    else:
        days = [_make_start(day, on, leaves, shortest) for day in strip]
    return {
        "weeks": arrange_weeks(first, days),
        "head": HEAD,
        "month": first,
        "earlier": add_months(first, -1) if first > place.today else None,
        "later": None if strip[-1].state == "later" else add_months(first, 1),
        "month_path": place.path,
        "month_keep": f"&{make_query(on, wish)}{f'&pick={DEPARTURE}' if picks_departure else ''}",
        "picks_departure": picks_departure,
        "leaves": None if picks_departure else leaves,
        "most_nights": describe_nights(count_nights(place.bookable, lengths[-1])),
    }


def _list_lengths(bookable: Bookable) -> list[int]:
    usual = bookable.customer_rules.default_duration
    candidates = [usual + number * DAY for number in range(MOST_NIGHTS)]
    refuses = bookable.slot_rules.refuses_duration
    return [length for length in candidates if refuses(length) is None] or [usual]


def _list_departures(
    place: Place, on: date, wish: Wish, lengths: list[int], moment: Moment
) -> dict[date, Departure]:
    """One query. The days on which a stay that begins ``on`` may end."""
    found: dict[date, Departure] = {}
    start, end = day_span(on, str(place.bookable.zone))
    busy = read_busy(place.bookables, start, end, moment, duration=lengths[-1])
    for bookable, arrival in _list_arrivals(place, start, end):
        for length in lengths:
            asked = replace(wish, duration=length)
            if not ranges_within(bookable, asked, busy, start=arrival, end=arrival + 1, now=moment.minute):
                continue
            leaves = on + timedelta(days=count_nights(bookable, length))
            departure = Departure(length, price_at(bookable, asked, arrival))
            found[leaves] = min(departure, found.get(leaves, departure), key=lambda each: each.price)
    return found


def _list_arrivals(place: Place, start: int, end: int) -> Iterator[tuple[Bookable, int]]:
    for bookable in place.bookables:
        arrivals = arrivals_within(bookable, start, end)
        if arrivals:
            yield bookable, min(arrivals)


def _make_end(day: StripDay, arrives: date, wish: Wish, departures: dict[date, Departure]) -> StayDay | None:
    """A day on which the stay may end."""
    if day.on not in departures:
        return None
    departure = departures[day.on]
    query = make_query(arrives, replace(wish, duration=departure.length))
    return StayDay(day.on, "free", "", query, departure.price)


def _make_start(day: StripDay, arrives: date, leaves: date | None, shortest: Wish) -> StayDay:
    """A day on which a stay may begin; without ``leaves``, while its end is chosen, none after it begins."""
    part = _find_part(day.on, arrives, leaves)
    if day.state != "free":
        return StayDay(day.on, day.state, part, "", None)
    if leaves is None and day.on > arrives:
        return StayDay(day.on, "unfit", part, "", None)
    query = f"{make_query(day.on, shortest)}&pick={DEPARTURE}"
    return StayDay(day.on, "free", part, query, day.price)


def _find_part(on: date, arrives: date, leaves: date | None) -> str:
    if on == arrives:
        return "arrival"
    if leaves is None or not arrives < on <= leaves:
        return ""
    return "departure" if on == leaves else "inside"
