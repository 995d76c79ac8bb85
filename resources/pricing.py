"""Prices, exact to the currency's smallest coin. Pure.

::

    hourly rate   |====20====|====20====|
    peak rule           |=====30=====|          (hour rules replace the rate minute by minute)
    booking     [-------------------------)     price = sum(minutes x rate / 60) x units
                                                      + per booking + per person   (added at the start)

Lodging is priced by nights: each costs the rate of the hour of its arrival, for the length of one night.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from common.money import round_amount
from resources.bookables import Bookable, PriceRuleValues
from resources.enums import PriceBasis
from resources.stays import count_nights, is_stay
from scheduling.zones import segments_between

DAY = 1440
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class PriceLine:
    """``nights`` of ``rate`` each, where it is priced so."""

    label: str
    amount: Decimal
    nights: int = 0
    rate: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Quote:
    """The lines always add up to ``total``."""

    total: Decimal
    currency: str
    lines: tuple[PriceLine, ...]


def quote_price(bookable: Bookable, *, start: int, end: int, party_size: int, units: int) -> Quote:
    """The price of one resource from ``start`` to ``end`` (UTC minutes)."""
    begin = start + segments_between(str(bookable.zone), start, start + 1)[0][2]
    if is_stay(bookable):
        lines = _price_nights(bookable, begin, count_nights(bookable, start, end), units)
    else:
        price = round_amount(_time_price(bookable, start, end) * units, bookable.currency)
        lines = [PriceLine(bookable.name, price)]
    # Booking and person rules apply where the booking starts, one of each.
    for basis, times in ((PriceBasis.BOOKING, 1), (PriceBasis.PERSON, party_size)):
        rule = _applicable_rule(bookable.prices, basis, begin)
        if rule is not None:
            lines.append(PriceLine(rule.name, round_amount(rule.amount * times, bookable.currency)))
    shown_lines = tuple(line for line in lines if line.amount)
    total = sum((line.amount for line in shown_lines), round_amount(Decimal(0), bookable.currency))
    return Quote(total, bookable.currency, shown_lines)


def combine_quotes(quotes: Sequence[Quote]) -> Quote:
    lines = tuple(line for quote in quotes for line in quote.lines)
    total = sum((quote.total for quote in quotes), Decimal(0))
    return Quote(total, quotes[0].currency, lines)


def _price_nights(bookable: Bookable, begin: int, nights: int, units: int) -> list[PriceLine]:
    """A line for each rate; ``begin`` is the local minute of arrival."""
    rates = Counter(night_rate(bookable, begin + number * DAY) * units for number in range(nights))
    return [PriceLine(bookable.name, rate * count, count, rate) for rate, count in rates.items()]


def night_rate(bookable: Bookable, arrival: int) -> Decimal:
    rule = _applicable_rule(bookable.prices, PriceBasis.HOUR, arrival)
    return price_of_night(bookable, bookable.hourly_rate if rule is None else rule.amount)


def price_of_night(bookable: Bookable, hourly_rate: Decimal) -> Decimal:
    length = bookable.customer_rules.default_duration
    return round_amount(Fraction(hourly_rate) * length / 60, bookable.currency)


def _time_price(bookable: Bookable, start: int, end: int) -> Fraction:
    # For one unit, unrounded: each stretch of constant rate once.
    hourly = [rule for rule in bookable.prices if rule.basis == PriceBasis.HOUR]
    if not hourly:
        return Fraction(bookable.hourly_rate) * (end - start) / 60
    price = Fraction(0)
    for first, last, offset in segments_between(str(bookable.zone), start, end):
        begin, finish = max(first, start) + offset, min(last, end) + offset
        for left, right in _cut_at_rules(hourly, begin, finish):
            rule = _applicable_rule(hourly, PriceBasis.HOUR, left)
            rate = bookable.hourly_rate if rule is None else rule.amount
            price += Fraction(rate) * (right - left) / 60
    return price


def _cut_at_rules(rules: Iterable[PriceRuleValues], begin: int, end: int) -> list[tuple[int, int]]:
    """Cut local minutes [begin, end) wherever a rule starts or stops."""
    cuts = {begin, end}
    for midnight in range(begin // DAY * DAY - DAY, end + DAY, DAY):
        for rule in rules:
            cuts.update((midnight, midnight + rule.start, midnight + rule.end))
    inside = sorted(cut for cut in cuts if begin <= cut <= end)
    return list(zip(inside, inside[1:], strict=False))


def _applicable_rule(
    rules: Iterable[PriceRuleValues], basis: PriceBasis, minute: int
) -> PriceRuleValues | None:
    # The highest priority that covers the minute; max() keeps the first of equals.
    candidates = [rule for rule in rules if rule.basis == basis and _covers(rule, minute)]
    return max(candidates, key=lambda rule: rule.priority, default=None)


def _covers(rule: PriceRuleValues, minute: int) -> bool:
    # The minute may lie in the rule's window of its own day, or past midnight in the evening before's.
    day, time = divmod(minute, DAY)
    return (rule.start <= time < rule.end and _applies_on(rule, day)) or (
        rule.start <= time + DAY < rule.end and _applies_on(rule, day - 1)
    )


def _applies_on(rule: PriceRuleValues, day: int) -> bool:
    on = EPOCH + timedelta(days=day)
    if rule.valid_from and on < rule.valid_from:
        return False
    if rule.valid_until and on > rule.valid_until:
        return False
    return on.weekday() in rule.weekdays
