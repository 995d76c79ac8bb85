"""Fixtures for messages."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation
from pytest_django import Settings

from notifications.channels.sms import MemorySms


@pytest.fixture(autouse=True)
def texts(settings: Settings) -> Iterator[dict[str, tuple[str, str]]]:
    """Text messages that were sent: reference -> (number, text)."""
    settings.SMS_BACKEND = "notifications.channels.sms.MemorySms"
    MemorySms.sent.clear()
    yield MemorySms.sent
    MemorySms.sent.clear()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A request of the test client leaves its language active."""
    with translation.override("en"):
        yield


@pytest.fixture
def outbox(mailoutbox: list[Any]) -> list[Any]:
    """Mails that Django has sent."""
    return mailoutbox
