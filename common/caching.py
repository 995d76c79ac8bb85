"""A shared cache that nobody waits for: what Redis does not answer soon is answered by this process."""

import logging
import socket
import time
from collections.abc import Iterable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry

SECONDS = 0.5
"""For one question, however the server drips its answer."""
SPARED_SECONDS = 5.0
"""After a question without an answer, so long nothing is asked."""
MOST_LOCAL = 20_000
logger = logging.getLogger(__name__)


class HurriedSocket:
    """A socket whose timeout does not begin anew with each byte."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._timeout: float | None = SECONDS
        self._ends = time.monotonic() + SECONDS

    def sendall(self, data: bytes) -> None:
        self._ends = time.monotonic() + SECONDS
        self._socket.settimeout(SECONDS)
        self._socket.sendall(data)

    def recv(self, *args: Any) -> bytes:
        self._hurry()
        return self._socket.recv(*args)

    def recv_into(self, *args: Any) -> int:
        self._hurry()
        return self._socket.recv_into(*args)

    def settimeout(self, seconds: float | None) -> None:
        self._timeout = seconds

    def _hurry(self) -> None:
        left = self._ends - time.monotonic()
        if left <= 0 and self._timeout != 0:
            raise TimeoutError
        self._socket.settimeout(left if self._timeout is None else min(max(left, 0), self._timeout))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


class HurriedConnection(Connection):
    def _connect(self) -> Any:
        return HurriedSocket(super()._connect())  # type: ignore[no-untyped-call]


# Per server, until when nothing is asked. Of the process: each request has a cache object of its own.
_spared_until: dict[str, float] = {}


class LenientRedisCache(RedisCache):
    """While Redis is away, a cache of this process: limits go on counting, each process for itself."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        hurry = {
            "socket_connect_timeout": SECONDS,
            "socket_timeout": SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "connection_class": HurriedConnection,
            "protocol": 2,
        }
        own = {"KEY_PREFIX": "cache", **params, "OPTIONS": {**hurry, **params.get("OPTIONS", {})}}
        super().__init__(server, own)
        self._server = str(server)
        self._local = LocMemCache(self._server, {"OPTIONS": {"MAX_ENTRIES": MOST_LOCAL}})

    def _ask(self, name: str, *args: Any) -> Any:
        if time.monotonic() >= _spared_until.get(self._server, 0.0):
            try:
                answer = getattr(super(), name)(*args)
            except (Unreachable, TooSlow, OSError) as error:
                self._note_loss(error)
            else:
                self._note_return()
                return answer
        return getattr(self._local, name)(*args)

    def _note_loss(self, error: Exception) -> None:
        if self._server not in _spared_until:  # said once
            logger.warning("Redis does not answer, this process counts for itself until it does: %s", error)
            self._local.clear()
        _spared_until[self._server] = time.monotonic() + SPARED_SECONDS

    def _note_return(self) -> None:
        if _spared_until.pop(self._server, None) is not None:
            logger.warning("Redis answers again.")

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return bool(self._ask("add", key, value, timeout, version))

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._ask("get", key, default, version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        self._ask("set", key, value, timeout, version)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return bool(self._ask("touch", key, timeout, version))

    def delete(self, key: Any, version: Any = None) -> bool:
        return bool(self._ask("delete", key, version))

    def has_key(self, key: Any, version: Any = None) -> bool:
        return bool(self._ask("has_key", key, version))

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Raises ``ValueError`` for a key that is not there."""
        return int(self._ask("incr", key, delta, version))

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        found: dict[Any, Any] = self._ask("get_many", keys, version)
        return found

    def set_many(
        self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        return list(self._ask("set_many", data, timeout, version) or ())

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        self._ask("delete_many", keys, version)

    def clear(self) -> None:
        """Only what the cache has put there: background work may wait in the same database."""
        self._local.clear()
        try:
            self._clear_own()
        except (Unreachable, TooSlow, OSError) as error:
            self._note_loss(error)

    def _clear_own(self) -> None:
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(f"{self.key_prefix}:*"):
            client.delete(key)
