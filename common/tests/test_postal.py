"""Addresses as they are written in their country."""

import pytest

from common.postal import postal_lines

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("country", "area", "code", "town", "line"),
    [
        ("US", "NY", "11231", "Brooklyn", "Brooklyn, NY 11231"),
        ("US", "", "11231", "Brooklyn", "Brooklyn 11231"),
        ("US", "ZZ", "", "Brooklyn", "Brooklyn"),
        ("DE", "BE", "13187", "Berlin", "13187 Berlin"),
        ("CA", "ON", "M5V 2T6", "Toronto", "Toronto ON M5V 2T6"),
        ("CH", "ZH", "8001", "Zürich", "8001 Zürich"),
        ("IT", "RM", "00184", "Roma", "00184 Roma RM"),
        ("XX", "", "123", "Nowhere", "123 Nowhere"),
        ("", "", "", "Nowhere", "Nowhere"),
    ],
)
def test_the_line_of_the_town(country: str, area: str, code: str, town: str, line: str) -> None:
    written = postal_lines(
        street="1 Main Street", postal_code=code, city=town, country=country, subdivision=area
    )
    assert written == ["1 Main Street", line]


def test_no_town_is_left_out_and_nothing_is_made_up() -> None:
    for country in ("GB", "JP", "BR", "IN", "KR", "CN", "AE"):
        lines = postal_lines(street="", postal_code="123", city="Town", country=country)
        assert sorted(" ".join(lines).split()) == ["123", "Town"] or lines == ["Town"], country
    assert postal_lines(street="", postal_code="", city="", country="US", subdivision="NY") == []
