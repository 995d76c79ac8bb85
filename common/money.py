from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

from babel.numbers import get_currency_precision


@lru_cache(maxsize=256)
def smallest_coin(currency: str) -> Decimal:
    """0.01 for EUR, 1 for JPY."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def round_amount(amount: Fraction | Decimal, currency: str) -> Decimal:
    """Round half up to whole coins, exactly."""
    coin = smallest_coin(currency)
    if isinstance(amount, Decimal):
        rounding = ROUND_HALF_DOWN if amount < 0 else ROUND_HALF_UP
        return amount.quantize(coin, rounding) + 0  # no minus before nothing
    coins = amount / Fraction(coin)
    whole_coins = (coins + Fraction(1, 2)).__floor__()
    return (Decimal(whole_coins) * coin).quantize(coin, rounding=ROUND_HALF_UP)


def in_coins(amount: Decimal, currency: str) -> Decimal:
    """As it is charged; what is finer than a coin stays, as of rates."""
    coins = round_amount(amount, currency)
    return coins if coins == amount else amount.normalize()
