"""Open streams end when the server is told to stop; it would wait for them otherwise."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from live.hub import Hub

SIGNALS = (signal.SIGINT, signal.SIGTERM)
Handler = Callable[[int, FrameType | None], Any]


@contextmanager
def end_streams_with_server() -> Iterator[None]:
    """Enter it within the server's event loop, after the server has set its own handlers."""
    # Python lets only the main thread set signal handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hub = Hub.current()
    previous_handlers = {signal_number: signal.getsignal(signal_number) for signal_number in SIGNALS}
    for number, handler in previous_handlers.items():
        if callable(handler):
            signal.signal(number, _end_streams_before(hub.end, handler))
    try:
        yield
    finally:
        for number, handler in previous_handlers.items():
            signal.signal(number, handler)


def _end_streams_before(end: Callable[[], None], handler: Handler) -> Handler:
    def handle(number: int, frame: FrameType | None) -> None:
        end()
        handler(number, frame)

    return handle
