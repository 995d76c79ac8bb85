"""Open streams end when the server is told to stop; otherwise it would wait for pages that stay open."""

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
    """From within the server's event loop, once the server has set its own handlers, which go on working."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    hub = Hub.current()
    before = {each: signal.getsignal(each) for each in SIGNALS}
    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, _first(hub.end, handler))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _first(end: Callable[[], None], handler: Handler) -> Handler:
    def handle(number: int, frame: FrameType | None) -> None:
        end()
        handler(number, frame)

    return handle
