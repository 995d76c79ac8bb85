"""What tests of the search do and read."""

from datetime import datetime, time
from typing import Any

from django.test import Client

from resources.models import Venue
from scheduling.zones import from_minute
from tests.factories import at, make_venue, open_weekly


def on(days: int) -> str:
    return at(days).date().isoformat()


def search(client: Client, **asked: Any) -> Any:
    response = client.get("/", {"date": on(3)} | asked, follow=True)
    assert response.status_code == 200, response.content
    return response.context["results"]


def names(results: Any) -> list[str]:
    return [found.row.name for found in results.page]


def starts(found: Any) -> list[datetime]:
    return [from_minute(start) for start in found.starts]


def hours(found: Any) -> list[str]:
    return [f"{each:%H:%M}" for each in starts(found)]


def make_mill() -> Venue:
    venue = make_venue(name="Mill", city="Berlin", time_zone="UTC")
    open_weekly(venue, time(8), time(20))
    return venue
