"""A real server in a process of its own, and clients that read its stream from a socket."""

import json
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from tests.processes import PATIENCE, Running, free_port, is_open, running, until

Event = dict[str, Any]


@contextmanager
def serving(*, cut_off_after: int = 1, **environment: str) -> Iterator["Server"]:
    """``config.asgi`` under uvicorn, without the worker that ticks; stopped, it waits so many seconds."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    command += ["--log-level", "warning", "--timeout-graceful-shutdown", str(cut_off_after)]
    command += ["--backlog", "2048", "--no-proxy-headers"]
    known = {"SECRET_KEY": settings.SECRET_KEY, "EMBEDDED_WORKER": "0", "REDIS_URL": ""}
    with running(*command, **(known | environment)) as found:
        until(lambda: is_open(port) or found.process.poll() is not None)
        yield Server(port, found)


class Server:
    def __init__(self, port: int, running: Running) -> None:
        self.port, self.running = port, running

    def stream(self, query: dict[str, Any], **headers: str) -> "Stream":
        """Open. Raises ``Refused``."""
        return Stream(self.port, query, headers)


class Refused(Exception):
    def __init__(self, status: int, headers: str, body: dict[str, Any]) -> None:
        self.status, self.headers, self.body = status, headers, body
        super().__init__(f"{status} {body}")


class Stream:
    """One client. ``last_id`` is what a browser would send as ``Last-Event-ID``."""

    def __init__(self, port: int, query: dict[str, Any], headers: dict[str, str]) -> None:
        self.last_id = ""
        self.raw = self.text = b""
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        lines = [f"GET /stream/?{urlencode(query, doseq=True)} HTTP/1.1", "Host: localhost"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        head = self._until(b"\r\n\r\n").decode()
        self.status = int(head.split()[1])
        self.headers = head.lower()
        if self.status != 200:
            self._chunk()
            raise Refused(self.status, self.headers, json.loads(self.text))

    def _until(self, mark: bytes) -> bytes:
        while mark not in self.raw:
            self._receive()
        found, _, self.raw = self.raw.partition(mark)
        return found

    def _receive(self) -> None:
        more = self.socket.recv(65536)
        if not more:
            raise EOFError
        self.raw += more

    def _chunk(self) -> None:
        """Decodes one more chunk; nothing is lost when the time runs out in the middle."""
        while True:
            size, mark, rest = self.raw.partition(b"\r\n")
            if mark and len(rest) >= int(size, 16) + 2:
                break
            self._receive()
        length = int(size, 16)
        if not length:
            raise EOFError
        self.text += rest[:length]
        self.raw = rest[length + 2 :]

    def block(self) -> Event:
        """The next block: an event, or only an id. Raises ``EOFError`` at the end, ``TimeoutError``."""
        while b"\n\n" not in self.text:
            self._chunk()
        told, _, self.text = self.text.partition(b"\n\n")
        found = dict(line.split(": ", 1) for line in told.decode().splitlines() if line)
        self.last_id = found.get("id", self.last_id)
        return found

    def events(self, count: int, *, quiet: float = 0.3, within: float = PATIENCE) -> list[Event]:
        """So many, and what else comes within ``quiet`` seconds of the last; fewer if they take too long."""
        found: list[Event] = []
        deadline = time.monotonic() + (within if count else quiet)
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                block = self.block()
            except TimeoutError:
                break
            if "event" in block:
                found.append(block | {"payload": json.loads(block["data"])})
                if len(found) >= count:
                    deadline = time.monotonic() + quiet
        return found

    def next(self) -> dict[str, Any]:
        """The payload of the next event."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            block = self.block()
            if "event" in block:
                payload: dict[str, Any] = json.loads(block["data"])
                return payload

    def begun(self) -> "Stream":
        """Once the server has said how far it has read."""
        self.socket.settimeout(PATIENCE)
        while not self.last_id:
            self.block()
        return self

    def close(self) -> None:
        self.socket.close()
