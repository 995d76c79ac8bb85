"""Fixtures of external calendars."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from calendars.tests.server import CalendarServer, calendar_server


@pytest.fixture
def server(settings: Settings) -> Iterator[CalendarServer]:
    """Reachable: addresses of this machine are allowed meanwhile."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    with calendar_server() as found:
        yield found
