"""Answers that are worth it go out compressed, where their size can tell nobody a secret."""

from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django_http_compression.middleware import HttpCompressionMiddleware

COMPRESSED = ("text/html", "application/json", "text/calendar", "application/problem+json")
SMALLEST = 1400
"""Bytes. What fits in one packet anyway arrives no sooner."""
OTHER_SITES = ("cross-site", "same-site")


class Compression(HttpCompressionMiddleware):
    """Pages, the API and feeds, by the best way that the client understands: Zstandard, Brotli or gzip.

    Left alone: what is sent as it happens, files, what has a strong ETag (that promises the very bytes), and
    what another site makes a visitor's browser ask for: by the size of many such answers, each with a guess
    in its address, whoever listens on the way could learn secrets that stand beside the guess (BREACH).
    """

    def maybe_compress(self, request: HttpRequest, response: HttpResponseBase) -> None:
        if not _is_text(response):
            return
        patch_vary_headers(response, ["Accept-Encoding"])
        if _is_large(response) and not _is_fixed(response) and not _is_asked_by_others(request):
            super().maybe_compress(request, response)


def _is_text(response: HttpResponseBase) -> bool:
    media_type = response.headers.get("Content-Type", "").split(";")[0]
    return media_type in COMPRESSED or response.status_code == 304


def _is_large(response: HttpResponseBase) -> bool:
    return not isinstance(response, HttpResponse) or len(response.content) >= SMALLEST


def _is_fixed(response: HttpResponseBase) -> bool:
    return response.headers.get("ETag", "").startswith('"')


def _is_asked_by_others(request: HttpRequest) -> bool:
    """Without cookies nothing in the answer is the visitor's, and nobody clicks a link a thousand times."""
    is_clicked = request.headers.get("Sec-Fetch-User") == "?1"
    is_from_others = request.headers.get("Sec-Fetch-Site") in OTHER_SITES
    return is_from_others and not is_clicked and bool(request.COOKIES)
