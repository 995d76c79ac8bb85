"""A cache on Redis that is away, or never answers, is one of the process: nothing fails and nobody waits."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from common import caching
from common.caching import LenientRedisCache
from tests.processes import PATIENCE, free_port, needs_redis, redis


class ShiftedClock:
    """The real clock, which a test may put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def long_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that did not answer is asked once in a test, however slow the machine is."""
    monkeypatch.setattr(caching, "SPARED_SECONDS", 3600.0)


def cache_at(port: int) -> LenientRedisCache:
    return LenientRedisCache(f"redis://127.0.0.1:{port}/0", {})


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that takes connections and does with each what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _address = server.accept()
                except OSError:
                    return
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def say_nothing(connection: socket.socket) -> None:
    with connection:
        while connection.recv(65_536):
            pass


def drip(connection: socket.socket) -> None:
    """An answer that comes byte by byte and never ends."""
    with connection:
        try:
            connection.sendall(b"$")
            while True:
                connection.sendall(b"1")
                time.sleep(caching.SECONDS / 10)
        except OSError:
            return


def require_local(cache: LenientRedisCache) -> None:
    began = time.monotonic()
    assert cache.get("a", "nothing") == "nothing"
    assert (cache.add("a", 1), cache.add("a", 2), cache.incr("a")) == (True, False, 2)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("b")
    assert (cache.set_many({"b": 1}), cache.get_many(["a", "b"])) == ([], {"a": 2, "b": 1})
    assert (cache.touch("a"), cache.has_key("a"), cache.delete("a"), cache.delete("a")) == (
        *[True] * 3,
        False,
    )
    cache.delete_many(["b"])
    cache.set("c", 1)
    cache.clear()
    assert cache.get_many(["b", "c"]) == {}
    assert time.monotonic() - began < PATIENCE


@pytest.fixture(autouse=True)
def nobody_is_spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports are used again."""
    monkeypatch.setattr(caching, "_spared_until", {})


@pytest.mark.usefixtures("long_spared")
def test_a_dead_port() -> None:
    require_local(cache_at(free_port()))


@pytest.mark.usefixtures("long_spared")
@pytest.mark.parametrize("serve", [say_nothing, drip])
def test_a_server_that_never_answers(serve: Callable[[socket.socket], None]) -> None:
    with listening(serve) as port:
        require_local(cache_at(port))


@pytest.mark.usefixtures("long_spared")
def test_a_server_that_is_away_is_spared_for_a_while() -> None:
    asked: list[socket.socket] = []

    def count(connection: socket.socket) -> None:
        asked.append(connection)
        say_nothing(connection)

    with listening(count) as port:
        for _number in range(20):
            cache_at(port).get("a")  # each request has one of its own
    assert len(asked) == 1


def test_the_api_answers_and_counts_without_its_cache(
    client: Client,
    settings: Settings,
    db: None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(caching, "SPARED_SECONDS", 0.0)  # Redis is asked each time
    broken = {"BACKEND": "common.caching.LenientRedisCache", "LOCATION": f"redis://127.0.0.1:{free_port()}"}
    settings.CACHES = {"default": broken}
    settings.API_RATES = {"read_guest": "2/h"}
    answers = [client.get("/api/resources") for _each in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers[:2]] == ["1", "0"]
    assert isinstance(caches["default"], LenientRedisCache)
    assert caplog.text.count("Redis does not answer") == 1


@needs_redis
def test_redis_goes_and_comes_back(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "SPARED_SECONDS", 0.0)
    monkeypatch.setattr(caching, "SECONDS", float(PATIENCE))
    port = free_port()
    with redis(port) as running:
        cache = cache_at(port)
        cache.set("shared", 1)
        running.kill()
        assert (cache.get("shared"), cache.add("local", 1), cache.incr("local")) == (None, True, 2)
    with redis(port):
        assert (cache.add("shared", 7), cache_at(port).get("shared"), cache.get("local")) == (True, 7, None)
    assert [record.message.split(",")[0] for record in caplog.records] == [
        "Redis does not answer",
        "Redis answers again.",
    ]


@needs_redis
def test_what_is_kept_and_cleared_beside_background_work(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ShiftedClock()
    monkeypatch.setattr(caching, "time", clock)
    monkeypatch.setattr(caching, "SECONDS", float(PATIENCE))  # Redis answers; a busy machine may be slow
    port = free_port()
    with redis(port):
        cache = cache_at(port)
        client: Any = cache._cache.get_client(None, write=True)
        client.set("queue", "work")
        cache.set("a", {"b": 1}, 60)
        assert cache.add("a", 2) is False
        assert cache.get("a") == {"b": 1}
        cache.set("n", 1)
        assert cache.incr("n") == 2
        clock.ahead += 2 * PATIENCE  # an old question's end is not the next one's
        assert cache.get("n") == 2
        cache.clear()
        assert (cache.get("a"), client.get("queue")) == (None, b"work")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"REDIS_URL": "redis://r:6379/3"}, "LenientRedisCache redis://r:6379/3"),
        ({"REDIS_URL": "redis://r:6379/3", "CACHE_URL": "locmemcache://"}, "LocMemCache "),
        ({}, "LocMemCache "),
    ],
)
def test_where_the_cache_is(given: dict[str, str], expected: str) -> None:
    program = (
        "from django.conf import settings; c = settings.CACHES['default'];"
        "print(c['BACKEND'].rpartition('.')[2], c['LOCATION'])"
    )
    without = {name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "CACHE_URL")}
    environment = without | {"DJANGO_SETTINGS_MODULE": "config.settings"} | given
    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout.removesuffix("\n") == expected
