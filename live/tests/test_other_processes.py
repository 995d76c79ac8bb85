"""How one process hears of what another has committed, sooner than by looking."""

import itertools
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from live.tests.helpers import Server, serving
from live.waking import Messenger
from tests.factories import at, book, make_resource
from tests.processes import free_port, needs_redis, redis, until

NEVER = "86400"
"""For a server that hears by word alone and does not look by itself."""
pytestmark = pytest.mark.django_db(transaction=True)


class Listener:
    """An open page about a room, which is booked on one day after the other."""

    def __init__(self, server: Server) -> None:
        self.room = make_resource()
        self.days = itertools.count(3)
        self.stream = server.stream({"resource": str(self.room.uuid)}).begun()

    def hears_of_bookings(self, count: int) -> bool:
        return all(self._next()["type"] == "availability" for _booking in range(count))

    def _next(self) -> dict[str, Any]:
        book(self.room, at(next(self.days)))
        return self.stream.next()

    def is_subscribed(self) -> bool:
        """Whether its server hears of a booking soon: it may still be on its way to the subscription."""
        book(self.room, at(next(self.days)))
        return bool(self.stream.events(1, within=1))


def test_another_process_is_heard_of(server: Server) -> None:
    """PostgreSQL tells at once; SQLite has no way to, so the server looks by itself."""
    assert Listener(server).hears_of_bookings(3)
    if connection.vendor == "postgresql":
        with serving(STREAM_LOOK_SECONDS=NEVER) as told:
            listener = Listener(told)
            until(listener.is_subscribed)
            assert listener.hears_of_bookings(5)
        drop_listeners()
    assert Listener(server).hears_of_bookings(3)


def drop_listeners() -> None:
    """The server listens anew, and looks by itself meanwhile. Those of other tests' databases go on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (query LIKE 'LISTEN%%' OR query LIKE 'SELECT 1%%')"
        )


@pytest.mark.once
@needs_redis
def test_redis_tells_at_once(settings: Settings) -> None:
    port = free_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
    with redis(port) as broker, serving(REDIS_URL=settings.REDIS_URL, STREAM_LOOK_SECONDS=NEVER) as server:
        listener = Listener(server)
        until(listener.is_subscribed)
        assert listener.hears_of_bookings(5)
        broker.kill()
        with redis(port):
            until(listener.is_subscribed)
            assert listener.hears_of_bookings(5)


@pytest.mark.once
def test_redis_may_be_away(settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    with serving(REDIS_URL=settings.REDIS_URL) as server:
        assert Listener(server).hears_of_bookings(3)


def test_an_unexpected_fault_ends_no_telling(settings: Settings) -> None:
    settings.REDIS_URL = "no-such-scheme://"  # neither redis nor the database says no to it: ValueError
    messenger = Messenger()
    for _turn in range(2):
        messenger.due.set()
        until(lambda: not messenger.due.is_set())
