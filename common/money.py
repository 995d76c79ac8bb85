"""Amounts in whole coins of their currency."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from babel.numbers import get_currency_precision


def coin(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def rounded(amount: Fraction | Decimal, currency: str) -> Decimal:
    """Half up to whole coins, exactly (no float in between)."""
    unit = coin(currency)
    coins = Fraction(amount) / Fraction(unit)
    whole = (coins + Fraction(1, 2)).__floor__()
    return (Decimal(whole) * unit).quantize(unit, rounding=ROUND_HALF_UP)
