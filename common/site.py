"""What browsers and phones ask of a site beside its pages."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from common.clock import now

DAY = 86_400  # seconds
VALID = timedelta(days=180)
"""For how long a contact that is read now can be believed (RFC 9116)."""
GROUND = "#f7f4ec"  # --ground of static/css/tokens.css, where the system itself paints


@require_safe
@cache_control(public=True, max_age=DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("img/favicon.ico"))


@require_safe
@cache_control(private=True, max_age=DAY)
def manifest(request: HttpRequest) -> JsonResponse:
    content = {
        "name": "Holdfast",
        "short_name": "Holdfast",
        "description": _("See what's available and book in under a minute."),
        "lang": get_language(),
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": GROUND,
        "background_color": GROUND,
        "icons": [
            _icon("icon-192.png", 192),
            _icon("icon-512.png", 512),
            _icon("icon-maskable-512.png", 512) | {"purpose": "maskable"},
        ],
    }
    return JsonResponse(content, content_type="application/manifest+json")


def _icon(name: str, size: int) -> dict[str, str]:
    return {"src": static(f"img/{name}"), "sizes": f"{size}x{size}", "type": "image/png"}


@require_safe
@cache_control(public=True, max_age=DAY)
def robots(request: HttpRequest, private: Sequence[str]) -> HttpResponse:
    """``private``: first parts of addresses that are of no use in a search engine."""
    lines = ["User-agent: *", *(f"Disallow: /{name}/" for name in private), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=DAY)
def security(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness: RFC 9116. Raises ``Http404`` without a contact."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    expires = (now() + VALID).replace(microsecond=0).isoformat()
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires}",
        "Preferred-Languages: en, de",
        f"Canonical: {settings.SITE_URL}{request.path}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
