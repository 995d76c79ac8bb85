"""Rate limits of API and pages, counted in the cache.

Header fields: draft-ietf-httpapi-ratelimit-headers (``RateLimit-Limit``, ``-Remaining``, ``-Reset``).
"""

import hashlib
import time
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from allauth.core.internal.httpkit import clean_client_ip
from allauth.core.internal.ratelimit import truncate_ip
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOWS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a client in the present window; ``reset`` in seconds."""

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.remaining, 0)),
            "RateLimit-Reset": str(self.reset),
        }


def parse_rate(rate: str) -> tuple[int, int]:
    """``120/m`` -> 120 requests in 60 seconds; windows are s, m, h and d."""
    count, _, window = rate.partition("/")
    return int(count), WINDOWS[window[:1]]


def consume_allowance(scope: str, client: str, *, now: float | None = None) -> Allowance:
    """Count one request; ``remaining`` is -1 when it is one too many. An empty rate limits nothing."""
    rate = settings.API_RATES.get(scope, "")
    if not rate:
        return Allowance(0, 0, 0)
    limit, window = parse_rate(rate)
    seconds = time.time() if now is None else now
    name = hashlib.sha256(f"{scope}:{client}:{int(seconds // window)}".encode()).hexdigest()
    cache.add(f"rate:{name}", 0, timeout=window + 1)
    try:
        used = cache.incr(f"rate:{name}")
    except ValueError:  # the window ended between the two lines
        used = 1
    return Allowance(limit, max(limit - used, -1), window - int(seconds % window))


def client_address(request: HttpRequest | Request) -> str:
    """Where a request came from, as far as the proxies before us can be trusted; empty if unknown."""
    told = str(BaseThrottle().get_ident(request) or "")  # type: ignore[arg-type]  # reads META alone
    return plain_address(told)


def plain_address(told: str) -> str:
    """Without the port that some proxies add; IPv4 as such, also through a socket of IPv6."""
    cleaned = clean_client_ip(told)
    mapped = getattr(ip_address(cleaned), "ipv4_mapped", None) if cleaned else None
    return str(mapped or cleaned or told)


def client_network(request: HttpRequest | Request) -> str:
    """By which visitors are counted: of IPv6 the network, in which each has countless addresses."""
    return str(truncate_ip(client_address(request)))


def consume_for(request: HttpRequest | Request, scope: str) -> Allowance:
    """Count one request of an account, or of an address of guests."""
    # Signing in is counted by address, also for those who are signed in.
    if request.user.pk and scope != "auth":
        return consume_allowance(scope, str(request.user.pk))
    return consume_allowance(f"{scope}_guest", client_network(request))


class RateLimit(BaseThrottle):
    """One allowance per client and kind of request: the view's ``rate``, else ``read`` or ``write``."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if getattr(request._request, "is_job", False):
            return True  # counted when it arrived
        is_safe = request.method in ("GET", "HEAD", "OPTIONS")
        scope = "read" if is_safe else str(getattr(view, "rate", "")) or "write"
        self.allowance = consume_for(request, scope)
        if self.allowance.limit:
            request._request.rate_allowance = self.allowance  # type: ignore[attr-defined]
        return self.allowance.remaining >= 0

    def wait(self) -> float:
        return max(self.allowance.reset, 1)
