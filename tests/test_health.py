"""``GET /health`` of document 004: it tells the truth about the database, soon, whatever that does."""

import socket
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from common import health
from common.sqlite import base as sqlite
from config.databases import complete_database
from tests.processes import until

pytestmark = pytest.mark.django_db
Move = Callable[..., None]


def test_all_is_well_for_anybody(
    client: Client, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Through no door that could be shut: host, HTTPS, limits, sessions, tokens, parameters."""
    settings.API_RATES = {"read_guest": "1/m", "read": "1/m"}
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = []
    client.cookies["sessionid"] = "of-nobody"
    odd = {"Authorization": "Bearer nonsense", "Accept": "text/plain", "Host": "10.0.0.7"}
    with django_assert_num_queries(0):  # of the request's own connection
        answers = [client.get(address, headers=odd) for address in ("/health", "/health/", "/health?_=1")]
    for answer in answers:
        assert answer.status_code == 200
        told = answer.json()
        assert datetime.fromisoformat(told.pop("timestamp")).utcoffset() is not None
        assert told == {"status": "healthy", "service": "backend", "database": "connected"}
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not answer.cookies
    assert client.head("/health").status_code == 200
    assert client.post("/health").json()["code"] == "method_not_allowed"


@contextmanager
def silence() -> Iterator[tuple[int, list[socket.socket]]]:
    """A server that lets everybody in and says nothing; its port, and who came."""
    came: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:

        def let_in() -> None:
            try:
                while True:
                    came.append(listener.accept()[0])
            except OSError:
                return

        thread.submit(let_in)
        yield listener.getsockname()[1], came
        listener.shutdown(socket.SHUT_RDWR)
    for each in came:
        each.close()


@pytest.fixture
def move(monkeypatch: pytest.MonkeyPatch) -> Move:
    """Tells threads that begin now that the database is elsewhere."""

    def tell(**elsewhere: Any) -> None:
        monkeypatch.setitem(connections.settings, "default", connections.settings["default"] | elsewhere)

    return tell


def ask(client: Client) -> tuple[int, str, str]:
    answer = client.get("/health")
    told = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, told["status"], told["database"]


AWAY = (503, "unhealthy", "disconnected")


@pytest.mark.once
def test_a_database_that_lets_in_and_stays_silent(
    client: Client, move: Move, monkeypatch: pytest.MonkeyPatch
) -> None:
    with silence() as (port, came):
        where = {"NAME": "x", "USER": "x", "PASSWORD": "x", "HOST": "127.0.0.1", "PORT": port}
        move(**complete_database({"ENGINE": "postgresql", **where}, pool_size=2))
        began = monotonic()
        with ThreadPoolExecutor(8) as others:
            asked = [others.submit(health.does_database_answer, within=health.PATIENCE) for _each in range(8)]
            assert ask(client) == AWAY
            assert not any(each.result() for each in asked)
        assert monotonic() - began < 2
        assert len(came) == 1
    # Nobody listens there any more: refused at once, and once it is back, all is well.
    assert until(lambda: ask(client) == AWAY and len(came) == 1)
    monkeypatch.undo()
    assert until(lambda: ask(client)[0] == 200)


@pytest.mark.once
def test_a_file_that_cannot_be_read(
    client: Client, move: Move, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "LOCKED", 0.1)
    move(ENGINE="common.sqlite", NAME=str(tmp_path / "?#%20 database"), OPTIONS={})
    assert ask(client) == AWAY
    assert list(tmp_path.iterdir()) == []  # nothing was made there
    file = tmp_path / "?#%20 database"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        assert ask(client) == AWAY  # empty: no database of ours
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE django_migrations (id INTEGER)")
        other.execute("BEGIN IMMEDIATE")  # somebody writes
        assert ask(client)[0] == 200
        other.execute("COMMIT")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert ask(client) == AWAY
    file.write_bytes(b"no database at all" * 500)
    assert ask(client) == AWAY
