"""Amounts in whole coins of their currency."""

from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

from babel.numbers import get_currency_precision


@lru_cache(maxsize=256)
def coin(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def rounded(amount: Fraction | Decimal, currency: str) -> Decimal:
    """Half up to whole coins, exactly (no float in between)."""
    unit = coin(currency)
    if isinstance(amount, Decimal):
        rounding = ROUND_HALF_DOWN if amount < 0 else ROUND_HALF_UP
        return amount.quantize(unit, rounding) + 0  # no minus before nothing
    coins = amount / Fraction(unit)
    whole = (coins + Fraction(1, 2)).__floor__()
    return (Decimal(whole) * unit).quantize(unit, rounding=ROUND_HALF_UP)
