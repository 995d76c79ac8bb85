"""A receiver, and nothing of the environment left over."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from webhooks import environment
from webhooks.tests.receiver import Receiver, receiving


@pytest.fixture(autouse=True)
def own_network(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The receiver is on this machine; and the environment has not been written yet."""
    settings.ALLOW_PRIVATE_ADDRESSES = True
    monkeypatch.setattr(environment, "_written", None)
    return settings


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found
