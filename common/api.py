"""What every API view shares: one form of errors, session sign-in."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from common.clock import instant_text
from common.errors import Busy, DomainError, error_body
from common.numbers import explain_forged_value
from common.second_factor import explain_refusal
from common.transactions import is_transient
from common.unavailable import Unavailable, is_database_away

LONGEST_SENTENCE = 500  # some errors repeat a client's own words


class SessionAuthentication(authentication.SessionAuthentication):
    """Answers 401, not 403, when nobody is signed in."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"

    def enforce_csrf(self, request: Request) -> None:
        view: Any = request.parser_context.get("view")
        # Nobody else's page can send these: JSON from another origin is asked about first (CORS).
        if getattr(view, "without_csrf", ()) and view.asked(request) in view.without_csrf:
            return
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as denied:
            raise exceptions.PermissionDenied(str(denied.detail), code="csrf_failed") from denied


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("This request is too large.")


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """``{"error": sentence, "code": stable code, "fields": {...}}`` for everything that goes wrong."""
    from rest_framework.views import exception_handler as rest_handler  # its module imports this one

    if isinstance(error, OperationalError) and is_transient(error):
        error = Busy()
    if is_database_away(error):
        error = Unavailable()
    error = explain_forged_value(error)
    error = explain_refusal(error, _visitor_of(context.get("request")))
    if isinstance(error, DomainError):
        return _answer_domain_error(error)
    if isinstance(error, SuspiciousOperation):
        error = TooLarge() if isinstance(error, RequestDataTooBig) else exceptions.ParseError()
    response = rest_handler(error, context)
    if response is None:
        return None  # our own mistake: logged, 500
    response.data = _make_printable(_describe_refusal(error, response))
    return response


def _visitor_of(request: Request | None) -> object:
    # As far as it is known by then: asking the API's request would sign in again what was just refused.
    return getattr(getattr(request, "_request", None), "user", None)


def _answer_domain_error(error: DomainError) -> Response:
    body = error_body(error.message, error.code)
    if error.fields:
        body["fields"] = {name: [str(text) for text in texts] for name, texts in error.fields.items()}
    body |= {name: _as_json(value) for name, value in error.extra.items()}
    return Response(_make_printable(body), status=error.status, headers=_headers_for_domain_error(error))


def _headers_for_domain_error(error: DomainError) -> dict[str, str]:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    if error.status == status.HTTP_401_UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _describe_refusal(error: Exception, response: Response) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return _invalid_body(error)
    detail = getattr(error, "detail", None)
    codes = {404: "not_found", 403: "forbidden", 400: "malformed", 401: "not_authenticated"}
    code = getattr(detail, "code", None)
    if code in (None, "permission_denied", "parse_error", "error"):
        code = codes.get(response.status_code, "error")
    sentence = detail if isinstance(detail, str) else _SENTENCES.get(response.status_code, str(error))
    return error_body(sentence, code)


_SENTENCES = {
    403: _("You don't have permission to do this."),
    404: _("Not found, or you don't have access."),
}


def _invalid_body(error: exceptions.ValidationError) -> dict[str, Any]:
    """Nested field errors become ``{"customer_info.email": [...]}``; a code all of them share is kept."""
    fields: dict[str, list[str]] = {}
    codes = set()
    for name, detail in _flatten_details(error.detail):
        fields.setdefault(name, []).append(str(detail))
        codes.add(detail.code)
    shared = codes.pop() if len(codes) == 1 else None
    code = shared if shared in FIELD_CODES else "invalid"
    sentence = str(_("Check the marked fields."))
    if code != "invalid" or len(fields) == 1:
        sentence = next(iter(fields.values()))[0]
    return {**error_body(sentence, code), "fields": fields}


# Codes of single fields that become the answer's code when nothing else is wrong.
FIELD_CODES = {"unknown_field", "invalid_time"}


def _flatten_details(detail: Any, name: str = "") -> Iterator[tuple[str, exceptions.ErrorDetail]]:
    if isinstance(detail, Mapping):
        for key, below in detail.items():
            inner = "" if key == api_settings.NON_FIELD_ERRORS_KEY else str(key)
            yield from _flatten_details(below, ".".join(filter(None, (name, inner))))
    elif isinstance(detail, list):
        for position, below in enumerate(detail):
            is_nested = isinstance(below, Mapping | list)
            yield from _flatten_details(below, f"{name}.{position}".strip(".") if is_nested else name)
    else:
        yield name or "request", detail


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    return [_as_json(item) for item in value] if isinstance(value, list) else value


def _make_printable(value: Any) -> Any:
    # A client's words may hold lone surrogates, which are no UTF-8, and be endless.
    if isinstance(value, dict):
        return {_make_printable(name): _make_printable(inner_value) for name, inner_value in value.items()}
    if isinstance(value, list):
        return [_make_printable(inner_value) for inner_value in value]
    if isinstance(value, str):
        return value[:LONGEST_SENTENCE].encode("utf-8", "replace").decode()
    return value
