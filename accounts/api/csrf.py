"""The token that whoever writes by the session's cookie repeats, for pages that cannot read our cookies."""

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from rest_framework.request import Request

from accounts.exceptions import CookiesDropped


def is_cookie_kept(request: HttpRequest | Request) -> bool:
    """Whether the browser keeps our cookies, as far as it says where the page is from."""
    is_cross_site = request.headers.get("Sec-Fetch-Site") == "cross-site"
    return settings.SESSION_COOKIE_SAMESITE == "None" or not is_cross_site


def token_if_kept(request: HttpRequest) -> str | None:
    return get_token(request) if is_cookie_kept(request) else None


def require_token(request: HttpRequest) -> str:
    """Raises ``CookiesDropped``."""
    token = token_if_kept(request)
    if token is None:
        raise CookiesDropped
    return token
