"""Amounts as document 004 has them: numbers, and as exact as everywhere."""

from decimal import Decimal
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.money import round_amount


@extend_schema_field({"type": "number"})
class NumberField(serializers.Field[Any, Any, Any, Any]):
    """A decimal with its currency's digits, written as a number: ``25.00``."""

    def to_representation(self, value: Decimal) -> orjson.Fragment:
        return orjson.Fragment(f"{value:f}")


def in_coins(amount: Decimal, currency: str) -> Decimal:
    """As it is charged; what is finer than a coin stays, as of rates."""
    coins = round_amount(amount, currency)
    return coins if coins == amount else amount.normalize()
