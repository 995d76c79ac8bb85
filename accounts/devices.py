"""Browsers on which somebody has signed in before: strangers' wrong passwords do not lock those out."""

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from accounts.models import User

COOKIE = "device"
SALT = "accounts.devices"
KEPT_SECONDS = 180 * 24 * 3600
MOST_ACCOUNTS = 5


def device_of(request: HttpRequest, user: User | None) -> str:
    """What tells this browser from others, if ``user`` has signed in on it; else empty."""
    return _read_cookie(request).get(str(user.pk), "") if user else ""


def note_sign_in(*, request: HttpRequest, user: User, **kwargs: Any) -> None:
    request.signed_in_here = user  # type: ignore[attr-defined]


class KnownDevices:
    """Gives whoever has just signed in a cookie that says so."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user = getattr(request, "signed_in_here", None)
        if user is not None and not device_of(request, user):
            _write_cookie(response, _read_cookie(request) | {str(user.pk): secrets.token_urlsafe(8)})
        return response


def _read_cookie(request: HttpRequest) -> dict[str, str]:
    try:
        devices: dict[str, str] = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_SECONDS
        )
    except signing.BadSignature:
        return {}
    return devices


def _write_cookie(response: HttpResponse, devices: dict[str, str]) -> None:
    latest = dict(list(devices.items())[-MOST_ACCOUNTS:])
    response.set_cookie(
        COOKIE,
        signing.dumps(latest, salt=SALT),
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite=settings.SESSION_COOKIE_SAMESITE,  # type: ignore[arg-type]
    )
