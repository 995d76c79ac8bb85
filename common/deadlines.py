"""An end to connections that dawdle: a timeout of a socket counts anew with each byte that comes."""

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType


class Deadline:
    """A context; whatever connection it watches is shut when so many seconds are over.

    Whoever reads then finds the connection's end, in whatever step: greeting, headers, sizes of chunks.
    """

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
        """Through a handle of its own: TLS takes the connection's own one away."""
        with self._lock:
            handle = socket.fromfd(connection.fileno(), connection.family, connection.type)
            self._watched.append(handle)
        if self.is_over:
            self._shut()

    def _shut(self) -> None:
        with self._lock:
            for each in self._watched:
                with suppress(OSError):  # it has ended already
                    each.shutdown(socket.SHUT_RDWR)

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
