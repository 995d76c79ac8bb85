"""``/stream/``: server-sent events, answered by the event loop beside Django's own handler.

Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import io
import json
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import DisallowedHost
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.http import HttpResponse, QueryDict
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request

from accounts.api.authentication import StillSignedIn, TokenAuthentication
from common.api import SessionAuthentication, exception_handler
from common.api_views import require_scope
from common.clock import now
from common.errors import DomainError, error_body
from common.rendering import JSONRenderer
from common.request_ids import HEADER as REQUEST_ID
from common.request_ids import choose_request_id, current_request_id, named_request
from common.throttling import client_network
from live import reading
from live.exceptions import BadStreamRequest, StreamingUnavailable
from live.hub import Client, Hub, run_in_thread
from live.kinds import Payload, Subscription
from live.origins import headers_for_origin, is_preflight
from live.positions import Position
from live.reading import CommittedChange
from live.subscribing import parse_seconds, refuse_filters_beside_ticket, subscription_for
from live.tickets import Grant, use_ticket

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

HEARTBEAT = 20.0
CATCHING_UP = 10.0
"""Seconds until a client is told to try again because the database is away."""
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
    "X-Content-Type-Options": "nosniff",
}
RESET = "event: reset\ndata: {}\n"


class Gone(Exception):
    """The client may not listen any more, or has left."""


# Django's handler would keep a thread for each open page.
async def stream(scope: Message, receive: Receive, send: Send) -> None:
    """An ASGI application."""
    request = ASGIRequest(dict(scope), io.BytesIO())
    with named_request(choose_request_id(request)):
        await _stream(request, receive, send)


async def _stream(request: ASGIRequest, receive: Receive, send: Send) -> None:
    cors = headers_for_origin(request)
    if is_preflight(request):
        await _send_start(send, 200, cors)
        await send({"type": "http.response.body"})
        return
    hub = Hub.current()
    try:
        listener = await run_in_thread(admit, request)
        async with hub.client(listener.who) as client:
            writer = Writer(request, send, hub, client, listener)
            await _run_until_first_ends([writer.run(cors), _wait_for_disconnect(receive)])
    except (DomainError, APIException, DatabaseError) as error:
        await _send_refusal(send, error, cors)


@dataclass(frozen=True, slots=True)
class Listener:
    """``who`` is an account or address; ``grant`` what their ticket says, if they came with one."""

    who: str
    subscription: Subscription
    grant: Grant | None = None


def admit(request: ASGIRequest, grant: Grant | None = None) -> Listener:
    """Whoever connects, or with a ticket's ``grant`` goes on. Raises ``DomainError`` and DRF's errors."""
    _check_request(request)
    if grant is None and "ticket" in request.GET:
        refuse_filters_beside_ticket(request.GET)
        grant = use_ticket(request.GET["ticket"])
    authenticators = [StillSignedIn(grant.credential)] if grant else _find_session(request)
    api_request = Request(request, authenticators=authenticators)
    user = api_request.user
    require_scope(api_request, "read")
    who = str(user.pk) if user.pk else f"guest {client_network(request)}"
    return Listener(who, subscription_for(QueryDict(grant.query) if grant else request.GET, user), grant)


def _check_request(request: ASGIRequest) -> None:
    try:
        # No middleware runs before this handler: host, HTTPS and session are checked here.
        request.get_host()
    except DisallowedHost as error:
        raise BadStreamRequest from error
    if request.method != "GET" or (settings.SECURE_SSL_REDIRECT and not request.is_secure()):
        raise BadStreamRequest


def _find_session(request: ASGIRequest) -> list[BaseAuthentication]:
    engine = __import__(settings.SESSION_ENGINE, fromlist=["SessionStore"])
    request.session = engine.SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    request.user = get_user(request)
    return [TokenAuthentication(), SessionAuthentication()]


async def _run_until_first_ends(runs: Iterable[Awaitable[None]]) -> None:
    tasks = [asyncio.ensure_future(run) for run in runs]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for error in results:
        if isinstance(error, Exception) and not isinstance(error, Gone | OSError):
            raise error


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_refusal(
    send: Send, error: DomainError | APIException | DatabaseError, cors: Mapping[str, str]
) -> None:
    response = exception_handler(error, {"view": None})
    if response is None:
        raise error
    headers = {**response.headers, **cors, "Content-Type": "application/json", "Cache-Control": "no-store"}
    await _send_start(send, response.status_code, headers)
    await send({"type": "http.response.body", "body": JSONRenderer().render(response.data)})


async def _send_start(send: Send, status: int, headers: Mapping[str, str]) -> None:
    named = {**headers, REQUEST_ID: current_request_id()}
    pairs = [(name.lower().encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


class Writer:
    def __init__(
        self, request: ASGIRequest, send: Send, hub: Hub, client: Client, listener: Listener
    ) -> None:
        self.request, self.send, self.hub, self.client = request, send, hub, client
        self.listener = listener
        self.loop = asyncio.get_running_loop()
        self._plan_recheck()

    async def run(self, cors: Mapping[str, str]) -> None:
        """Write until the client may not listen any more. Raises ``Gone``."""
        await _send_start(self.send, 200, {**HEADERS, **cors})
        try:
            # Catch up first and then send what was missed: what happens in between waits in the client's
            # queue, so nothing is lost and nothing told twice.
            position = await asyncio.wait_for(self.hub.catch_up(self.client), CATCHING_UP)
        except TimeoutError as error:
            raise Gone from error
        await self.write("retry: 2000\n")
        missed = await run_in_thread(self._read_missed, position)
        await self._write_batch(missed)
        await self.write(f"id: {position}\n")
        while not self.client.is_cut_off:
            await self._write_next()
            await self._recheck()
        await self.send({"type": "http.response.body", "body": b""})

    async def _write_next(self) -> None:
        try:
            await self._write_batch(await asyncio.wait_for(self.client.queue.get(), self._patience()))
        except TimeoutError:
            # A sign of life keeps proxies from closing the connection, and says how far the client has read.
            await self.write(f": still here\nid: {self.hub.position}\n")

    def _patience(self) -> float:
        return float(max(0.01, min(HEARTBEAT, self.recheck_at - self.loop.time())))

    async def _write_batch(self, batch: list[CommittedChange] | None) -> None:
        if batch is None:
            await self.write(f"{RESET}id: {self.hub.position}\n")
            return
        text = "\n".join(
            _format_events(change, self.listener.subscription.payloads(change)) for change in batch
        )
        if text.strip():
            await self.write(text)

    def _read_missed(self, present: Position) -> list[CommittedChange] | None:
        text = self.request.headers.get("Last-Event-ID") or self.request.GET.get("last_event_id", "")
        if not text:
            since = parse_seconds(self.request.GET.get("since", ""))
            return reading.read_changes_since(since, present) if since else []
        position = Position.parse(text, now())
        if position is None or not reading.is_position_known(position):
            return None
        return reading.read_changes(position, until=present)

    async def _recheck(self) -> None:
        # Whoever has signed out, or whose link was revoked, must hear no more.
        if self.loop.time() < self.recheck_at:
            return
        try:
            self.listener = await run_in_thread(admit, self.request, self.listener.grant)
        except (DomainError, APIException) as error:
            raise Gone from error
        self._plan_recheck()

    def _plan_recheck(self) -> None:
        # Spread, so that pages opened together do not all ask together.
        self.recheck_at = self.loop.time() + settings.STREAM_RECHECK_SECONDS * random.uniform(0.8, 1.2)

    async def write(self, text: str) -> None:
        await self.send({"type": "http.response.body", "body": f"{text}\n".encode(), "more_body": True})


def _format_events(change: CommittedChange, payloads: list[Payload]) -> str:
    # Only the last event carries the id: a client cut off between two of one change gets both again.
    events = "\n".join(f"event: change\ndata: {json.dumps(payload)}\n" for payload in payloads)
    return f"{events}id: {change.position}\n" if events else ""


def streaming_unavailable(request: object) -> HttpResponse:
    """The view that answers where no event loop runs."""
    error = StreamingUnavailable()
    body = error_body(error.message, error.code)
    return HttpResponse(JSONRenderer().render(body), status=error.status, content_type="application/json")
