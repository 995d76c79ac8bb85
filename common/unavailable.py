"""While the database cannot be reached, or cannot write, visitors are told so at once."""

from collections.abc import Callable
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, DataError, InterfaceError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, error_body
from common.root_urls import is_api

# Of PostgreSQL: connection, resources (no room on the disk, too many connections), shutting down, the
# system's own errors, and a database that may only be read.
_STATES = ("08", "53", "57P", "58", "25006")
_SQLITE_ERRORS = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_FULL", "SQLITE_IOERR")


class Unavailable(DomainError):
    code = "unavailable"
    status = 503
    message = _("We can't reach our data right now. Please try again in a moment.")
    retry_after = 5


def is_database_away(error: BaseException | None) -> bool:
    """Whether it is the database that failed, not the statement it was asked."""
    if isinstance(error, InterfaceError):
        return True  # the connection was closed before
    if not isinstance(error, DatabaseError) or isinstance(error, DataError):
        return False
    cause: Any = error.__cause__
    if hasattr(cause, "sqlite_errorname"):
        return str(cause.sqlite_errorname).startswith(_SQLITE_ERRORS)
    # Without a state PostgreSQL has not even answered.
    return hasattr(cause, "sqlstate") and str(cause.sqlstate or "08").startswith(_STATES)


class DatabaseAway:
    """Gets the request its connection first: without one nothing else is tried, and nobody waits twice."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            connections[DEFAULT_DB_ALIAS].ensure_connection()
        except DatabaseError as error:
            if not is_database_away(error):
                raise
            return answer_unavailable(request)
        return self.get_response(request)


def answer_unavailable(request: HttpRequest) -> HttpResponse:
    """Asks the database for nothing; in the form in which the API or pages tell errors."""
    headers = {"Retry-After": str(Unavailable.retry_after), "Cache-Control": "no-store"}
    with translation.override(translation.get_language_from_request(request)):
        if is_api(request.path_info):
            body = error_body(Unavailable.message, Unavailable.code)
            return JsonResponse(body, status=Unavailable.status, headers=headers)
        page = render_to_string("503.html", {"message": Unavailable.message})
    return HttpResponse(page, status=Unavailable.status, headers=headers)
