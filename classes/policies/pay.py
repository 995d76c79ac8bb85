"""What a facilitator gets for a session."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from common.money import round_amount


@dataclass(frozen=True, slots=True)
class Rate:
    base: Decimal = Decimal(0)
    per_head: Decimal = Decimal(0)
    percent: Decimal = Decimal(0)
    floor: Decimal | None = None
    cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pay:
    """``lines``: kind (base, heads, percent, floor, cap), what it is of, and its amount."""

    lines: tuple[tuple[str, str, Decimal], ...]
    amount: Decimal


def calculate_pay(rate: Rate, *, heads: int, net: Decimal, currency: str) -> Pay:
    """Rounded once, at the end; a loss of the session is nobody's pay."""
    share = Fraction(max(net, Decimal(0))) * Fraction(rate.percent) / 100
    exact = Fraction(rate.base) + Fraction(rate.per_head) * heads + share
    parts = [
        ("base", "", Fraction(rate.base)),
        ("heads", str(heads), Fraction(rate.per_head) * heads),
        ("percent", str(rate.percent), share),
    ]
    bounded = exact
    if rate.floor is not None and bounded < rate.floor:
        parts.append(("floor", str(rate.floor), Fraction(rate.floor) - bounded))
        bounded = Fraction(rate.floor)
    if rate.cap is not None and bounded > rate.cap:
        parts.append(("cap", str(rate.cap), Fraction(rate.cap) - bounded))
        bounded = Fraction(rate.cap)
    lines = tuple((kind, of, round_amount(Fraction(part), currency)) for kind, of, part in parts if part)
    return Pay(lines, round_amount(bounded, currency))
