"""What tests of the search do and read."""

from datetime import datetime
from typing import Any

from django.test import Client

from scheduling.zones import from_minute
from tests.factories import (
    at,
)


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
