"""Input fields that several endpoints share."""

from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.errors import InvalidInput
from common.money import round_amount
from common.parsing import LONGEST_MINUTES, parse_date, parse_time
from common.serializing import DecimalTextField, Reader

LARGEST_AMOUNT = 12
"""Digits, decimals included."""
WALL_TIME = "([01][0-9]|2[0-3]):[0-5][0-9](:00)?"
"""What ``WallTimeField`` reads, as a pattern: OpenAPI's ``time`` has seconds and an offset."""


@extend_schema_field({"type": "string", "pattern": f"^{WALL_TIME}$", "examples": ["14:30"]})
class WallTimeField(serializers.TimeField):
    """A time of day in whole minutes, on the venue's clock: ``14:30``."""

    format = "%H:%M"

    def to_internal_value(self, value: Any) -> time:
        try:
            return parse_time(value)
        except InvalidInput as error:
            raise serializers.ValidationError(str(error), code=error.code) from error


class LocalDateField(serializers.DateField):
    """A local date: ``2027-03-28``."""

    def to_internal_value(self, value: Any) -> date:
        try:
            return parse_date(value)
        except InvalidInput as error:
            raise serializers.ValidationError(str(error), code=error.code) from error


class MinutesField(serializers.IntegerField):
    """Whole minutes, a year at most."""

    def __init__(self, *, least: int = 0, **kwargs: Any) -> None:
        super().__init__(min_value=least, max_value=LONGEST_MINUTES, **kwargs)


class AmountField(serializers.DecimalField):
    """An amount in the venue's currency, never negative; best sent as text."""

    def __init__(self, *, places: int = 4, **kwargs: Any) -> None:
        super().__init__(max_digits=LARGEST_AMOUNT, decimal_places=places, min_value=0, **kwargs)


class PriceField(DecimalTextField):
    """What a row costs, with the decimals of its currency: ``currency`` is where the row has that."""

    def __init__(self, *, currency: str = "currency", **kwargs: Any) -> None:
        self.currency = currency
        super().__init__(**kwargs)

    def reader(self) -> Reader:
        amount_of, currency_of = attrgetter(str(self.source)), attrgetter(self.currency)
        return lambda row: amount_text(amount_of(row), currency_of(row))


@lru_cache(maxsize=4096)  # a list has the same few again and again
def amount_text(amount: Decimal, currency: str) -> str:
    """An amount with its currency's decimals, or with more where a rate is finer than a coin."""
    coins = round_amount(amount, currency)
    return str(coins) if coins == amount else f"{amount.normalize():f}"


class WeekdayField(serializers.IntegerField):
    """0-6 is Monday-Sunday."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=6, **kwargs)


class WeekdaysField(serializers.ListField):
    """Some weekdays, each once: 0-6 is Monday-Sunday."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=WeekdayField(), allow_empty=False, max_length=7, **kwargs)

    def to_internal_value(self, data: Any) -> list[int]:
        return sorted(set(super().to_internal_value(data)))


class PlaceField(serializers.CharField):
    """The id or the slug of a venue or resource."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=100, **kwargs)
