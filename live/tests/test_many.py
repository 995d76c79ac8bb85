"""A thousand idle pages on one process."""

import asyncio
import resource as limits
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psutil
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from live.tests.helpers import Server, serving
from resources.models import Resource
from tests.factories import book, make_resource
from tests.processes import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 1000
R = TypeVar("R")


@contextmanager
def many_files() -> Iterator[None]:
    soft, hard = limits.getrlimit(limits.RLIMIT_NOFILE)
    wanted = max(soft, MANY + 500)
    limits.setrlimit(limits.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    yield
    limits.setrlimit(limits.RLIMIT_NOFILE, (soft, hard))


async def page(port: int, room: str, ready: asyncio.Semaphore) -> float:
    """Opens a stream, waits for a change and says when it came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /stream/?resource={room} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await reader.readuntil(b"\nid: ")
    ready.release()
    await reader.readuntil(b'"availability"')
    came = time.monotonic()
    writer.close()
    return came


async def crowd(server: Server, room: Resource) -> tuple[list[float], float, psutil.Process]:
    ready = asyncio.Semaphore(0)
    pages = [asyncio.create_task(page(server.port, str(room.uuid), ready)) for _each in range(MANY)]
    for _each in range(MANY):
        await asyncio.wait_for(ready.acquire(), PATIENCE)
    process = psutil.Process(server.running.process.pid)
    threads = process.num_threads()
    in_use = await sync_to_async(alone)(connections_of_others)
    await sync_to_async(alone)(lambda: book(room))
    began = time.monotonic()
    times = await asyncio.wait_for(asyncio.gather(*pages), PATIENCE)
    assert threads < 20
    assert in_use < 10
    return times, began, process


def alone(work: Callable[[], R]) -> R:
    """In its thread, whose connection is closed at its end."""
    try:
        return work()
    finally:
        connections.close_all()


def connections_of_others() -> int:
    """To the database, besides this test's own."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return int(cursor.fetchone()[0])


@pytest.mark.once
def test_a_thousand_idle_pages_hear_of_a_booking() -> None:
    room = make_resource()
    with many_files(), serving(STREAMS_PER_CLIENT=str(MANY)) as server:
        before = psutil.Process(server.running.process.pid).memory_info().rss
        times, began, process = asyncio.run(crowd(server, room))

        assert len(times) == MANY
        assert max(times) - began < PATIENCE / 6
        assert process.memory_info().rss - before < 150 * 2**20
        assert len(process.open_files()) < 20
