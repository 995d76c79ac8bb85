"""What programs are told is written by orjson, in the words of the standard library."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.db.models import TextChoices
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from rest_framework import renderers

from common.clock import instant_text, second_text
from common.rendering import JSONEncoder, JSONRenderer, pack
from scheduling.zones import from_minute

pytestmark = pytest.mark.once


class Colour(TextChoices):
    RED = "red", "Red"


class Pair(NamedTuple):
    first: int
    second: str


class Before(renderers.JSONRenderer):
    encoder_class = JSONEncoder


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"text": 'Grüße \u2028 \u2029 " \\ </script> \x1f', "no": None, "yes": True, "many": [1, 2.5, -3]},
        {"at": datetime(2027, 3, 28, 1, 2, 3, 456, tzinfo=UTC), "on": date(2027, 3, 28), "time": time(9, 30)},
        {"price": Decimal("25.00"), "id": UUID(int=7), "pair": Pair(1, "two"), "more": (1, 2)},
        {"safe": mark_safe("<b>"), "lazy": gettext_lazy("Room"), "colour": Colour.RED},
        {"beyond": 2**70, 1: "key", "rows": [{"a": {2: "key"}}]},
    ],
)
def test_both_write_the_same(value: Any) -> None:
    assert JSONRenderer().render(value) == Before().render(value)


def test_parts_may_be_written_before_the_whole() -> None:
    part = pack({"price": Decimal("25.00"), "text": "\u2028"})
    whole = {"rows": [part, part], "alone": part}
    expected = {"price": "25.00", "text": "\u2028"}
    written = JSONRenderer().render(whole)
    assert json.loads(written) == {"rows": [expected, expected], "alone": expected}
    assert b"\\u2028" in written
    indented = JSONRenderer().render(whole, "application/json; indent=2")
    assert json.loads(indented) == json.loads(written)
    assert json.loads(JSONRenderer().render({1: part})) == {"1": expected}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/St_Johns", "Asia/Kathmandu"])
def test_seconds_are_told_like_instants(zone: str) -> None:
    for minute in range(30_000_000, 30_600_000, 12_345):
        at = from_minute(minute, zone)
        assert at.tzinfo
        assert second_text(minute * 60, at.tzinfo) == instant_text(at)
