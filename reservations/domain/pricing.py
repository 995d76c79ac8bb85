from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.errors import InvalidInput
from common.money import round_amount
from reservations.availability import Wish
from reservations.domain.lines import Line
from reservations.models import Reservation
from resources.bookables import Bookable, Tier
from resources.pricing import PriceLine, Quote, combine_quotes, quote_price
from resources.stays import end_of

UNPAYABLE = Decimal(10) ** 8
"""More digits than the columns have room for."""


def calculate_price(lines: Sequence[Line], start: int, end: int, party_size: int) -> dict[str, Any]:
    """The price fields of a reservation. Raises ``InvalidInput`` if the price is too large to be stored."""
    quotes = [
        quote_price(line.bookable, start=start, end=end, party_size=party_size, units=line.units)
        for line in lines
    ]
    total_quote = combine_quotes(quotes)
    require_payable(total_quote.total)
    return {
        "total_amount": total_quote.total,
        "currency": total_quote.currency,
        "deposit_amount": sum(
            (_deposit_of(line, part) for line, part in zip(lines, quotes, strict=True)), Decimal(0)
        ),
        "price_lines": [_line_to_json(line) for line in total_quote.lines],
        "cancellation_terms": [
            {"amount": str(part.total), "tiers": tiers_to_json(line.bookable.tiers)}
            for line, part in zip(lines, quotes, strict=True)
        ],
    }


def require_payable(total: Decimal) -> None:
    """Raises ``InvalidInput`` if it is too large to be stored."""
    if total >= UNPAYABLE:
        raise InvalidInput(_("This price is too high for one booking. Book less at once."))


PRICE_FIELDS = ("total_amount", "currency", "deposit_amount", "price_lines", "cancellation_terms")


def read_price(reservation: Reservation) -> dict[str, Any]:
    """As ``calculate_price`` gave it."""
    return {name: getattr(reservation, name) for name in PRICE_FIELDS}


def _line_to_json(line: PriceLine) -> dict[str, Any]:
    nights = {"nights": line.nights, "rate": str(line.rate)} if line.nights else {}
    return {"label": line.label, "amount": str(line.amount)} | nights


def _deposit_of(line: Line, part: Quote) -> Decimal:
    percent = line.bookable.customer_rules.deposit_percent
    return round_amount(part.total * percent / 100, part.currency)


def tiers_to_json(tiers: Sequence[Tier]) -> list[list[str]]:
    return [[str(tier.hours_before), str(tier.percentage), str(tier.fee)] for tier in tiers]


def price_at(bookable: Bookable, wish: Wish, start: int) -> Decimal:
    """``start`` in UTC minutes."""
    units = bookable.units_for(wish.party_size, wish.quantity)
    end = end_of(bookable, start, wish.duration)
    return quote_price(bookable, start=start, end=end, party_size=wish.party_size, units=units).total
