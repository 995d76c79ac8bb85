"""Which pages' browsers may call us, and which of our cookies they keep: docs/browser-clients.md."""

from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from common.origins import read_origin


def read_origins(texts: Iterable[str]) -> list[str]:
    """As browsers write them. Raises ``ImproperlyConfigured``."""
    origins = []
    for text in texts:
        origin = read_origin(text)
        if origin is None:
            raise ImproperlyConfigured(
                f"CORS_ALLOWED_ORIGINS: {text!r} is no origin. Write scheme and host, and the port if it is "
                "not the usual one, as in https://shop.example."
            )
        origins.append(origin)
    return origins


def read_same_site(text: str, *, https: bool) -> str:
    """``Lax`` or ``None``. Raises ``ImproperlyConfigured``."""
    same_site = text.strip().capitalize() or "Lax"
    if same_site not in ("Lax", "None"):
        raise ImproperlyConfigured("COOKIE_SAMESITE is Lax, or None if pages of another site sign people in.")
    if same_site == "None" and not https:
        raise ImproperlyConfigured(
            "COOKIE_SAMESITE=None needs HTTPS: without it browsers drop our cookies, on our own pages, too. "
            "Set HTTPS=1, or let COOKIE_SAMESITE be Lax and pages of another site use access tokens."
        )
    return same_site


def read_cookie_domain(text: str, *, site_url: str) -> str | None:
    """The domain whose hosts all get our cookies. Raises ``ImproperlyConfigured``."""
    domain, host = text.strip().lstrip(".").lower(), urlsplit(site_url).hostname or ""
    if not domain:
        return None
    if not f".{host}".endswith(f".{domain}") or "." not in domain or _is_address(domain):
        raise ImproperlyConfigured(
            f"COOKIE_DOMAIN={text}: browsers keep no such cookie of {host}, which SITE_URL names. Give its "
            "domain or one above it, as example.com is above book.example.com, or leave it empty."
        )
    return domain


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False
