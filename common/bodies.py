"""Bodies of requests: read whole whatever way they come, and never more than anything has use for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from common.pages import refuse_request
from common.registry import Registry
from common.root_urls import is_api
from common.sizes import name_size

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

LARGEST = 4_194_304
"""Bulk questions to the API; all else is limited to less where it is read."""
LARGEST_FORM = 16_777_216
"""Forms with pictures: whoever chose one that is too large is told so beside its field."""
forms_with_files: Registry[str] = Registry("forms with files")
"""Their templates by path; all forms of the admin are such."""
CHUNK = 65_536
LINGER = 2.0
"""Seconds for which what is too long is thrown away, so that its sender comes to read the answer."""


def most_bytes(path: str) -> int:
    holds_files = path in forms_with_files or (path.startswith("/admin/") and not is_api(path))
    return LARGEST_FORM if holds_files else LARGEST


def _say_too_large(length: int, path: str) -> str:
    if most_bytes(path) == LARGEST:
        return _("This request is too large.")
    return _("You sent %(size)s, and this form takes 16 MB. Go back and choose a smaller file.") % {
        "size": name_size(length)
    }


class BoundedBodies:
    """Refuses by its length what is too long, and what has no length that this server could tell."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or ""
        path, said = request.path_info, int(length[:18]) if length.isdecimal() else 0
        if said > most_bytes(path):
            return refuse_request(request, 413, "too_large", _say_too_large(said, path))
        if not length and "HTTP_TRANSFER_ENCODING" in request.META:  # WSGI would read nothing
            return refuse_request(request, 411, "length_required", _("Send a Content-Length header."))
        return self.get_response(request)


def measure_bodies(application: Callable[..., Awaitable[None]]) -> Application:
    """An ASGI application that is told the length of each body, and is never given one that is too long.

    Django's handler takes everything in before it asks anybody, and believes what has no length to be empty.
    """

    async def measured(scope: Message, receive: Receive, send: Send) -> None:
        headers, most = dict(scope["headers"]), most_bytes(scope["path"])
        length = headers.get(b"content-length", b"")
        if b"transfer-encoding" not in headers and length:
            if length.isdigit() and int(length[:18]) > most:
                receive, send = _nothing_more(), _hang_up_after(send, receive)
            return await application(scope, receive, send)
        body = await _read(receive, most)
        if body is None:
            return None  # the client has gone
        scope = _with_length(scope, len(body))
        if len(body) > most:
            return await application(scope, _nothing_more(), _hang_up_after(send, receive))
        return await application(scope, _say_first(body, receive), send)

    return measured


async def _read(receive: Receive, most: int) -> bytes | None:
    """The body, or the beginning of it that is already too much."""
    body = bytearray()
    while len(body) <= most:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _with_length(scope: Message, length: int) -> Message:
    told = [pair for pair in scope["headers"] if pair[0] not in (b"transfer-encoding", b"content-length")]
    if length:
        told.append((b"content-length", str(length).encode()))
    return {**scope, "headers": told}


def _say_first(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def say() -> Message:
        return messages.pop() if messages else await receive()

    return say


def _nothing_more() -> Receive:
    async def wait() -> Message:
        return await asyncio.Future[Message]()  # until the answer is sent

    return _say_first(b"", wait)


def _hang_up_after(send: Send, receive: Receive) -> Send:
    async def send_and_close(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            await send({**message, "headers": [*message["headers"], (b"connection", b"close")]})
        elif message.get("more_body", False):
            await send(message)
        else:
            await send({**message, "more_body": True})
            with suppress(TimeoutError):
                await asyncio.wait_for(_throw_away(receive), LINGER)
            await send({"type": "http.response.body", "body": b""})

    return send_and_close


async def _throw_away(receive: Receive) -> None:
    while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
        pass


WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def read_bodies_out(application: WsgiApplication) -> WsgiApplication:
    """A WSGI application that takes each body to its end, though nobody asked for it.

    WSGI servers hang up on what is left. A proxy that is still sending then reads no answer, and says 502.
    """

    def reading(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        answer = application(environ, start_response)
        if environ.get("wsgi.input_terminated"):  # else it might wait for what never comes
            _read_out(environ)
        return answer

    return reading


def _read_out(environ: Mapping[str, Any]) -> None:
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length[:18]) > LARGEST_FORM:
        return
    with suppress(OSError):  # the client has gone
        while environ["wsgi.input"].read(CHUNK):
            pass
