"""Amounts as document 004 has them: numbers, and as exact as everywhere."""

from decimal import Decimal
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "number"})
class NumberField(serializers.Field[Any, Any, Any, Any]):
    """A decimal with its currency's digits, written as a number: ``25.00``."""

    def to_representation(self, value: Decimal) -> orjson.Fragment:
        return orjson.Fragment(f"{value:f}")
