"""An end to slow connections: a socket's own timeout starts anew with each byte that comes."""

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType


class Deadline:
    """A context that shuts the connections it watches after so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(max(seconds, 0), self._shut)
        self._timer.daemon = True
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def watch(self, connection: socket.socket) -> None:
        with self._lock:
            # A handle of its own, because TLS takes over the connection's.
            handle = socket.fromfd(connection.fileno(), connection.family, connection.type)
            self._watched.append(handle)
        if self.is_over:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            # Whoever is reading then finds the connection's end, in whatever step: greeting, headers, chunks.
            for connection in self._watched:
                with suppress(OSError):  # it has ended already
                    connection.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            while self._watched:
                self._watched.pop().close()
