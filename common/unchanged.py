"""Pages that have not changed since the visitor last saw them are not sent again."""

import hashlib
import re
from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control

ALWAYS_NEW = re.compile(
    rb'(<input type="hidden" name="csrfmiddlewaretoken" value=")[^"]*|(<body [^>]*data-since=")[^"]*'
)
"""What differs each time a page is made and may stay as it was: the mask over a form's token, and the moment
from which ``live.js`` looks further back.
"""


class UnchangedPages:
    """Gives pages an ``ETag`` and answers 304 where the visitor has the page already (RFC 9110, 13.1.2)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method != "GET" or not _can_be_revalidated(response):
            return response
        patch_cache_control(response, private=True, no_cache=True)
        response.headers["ETag"] = etag = _etag(request, response)
        return cast("HttpResponse", get_conditional_response(request, etag=etag, response=response))


def _can_be_revalidated(response: HttpResponse) -> bool:
    is_page = response.status_code == 200 and response.headers.get("Content-Type", "").startswith("text/html")
    may_be = "no-store" not in response.headers.get("Cache-Control", "")
    return is_page and may_be and not response.streaming and not response.has_header("ETag")


def _etag(request: HttpRequest, response: HttpResponse) -> str:
    digest = hashlib.sha256(ALWAYS_NEW.sub(rb"\1\2", response.content))
    # A 304 does not bring it: the browser would go on with the policy of before.
    digest.update(response.headers.get("Content-Security-Policy", "").encode())
    # A page from before a sign-in has forms whose token no longer counts.
    digest.update(str(request.META.get("CSRF_COOKIE", "")).encode())
    return f'W/"{digest.hexdigest()[:32]}"'
