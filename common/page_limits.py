"""Pages consume the API's allowances: whoever is refused there finds no other door."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from common.pages import too_many_requests
from common.root_urls import is_api
from common.throttling import consume_for

SAFE = ("GET", "HEAD", "OPTIONS")
ELSEWHERE = ("/hooks/", "/stream/")
"""The API and streams count for themselves; what providers report is not to be lost."""


def counts_as(rate: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Name the allowance that posting to this page consumes, in place of ``write``."""

    def name(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        view.rate = rate  # type: ignore[attr-defined]
        return view

    return name


class PageLimits:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: object, kwargs: object
    ) -> HttpResponse | None:
        path = request.path_info
        if is_api(path) or path.startswith((*ELSEWHERE, settings.MEDIA_URL)):
            return None
        rate = "read" if request.method in SAFE else str(getattr(view, "rate", "write"))
        allowance = consume_for(request, rate)
        if allowance.remaining >= 0:
            return None
        response = too_many_requests(request)
        response["Retry-After"] = str(max(allowance.reset, 1))
        return response
