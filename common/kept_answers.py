"""No page is the answer to a form: it is shown by GET, so that Back and refresh send nothing.

A browser that posts a form and would get a page, with what is wrong or with what has been done, is led to
the form's own address, with a key; the page waits there in the visitor's session (docs/decisions/0033).
"""

import secrets
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.encoding import escape_uri_path
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from common.clock import epoch_seconds, now
from common.htmx import is_swap
from common.root_urls import is_api

ANSWERS = "answers"
PARAMETER = "answer"
MOST_KEPT = 3
"""As many tabs can show what went wrong at once."""
LASTS = 900
"""Seconds; after that the address shows the form as it is now."""
LARGEST = 400_000
"""Bytes of a page; compressed it is about a tenth."""
OUTSIDE = ("/admin/",)
NEVER_KEPT = (413, 429)
"""Whoever sends too much gets nothing stored."""


def show_at(response: HttpResponse, address: str) -> HttpResponse:
    """Name the page at which this answer belongs, where it is not the form's own address.

    With "" it is kept nowhere: it holds a secret, or is about cookies that do not work.
    """
    response.shown_at = address  # type: ignore[attr-defined]
    return response


def came_from(request: HttpRequest) -> str:
    """The page of ours from which a form was sent; empty if the browser does not say."""
    referrer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referrer, allowed_hosts={request.get_host()}):
        return ""
    return _join(urlsplit(referrer).path, _drop_key(urlsplit(referrer).query))


class KeptAnswers:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.GET.get(PARAMETER, "")
        if not _is_from_browser(request):
            return self.get_response(request)
        if request.method in ("GET", "HEAD"):
            return _show(request, key) if key else self.get_response(request)
        response = self.get_response(request)
        if _is_page(response):
            return _lead_to(request, response)
        if key and response.status_code < 400:
            _forget(request, key)
        return response


def _is_from_browser(request: HttpRequest) -> bool:
    """Programs and scripts of pages get the answer itself, with its status."""
    if is_api(request.path_info) or request.path_info.startswith(OUTSIDE) or is_swap(request):
        return False
    is_navigation = request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return is_navigation and "text/html" in request.headers.get("Accept", "")


def _is_page(response: HttpResponseBase) -> bool:
    # Too busy for now: the form is there again, where a page that only says so asks to retry.
    is_busy = response.status_code == 503 and not response.has_header("Retry-After")
    is_kept = response.status_code == 200 or 400 <= response.status_code <= 500 or is_busy
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    if response.streaming or response.status_code in NEVER_KEPT:
        return False
    return is_kept and is_html and bool(response.content)  # type: ignore[attr-defined]


def _lead_to(request: HttpRequest, response: Any) -> HttpResponseBase:
    address = _address_of(request, response)
    if not address or len(response.content) > LARGEST:
        return response  # type: ignore[no-any-return]
    path, _mark, query = address.partition("?")
    key = secrets.token_urlsafe(9)
    others = [answer for answer in _alive(request) if answer["key"] != request.GET.get(PARAMETER)]
    request.session[ANSWERS] = [*others, _describe(request, key, path, response.content)][-MOST_KEPT:]
    led = HttpResponseRedirect(_join(path, "&".join(filter(None, (_drop_key(query), f"{PARAMETER}={key}")))))
    led.status_code = 303
    return led


def _address_of(request: HttpRequest, response: HttpResponse) -> str:
    address: str | None = getattr(response, "shown_at", None)
    if address is not None:
        return address
    # A form that names its own address leaves out what its page was asked, such as where to go afterwards.
    before = came_from(request)
    return before if before.partition("?")[0] == _path_of(request) else _address_without_key(request)


def _describe(request: HttpRequest, key: str, path: str, content: bytes) -> dict[str, Any]:
    return {
        "key": key,
        "path": path,
        "until": epoch_seconds(now()) + LASTS,
        "seen_by": _seen_by(request),
        "page": b64encode(zlib.compress(content)).decode(),
    }


def _seen_by(request: HttpRequest) -> str:
    """Whoever has signed in or out, or has chosen another language, sees the page as it is now."""
    return f"{request.user.pk} {get_language()}"


def _alive(request: HttpRequest) -> list[dict[str, Any]]:
    second = epoch_seconds(now())
    return [answer for answer in request.session.get(ANSWERS, []) if answer["until"] > second]


def _show(request: HttpRequest, key: str) -> HttpResponse:
    for answer in _alive(request):
        if (answer["key"], answer["path"], answer["seen_by"]) == (key, _path_of(request), _seen_by(request)):
            response = HttpResponse(zlib.decompress(b64decode(answer["page"])))
            response.headers["X-Robots-Tag"] = "noindex"
            patch_cache_control(response, private=True, no_store=True)
            return response
    _forget(request, key)
    return HttpResponseRedirect(_address_without_key(request))


def _forget(request: HttpRequest, key: str) -> None:
    kept = request.session.get(ANSWERS, [])
    others = [answer for answer in _alive(request) if answer["key"] != key]
    if len(others) < len(kept):
        request.session[ANSWERS] = others


def _address_without_key(request: HttpRequest) -> str:
    return _join(_path_of(request), _drop_key(request.META.get("QUERY_STRING", "")))


def _path_of(request: HttpRequest) -> str:
    return escape_uri_path(request.path)


def _drop_key(query: str) -> str:
    return "&".join(part for part in query.split("&") if not _is_key(part))


def _is_key(part: str) -> bool:
    """Also where its name is written with percent signs: Django reads it all the same."""
    return unquote_plus(part.partition("=")[0]) == PARAMETER


def _join(path: str, query: str) -> str:
    """An address of ours: browsers take ``//name/`` for another website."""
    return escape_leading_slashes(f"{path}?{query}" if query else path)
