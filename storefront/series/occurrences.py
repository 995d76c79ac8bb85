from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.functional import Promise

from reservations.series import Occurrence
from resources.bookables import Bookable
from resources.pricing import quote_price
from resources.stays import end_at, end_of
from scheduling.zones import to_minute
from storefront.series.forms import BOOK, SKIP, name_field


@dataclass(frozen=True, slots=True)
class OccurrenceChoice:
    """A start on the venue's wall clock that can be booked; ``value`` is the form's."""

    value: str
    start: datetime
    end: datetime
    price: Decimal
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """``usual`` if the usual start is free, else ``message`` says why not and ``others`` are near it."""

    on: date
    name: str
    usual: OccurrenceChoice | None
    message: str | Promise
    others: tuple[OccurrenceChoice, ...]

    @property
    def chosen(self) -> OccurrenceChoice | None:
        """None if the date is skipped."""
        choices = [self.usual] if self.usual else []
        return next((choice for choice in [*choices, *self.others] if choice.is_chosen), None)


def list_occurrences(
    occurrences: list[Occurrence],
    bookable: Bookable,
    duration: timedelta,
    party_size: int,
    posted: Mapping[str, str],
) -> list[OccurrenceRow]:
    """Posted choices stay; otherwise free dates are booked and others skipped."""
    return [_make_row(occurrence, bookable, duration, party_size, posted) for occurrence in occurrences]


def _make_row(
    occurrence: Occurrence,
    bookable: Bookable,
    duration: timedelta,
    party_size: int,
    posted: Mapping[str, str],
) -> OccurrenceRow:
    chosen_value = posted.get(name_field(occurrence.on)) or (BOOK if occurrence.is_free else SKIP)

    def option(value: str, start: datetime) -> OccurrenceChoice:
        local_start = start.astimezone(bookable.zone)
        return OccurrenceChoice(
            value,
            local_start,
            end_at(bookable, start, duration).astimezone(bookable.zone),
            _find_price(bookable, start, duration, party_size),
            chosen_value == value,
        )

    usual = option(BOOK, occurrence.start) if occurrence.is_free and occurrence.start else None
    others = tuple(option(start.isoformat(), start) for start in occurrence.alternatives)
    return OccurrenceRow(occurrence.on, name_field(occurrence.on), usual, occurrence.message, others)


def _find_price(bookable: Bookable, start: datetime, duration: timedelta, party_size: int) -> Decimal:
    units, first = bookable.units_for(party_size), to_minute(start)
    last = end_of(bookable, first, duration // timedelta(minutes=1))
    return quote_price(bookable, start=first, end=last, party_size=party_size, units=units).total


def sum_prices(rows: list[OccurrenceRow]) -> Decimal:
    return sum((row.chosen.price for row in rows if row.chosen), Decimal(0))
