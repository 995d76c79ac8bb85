import asyncio
import logging

import pytest
from pytest_django import Settings

from live.listening import listen
from tests.processes import free_port

pytestmark = pytest.mark.once


def test_a_broker_that_is_away_is_said_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    waits: list[float] = []

    async def note(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr("live.listening.asyncio.sleep", note)
    with caplog.at_level(logging.WARNING), pytest.raises(asyncio.CancelledError):
        asyncio.run(listen(lambda: None))
    assert waits == [1, 2, 4]
    assert caplog.text.count("arrive late") == 1
