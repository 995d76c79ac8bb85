"""A real program that takes webhooks: an HTTP server of its own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Taken:
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class Receiver:
    """``answers`` are the statuses of the next requests, then 204 for all others."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    pause: threading.Event = field(default_factory=threading.Event)
    """Clear: the first request is not answered until it is set."""

    @property
    def types(self) -> list[str]:
        return [each.json["type"] for each in self.taken]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    receiver.pause.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.taken.append(Taken({name.lower(): value for name, value in self.headers.items()}, body))
            if len(receiver.taken) == 1:
                receiver.pause.wait(60)
            status = receiver.answers.pop(0) if receiver.answers else 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, args=(0.05,), daemon=True).start()
        receiver.url = f"http://localhost:{httpd.server_port}/hook"
        yield receiver
        httpd.shutdown()
