"""Instalments: they are the price, to the smallest coin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

from common.money import round_amount

MOST_TERMS = 12


@dataclass(frozen=True, slots=True)
class Term:
    """Due on a date, or so many days before the start."""

    percent: Decimal
    due_on: date | None = None
    days_before: int | None = None

    def find_date(self, starts_on: date, today: date) -> date:
        """Not before today: whoever books late pays what is due at once. Nor after a start that was moved."""
        due_on = self.due_on or starts_on - timedelta(days=self.days_before or 0)
        return max(min(due_on, starts_on), today)


@dataclass(frozen=True, slots=True)
class Part:
    due_on: date
    amount: Decimal


def is_whole(terms: Sequence[Term]) -> bool:
    return sum((term.percent for term in terms), Decimal(0)) == 100


def split_amount(total: Decimal, shares: Sequence[Decimal], currency: str) -> list[Decimal]:
    """In proportion to ``shares``; none is negative, and together they are ``total``, which is whole coins.

    What has been split off so far is rounded, not each part: so the parts never add up to more.
    """
    whole = sum(shares, Decimal(0))
    sums = [
        round_amount(Fraction(total) * Fraction(so_far) / Fraction(whole), currency)
        for so_far in accumulate(shares)
    ]
    return [until - before for before, until in zip([Decimal(0), *sums], sums, strict=False)]


def make_parts(
    total: Decimal, terms: Sequence[Term], currency: str, *, starts_on: date, today: date
) -> list[Part]:
    amounts = split_amount(total, [term.percent for term in terms], currency)
    dates = [term.find_date(starts_on, today) for term in terms]
    parts = [Part(due_on, amount) for due_on, amount in zip(dates, amounts, strict=True)]
    return sorted(parts, key=lambda part: part.due_on)


def due_when_booked(deposit: Decimal, parts: Sequence[Part], booked_on: date) -> Decimal:
    """What confirms a booking that is paid in parts: its deposit, or what is due of them on that day."""
    return max(deposit, sum((part.amount for part in parts if part.due_on <= booked_on), Decimal(0)))


def count_paid(amounts: Sequence[Decimal], paid: Decimal) -> int:
    """How many instalments, the earliest first, are covered by what was paid."""
    return sum(so_far <= paid for so_far in accumulate(amounts))
