"""The one reader of a process."""

import asyncio
import threading

import pytest

from live.hub import THREADS, Hub, run_in_thread
from live.positions import Position
from tests.processes import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


async def catch_up_in_a_crowd() -> Position:
    """Every thread that lets clients in is busy, and more of them wait."""
    gate = threading.Event()
    crowd = [asyncio.create_task(run_in_thread(gate.wait, 2 * PATIENCE)) for _each in range(2 * THREADS)]
    hub = Hub()
    try:
        async with hub.client("somebody") as client:
            return await asyncio.wait_for(hub.catch_up(client), PATIENCE / 6)
    finally:
        gate.set()
        await asyncio.gather(*crowd)


def test_a_crowd_at_the_door_keeps_nobody_inside_from_the_news() -> None:
    assert isinstance(asyncio.run(catch_up_in_a_crowd()), Position)
