"""How one process hears of what another has committed, sooner than by looking."""

import time
from statistics import median

import pytest
from django.db import connection
from pytest_django import Settings

from live.hub import LOOK_EVERY
from live.tests.helpers import Server, Stream, serving
from live.waking import Messenger
from resources.models import Resource
from tests.factories import at, book, make_resource
from tests.processes import free_port, needs_redis, redis, until

TOLD = LOOK_EVERY * 0.7
"""Seconds; by looking alone, each would take as long as one look from the next."""
pytestmark = pytest.mark.django_db(transaction=True)


def delays(server: Server, room: Resource, days: range) -> list[float]:
    """Seconds from each booking to its event."""
    stream = server.stream({"resource": str(room.uuid)}).begun()
    found = []
    for day in days:
        book(room, at(day))
        began = time.monotonic()
        stream.next()
        found.append(time.monotonic() - began)
    stream.close()
    return found


def test_another_process_is_heard_of(server: Server) -> None:
    """PostgreSQL tells at once; SQLite has no way to, so the server looks by itself."""
    quick = connection.vendor == "postgresql"
    usual = median(delays(server, make_resource(), range(3, 10)))
    if quick:
        assert usual < TOLD
        drop_listeners()
    assert len(delays(server, make_resource(), range(9, 12))) == 3


def drop_listeners() -> None:
    """The server listens anew, and looks by itself meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%'"
            " OR query LIKE 'SELECT 1%%'"
        )


@needs_redis
def test_redis_tells_at_once_and_may_be_away(settings: Settings) -> None:
    port = free_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    room = make_resource()
    with redis(port) as broker, serving(REDIS_URL=settings.REDIS_URL) as server:
        assert median(delays(server, room, range(3, 10))) < TOLD
        stream: Stream = server.stream({"resource": str(room.uuid)}).begun()
        broker.kill()
        book(room, at(10))
        assert stream.next()["type"] == "availability"  # by looking
        with redis(port):
            until(lambda: median(delays(server, make_resource(), range(3, 8))) < TOLD)


def test_an_unexpected_fault_ends_no_telling(settings: Settings) -> None:
    settings.REDIS_URL = "no-such-scheme://"  # neither redis nor the database says no to it: ValueError
    messenger = Messenger()
    for _turn in range(2):
        messenger.due.set()
        until(lambda: not messenger.due.is_set())
