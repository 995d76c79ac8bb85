"""Each request has a name: its answer tells it, and so do its errors and the lines logged on the way."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "X-Request-Id"
WELL_FORMED = re.compile(r"[A-Za-z0-9_-]{8,64}")
_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """Empty outside of requests."""
    return _current.get()


@contextmanager
def named_request(name: str) -> Iterator[None]:
    token = _current.set(name)
    try:
        yield
    finally:
        _current.reset(token)


def choose_request_id(request: HttpRequest) -> str:
    """The proxy's name for it, or a new one; without a proxy in front the header is any visitor's."""
    given = request.headers.get(HEADER, "") if settings.TRUSTED_PROXIES else ""
    return given if WELL_FORMED.fullmatch(given) else secrets.token_hex(16)


class RequestIds:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = request.request_id = choose_request_id(request)  # type: ignore[attr-defined]
        with named_request(name):
            response = self.get_response(request)
        response.headers[HEADER] = name
        return response
