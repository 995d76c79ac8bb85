"""``GET /health``: whether this server works, for monitors and load balancers.

It depends on nothing else: no session, cookie, limit or cache, neither the host's name nor the connection
that a request usually gets first. So it answers while everything behind it hangs.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView, either
from common.clock import instant_text, now
from common.serializing import Shape

PATIENCE = 1.5
"""Seconds, whatever the database does: whoever asks is answered within two."""
ADDRESSES = ("/health", "/health/")
logger = logging.getLogger(__name__)


class HealthSerializer(Shape):
    status = serializers.ChoiceField(["healthy", "unhealthy"])
    service = serializers.ChoiceField(["backend"])
    timestamp = serializers.DateTimeField()
    database = serializers.ChoiceField(["connected", "disconnected"])


class Health(APIView):
    authentication_classes = ()

    @extend_schema(
        summary="Whether the server and its database work",
        description=(
            "For monitors and load balancers: within two seconds, without signing in, limits or cookies, by "
            "whichever name the server is called."
        ),
        responses={200: HealthSerializer, 503: HealthSerializer},
    )
    def get(self, request: Request) -> Response:
        is_well = does_database_answer(within=PATIENCE)
        row = {
            "status": "healthy" if is_well else "unhealthy",
            "service": "backend",
            "timestamp": instant_text(now()),
            "database": "connected" if is_well else "disconnected",
        }
        return Response(row, 200 if is_well else 503, headers={"Cache-Control": "no-store"})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody is turned away, whatever they accept and add to the address."""


class HealthFirst:
    """Answers before anything that may wait, refuse or write a cookie."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in ADDRESSES:
            answer: HttpResponseBase = answer_health(request).render()
            return answer
        return self.get_response(request)


def does_database_answer(*, within: float) -> bool:
    try:
        _ask_once().result(timeout=within)
    # Whatever is wrong, the answer is that it does not.
    except Exception as error:
        logger.warning("The database does not answer: %s", type(error).__name__)
        return False
    return True


_lock = Lock()
_asking: Future[None] | None = None


def _ask_once() -> Future[None]:
    """One question at a time, however many ask: what hangs takes one thread, and a flood one connection."""
    global _asking
    with _lock:
        if _asking is None or _asking.done():
            _asking = Future()
            Thread(target=_ask, args=(_asking,), name="health", daemon=True).start()
        return _asking


def _ask(answer: Future[None]) -> None:
    try:
        connections[DEFAULT_DB_ALIAS].ask_apart()  # type: ignore[attr-defined]  # both engines are ours
        answer.set_result(None)
    except BaseException as error:
        answer.set_exception(error)


answer_health: Callable[..., Any] = Health.as_view()
urlpatterns = either("health", answer_health, "health")
