"""The dry run of a recurring booking as its page shows it: every date with its choices and prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.functional import Promise

from reservations.series import Occurrence
from resources.facts import Bookable
from resources.pricing import quote
from scheduling.zones import to_minute
from storefront.series.forms import BOOK, SKIP, field_of


@dataclass(frozen=True, slots=True)
class OccurrenceChoice:
    """A start that a date can be booked at, on the venue's wall clock."""

    value: str
    start: datetime
    end: datetime
    price: Decimal
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """One date: ``usual`` where it is free, else ``message`` says why not and ``others`` are near it."""

    on: date
    name: str
    usual: OccurrenceChoice | None
    message: str | Promise
    others: tuple[OccurrenceChoice, ...]

    @property
    def chosen(self) -> OccurrenceChoice | None:
        """None: left out."""
        every = [self.usual] if self.usual else []
        return next((each for each in [*every, *self.others] if each.is_chosen), None)


def list_occurrences(
    occurrences: list[Occurrence],
    facts: Bookable,
    duration: timedelta,
    party_size: int,
    posted: Mapping[str, str],
) -> list[OccurrenceRow]:
    """What was posted stays chosen; else what is free is booked and what is not is left out."""
    return [_row(each, facts, duration, party_size, posted) for each in occurrences]


def _row(
    each: Occurrence, facts: Bookable, duration: timedelta, party_size: int, posted: Mapping[str, str]
) -> OccurrenceRow:
    chosen = posted.get(field_of(each.on)) or (BOOK if each.is_free else SKIP)

    def option(value: str, start: datetime) -> OccurrenceChoice:
        begin = start.astimezone(facts.zone)
        return OccurrenceChoice(
            value,
            begin,
            (start + duration).astimezone(facts.zone),
            _price(facts, start, duration, party_size),
            chosen == value,
        )

    usual = option(BOOK, each.start) if each.is_free and each.start else None
    others = tuple(option(start.isoformat(), start) for start in each.alternatives)
    return OccurrenceRow(each.on, field_of(each.on), usual, each.message, others)


def _price(facts: Bookable, start: datetime, duration: timedelta, party_size: int) -> Decimal:
    units, first = facts.units_for(party_size), to_minute(start)
    last = first + duration // timedelta(minutes=1)
    return quote(facts, start=first, end=last, party_size=party_size, units=units).total


def sum_prices(rows: list[OccurrenceRow]) -> Decimal:
    """Of what is chosen."""
    return sum((row.chosen.price for row in rows if row.chosen), Decimal(0))
