import sys
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import defaults

from common.errors import DomainError, error_body
from common.kept_answers import came_from, show_at
from common.numbers import explain_forged_value
from common.root_urls import is_api
from common.second_factor import SecondFactorNeeded, explain_refusal
from common.unavailable import answer_unavailable, is_database_away


class PermissionsPolicy:
    """No page, and nothing that gets into one, may use what none of them needs."""

    HEADER = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.HEADER)
        return response


class DomainErrorMiddleware:
    """Turns a ``DomainError`` that a page let through, or the loss of the database, into an error page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if is_database_away(error):
            return answer_unavailable(request)
        error = explain_refusal(explain_forged_value(error), request.user)
        if isinstance(error, SecondFactorNeeded) and request.method == "GET" and not request.htmx:  # type: ignore[attr-defined]
            return redirect("mfa_index")
        if not isinstance(error, DomainError):
            return None
        response = refuse_request(request, error.status, error.code, str(error))
        if error.retry_after:
            response.headers["Retry-After"] = str(error.retry_after)
        return response


def refuse_request(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    """In the API's form at its addresses: middleware refuses much before any view is asked."""
    if is_api(request.path_info):
        return JsonResponse(error_body(message, code), status=status)
    return error_page(request, status, code, message)


def error_page(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    titles = {
        400: _("We couldn't read this request"),
        403: _("You don't have access"),
        404: _("Page not found"),
        409: _("This time was just taken"),
        413: _("This is too large"),
        429: _("Too many attempts"),
        503: _("Try again in a moment"),
    }
    pictures = {403: "lock", 404: "search", 409: "people", 429: "hourglass", 503: "hourglass"}
    context = {
        "picture": pictures.get(status, "warning"),
        "again": status in (429, 503) and request.method == "GET",
        "status": status,
        "code": code,
        "title": titles.get(status, _("That didn't work")),
        "message": message,
    }
    response = render(request, "error.html", context, status=status)
    return show_at(response, came_from(request) if request.method == "POST" else "")


def server_error(request: HttpRequest) -> HttpResponseBase:
    """What failed outside of a view, as in a middleware."""
    error = sys.exc_info()[1]
    if is_database_away(error):
        return answer_unavailable(request)
    if is_api(request.path_info):
        return JsonResponse(error_body(_("Something went wrong on our side."), "server_error"), status=500)
    return defaults.server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request.path_info):
        return refuse_request(request, 400, "malformed", _("We couldn't read this request."))
    return error_page(request, 400, "malformed", _("Go back and try again."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse_request(request, 403, "forbidden", _("You don't have permission to do this."))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse_request(
        request,
        404,
        "not_found",
        _("We couldn't find that page. It may have moved, or you may need to sign in."),
    )


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return refuse_request(request, 429, "throttled", _("Wait a few minutes, then try again."))


def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    if is_api(request.path_info):
        return refuse_request(request, 403, "csrf_failed", f"CSRF Failed: {reason}")
    message = _("The form expired, or cookies are off. Go back, reload the page and try again.")
    return show_at(error_page(request, 403, "csrf_failed", message), "")
