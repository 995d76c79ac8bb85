"""On PostgreSQL one process keeps to its pool: workers' threads hold a connection only while they work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Thread
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

from reservations.models import Reservation
from tests.factories import hold, make_resource
from tests.processes import database_url, server, until

NAME = "holdfast-pool"
WEB = 3
WORKERS = sum(settings.EMBEDDED_WORKERS.values())
BOUND = WEB + WORKERS
LISTENING = 1
"""A connection of its own, beside the pool."""
REQUESTS = 60

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]  # SQLite has no pool


def states() -> list[str]:
    """Of the server's connections."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM pg_stat_activity WHERE application_name = %s", [NAME])
        return [state for (state,) in cursor.fetchall()]


@contextmanager
def watching() -> Iterator[list[int]]:
    """How many connections there were, looked at again and again."""
    seen, done = [0], Event()

    def watch() -> None:
        while not done.wait(0.05):
            seen.append(len(states()))
        connection.close()

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def load(address: str) -> int:
    with urlopen(f"{address}/api/resources") as answer:
        return int(answer.status)


def test_a_busy_server_with_its_workers_stays_within_its_pool() -> None:
    """More requests and jobs than connections: if any of them kept its own, the others would wait in vain."""
    held = hold(make_resource())
    Reservation.objects.update(expires_at=held.created_at)
    environment = {
        "DATABASE_URL": f"{database_url()}{'&' if '?' in database_url() else '?'}application_name={NAME}",
        "DATABASE_POOL": "1",
        "DATABASE_POOL_SIZE": str(WEB),
        "REDIS_URL": "",
        "TICK_SECONDS": "1",
        "EMAIL_URL": "consolemail://",
        "API_RATE_READ_GUEST": "",
    }
    with watching() as seen, server(**environment) as (address, _process):
        with ThreadPoolExecutor(WEB * 4) as clients:
            assert set(clients.map(load, [address] * REQUESTS)) == {200}
        until(lambda: Reservation.objects.get().status == "expired")
        assert load(address) == 200
        until(lambda: set(states()) == {"idle"})
    assert 0 < max(seen) <= BOUND + LISTENING
