"""A shared cache that nobody waits for: what Redis does not answer soon counts as not there."""

import logging
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.connection import Connection
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import TimeoutError as TooSlow
from redis.retry import Retry

T = TypeVar("T")
SECONDS = 0.5
"""For one question, however the server drips its answer."""
SPARED_SECONDS = 5.0
"""After a question without an answer, so long nothing is asked."""
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


class LenientRedisCache(RedisCache):
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
        self._spared_until = 0.0

    def _ask(self, ask: Callable[[], T], missed: T) -> T:
        if time.monotonic() < self._spared_until:
            return missed
        try:
            return ask()
        except (Unreachable, TooSlow, OSError) as error:
            self._spared_until = time.monotonic() + SPARED_SECONDS
            logger.warning("The cache does not answer: %s", error)
            return missed

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return self._ask(lambda: super(LenientRedisCache, self).add(key, value, timeout, version), True)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._ask(lambda: super(LenientRedisCache, self).get(key, default, version), default)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        self._ask(lambda: super(LenientRedisCache, self).set(key, value, timeout, version), None)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return self._ask(lambda: super(LenientRedisCache, self).touch(key, timeout, version), False)

    def delete(self, key: Any, version: Any = None) -> bool:
        return self._ask(lambda: super(LenientRedisCache, self).delete(key, version), False)

    def has_key(self, key: Any, version: Any = None) -> bool:
        return self._ask(lambda: super(LenientRedisCache, self).has_key(key, version), False)

    def incr(self, key: Any, delta: int = 1, version: Any = None) -> int:
        """Raises ``ValueError`` for a key that is not there."""
        counted = self._ask(lambda: super(LenientRedisCache, self).incr(key, delta, version), None)
        if counted is None:
            raise ValueError(f"Key '{key}' not found.")
        return int(counted)

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        nothing: dict[Any, Any] = {}
        return self._ask(lambda: super(LenientRedisCache, self).get_many(keys, version), nothing)

    def set_many(
        self, data: dict[Any, Any], timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> list[Any]:
        return self._ask(lambda: super(LenientRedisCache, self).set_many(data, timeout, version), list(data))

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        self._ask(lambda: super(LenientRedisCache, self).delete_many(keys, version), None)

    def clear(self) -> None:
        """Only what the cache has put there: background work may wait in the same database."""
        self._ask(self._clear_own, None)

    def _clear_own(self) -> None:
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(f"{self.key_prefix}:*"):
            client.delete(key)
