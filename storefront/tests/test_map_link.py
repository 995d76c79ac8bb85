"""The map shows the venue's position where it is known, else its address is looked for."""

import pytest

from resources.map_links import map_link
from resources.models import Venue


@pytest.mark.parametrize(
    ("known", "link"),
    [
        (
            {"latitude": 52.5657, "longitude": 0, "city": "Berlin"},
            "?mlat=52.565700&mlon=0.000000#map=17/52.5657",
        ),
        ({"city": "Berlin", "country": "DE"}, "search?query=Berlin%2C%20DE"),
        ({}, ""),
    ],
)
def test_where_it_leads(known: dict[str, object], link: str) -> None:
    found = map_link(Venue(name="Mill", **known))
    assert found.startswith(f"https://www.openstreetmap.org/{link}") if link else not found
