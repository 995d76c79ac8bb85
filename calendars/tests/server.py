"""A calendar server on this machine: serves whatever a test puts into it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Elsewhere//EN\r\n"
TAIL = "END:VCALENDAR\r\n"


def vevent(uid: str, start: str, end: str = "", **more: str) -> str:
    """``start`` and ``end`` with their parameters, like ``;TZID=Europe/Berlin:20270301T100000``."""
    lines = [f"UID:{uid}", "DTSTAMP:20260101T000000Z", f"DTSTART{start}", *([f"DTEND{end}"] if end else [])]
    lines += [f"{name}{value}" if value[0] in ":;" else f"{name}:{value}" for name, value in more.items()]
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT", ""])


def vcalendar(*parts: str) -> str:
    return HEAD + "".join(parts) + TAIL


@dataclass
class CalendarServer:
    """Counts what it was asked; ``headers`` of the requests are kept."""

    port: int = 0
    body: bytes = b""
    status: int = 200
    etag: str = ""
    location: str = ""
    delay: float = 0
    requests: list[dict[str, str]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/private/secret-token.ics"

    def serve(self, *parts: str, etag: str = "") -> None:
        self.status, self.body, self.etag = 200, vcalendar(*parts).encode(), etag

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.requests.append({name.lower(): value for name, value in handler.headers.items()})
        known = self.etag and handler.headers.get("If-None-Match") == self.etag
        status = 304 if known and self.status == 200 else self.status
        self.answered.append(status)
        handler.send_response(status)
        for name, value in (("ETag", self.etag), ("Location", self.location)):
            if value:
                handler.send_header(name, value)
        body = b"" if status == 304 else self.body
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if self.delay:
            time.sleep(self.delay)
        handler.wfile.write(body)


@contextmanager
def calendar_server() -> Iterator[CalendarServer]:
    state = CalendarServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
