"""The OpenAPI document: what all operations share is written here once, the rest at their views."""

import json
import re
from collections.abc import Sequence
from typing import Any

import django_filters
from django.conf import settings
from drf_spectacular.authentication import SessionScheme as DjangoSessionScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import is_list_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework import serializers

JSON = "application/json"
INDEX = "/api/"
SMALLEST_COLUMN = 2**15 - 1
READING = ("400", "401", "403", "404", "406", "429", "503")
WRITING = ("409", "413", "415", "422")
MEANINGS = {
    "400": "Invalid input, or a rule forbids it; `code` says which (docs/errors.md).",
    "401": "Not signed in, or the token is no longer valid.",
    "403": "Not allowed.",
    "404": "Not there, or not yours to see.",
    "406": "Only JSON is served.",
    "409": "In conflict with somebody else's booking or change; `alternatives` are free starts nearby.",
    "413": "More than one request may send.",
    "415": "Send JSON.",
    "422": "This `Idempotency-Key` was used for a different request.",
    "429": "Too many requests: wait `Retry-After` seconds.",
    "503": "Too busy at this moment: try again after `Retry-After` seconds.",
}
ERROR = {
    "type": "object",
    "required": ["error", "code"],
    "properties": {
        "error": {"type": "string", "description": "A sentence for people."},
        "code": {"type": "string", "description": "Stable; listed in docs/errors.md."},
        "fields": {
            "type": "object",
            "description": "By input field, what is wrong with it.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "alternatives": {
            "type": "array",
            "items": {"type": "string", "format": "date-time"},
            "description": "Free starts near the one asked for, with 409.",
        },
        "candidates": {
            "type": "array",
            "items": {"type": "string", "format": "date-time"},
            "description": "Two instants a local time may mean, when the clocks change.",
        },
    },
    "example": {
        "error": "This time is already taken.",
        "code": "taken",
        "alternatives": ["2027-03-01T11:00:00+01:00", "2027-03-01T12:00:00+01:00"],
    },
}
RATE_HEADERS = {
    "RateLimit-Limit": "Requests allowed in one window.",
    "RateLimit-Remaining": "Requests left in this window.",
    "RateLimit-Reset": "Seconds until the window ends.",
}


class OperationSchema(AutoSchema):
    def get_operation_id(self) -> str:
        """"""
        # For example post_reservations_cancel.
        words = re.sub(r"\{[^}]*\}", "one", self.path.removeprefix("/api/")) or "index"
        return "_".join([self.method.lower(), *re.split(r"\W+", words.strip("/"))])

    def get_description(self) -> str:  # type: ignore[override]
        # The view's method describes itself; the class's docstring is for its readers.
        return ""

    def get_filter_backends(self) -> list[Any]:
        # Lists name their filters and pages themselves, with what each means.
        return []

    def _get_pagination_parameters(self) -> list[Any]:
        return []

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Nothing is put into a list or a page that does not say so itself."""
        return bool(is_list_serializer(serializer))

    def get_tags(self) -> list[str]:
        first = self.path.removeprefix("/api/").split("/")[0]
        return [next((tag for tag, parts in settings.API_TAGS.items() if first in parts), first)]


class SessionScheme(DjangoSessionScheme):  # type: ignore[no-untyped-call]
    target_class = "common.api.SessionAuthentication"
    name = "session"


def drop_slash_addresses(endpoints: Sequence[Any], **kwargs: Any) -> list[Any]:
    # Every address also answers with a trailing slash; the document shows the one without.
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/") or endpoint[0] == INDEX]


def add_shared_parts(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the shared errors and headers to every operation."""
    components = result["components"]
    components.setdefault("schemas", {})["Error"] = ERROR
    components["headers"] = {
        name: {"schema": {"type": "integer"}, "description": meaning}
        for name, meaning in (RATE_HEADERS | {"Retry-After": "Seconds to wait."}).items()
    }
    components["responses"] = {f"Error{status}": _describe_error(status) for status in MEANINGS}
    for operations in result["paths"].values():
        for method, operation in operations.items():
            _complete_operation(method, operation["responses"])
    _drop_column_sizes(result)
    _leave_input_optional(components["schemas"])
    for schema in components["schemas"].values():
        for field in schema.get("properties", {}).values():
            _unite_texts(field)
    return result


def _leave_input_optional(schemas: dict[str, Any]) -> None:
    # Generators take a field with a default for one that is always there, also in what a client sends.
    for name, schema in schemas.items():
        for field in schema.get("properties", {}).values() if name.endswith("Request") else ():
            value = field.pop("default", None)
            if value not in (None, "", []):
                about = f"Unless given: `{json.dumps(value, ensure_ascii=False)}`"
                field["description"] = f"{field['description']}. {about}" if "description" in field else about


def _unite_texts(field: dict[str, Any]) -> None:
    # An address or nothing: both are texts, and generators make classes of the choice.
    choices = field.get("oneOf", ())
    if choices and all(choice.get("type") == "string" for choice in choices):
        del field["oneOf"]
        field |= {"type": "string", "maxLength": max(choice["maxLength"] for choice in choices)}


def _drop_column_sizes(part: Any) -> None:
    # What an integer column can hold differs from database to database and is no promise.
    if isinstance(part, dict):
        if "integer" in part.get("type", ()):  # a name, or with null a list of names
            part.pop("format", None)
            for bound in ("minimum", "maximum"):
                if abs(part.get(bound, 0)) >= SMALLEST_COLUMN:
                    del part[bound]
        part = list(part.values())
    for inner_part in part if isinstance(part, list) else ():
        _drop_column_sizes(inner_part)


def _complete_operation(method: str, responses: dict[str, Any]) -> None:
    for response in responses.values():
        response["headers"] = {**response.get("headers", {}), **_refer_to_headers(*RATE_HEADERS)}
    for status in READING if method == "get" else (*READING, *WRITING):
        responses.setdefault(status, {"$ref": f"#/components/responses/Error{status}"})


def _refer_to_headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _describe_error(status: str) -> dict[str, Any]:
    waits = ("Retry-After",) if status in ("429", "503") else ()
    return {
        "description": MEANINGS[status],
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
        "headers": _refer_to_headers(*RATE_HEADERS, *waits),
    }


def query(name: str, description: str, *, required: bool = False, **options: Any) -> OpenApiParameter:
    """A parameter of the query string, text unless ``type`` is given."""
    return OpenApiParameter(
        name,
        options.pop("type", OpenApiTypes.STR),
        OpenApiParameter.QUERY,
        description=description,
        required=required,
        **options,
    )


def header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=description)


def answer_header(name: str, description: str, *statuses: int) -> OpenApiParameter:
    return OpenApiParameter(
        name,
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        description=description,
        response=[str(status) for status in statuses],
    )


def tag(*statuses: int) -> OpenApiParameter:
    """The header that says which version was answered."""
    return answer_header("ETag", "Names this version; for `If-Match` and `If-None-Match`.", *statuses)


def location(*statuses: int) -> OpenApiParameter:
    return answer_header("Location", "Where to look at it again.", *statuses)


IDEMPOTENCY = header("Idempotency-Key", "Any unique text: repeated with the same body, the same answer.")
PREFER = header("Prefer", "`respond-async`: 202 and a job to look at, instead of waiting.")
IF_MATCH = header("If-Match", "The ETag you read: 409 `stale_version` if it has changed since.")
TOKEN = [
    header("X-Reservation-Token", "The secret of a guest's manage link, instead of signing in."),
    query("token", "The same; the header keeps it out of access logs."),
]
PAGES = [
    query("page", "Which page, from 1.", type=OpenApiTypes.INT),
    query("page_size", "Entries of one page, 50 unless given, at most 200.", type=OpenApiTypes.INT),
]


def filter_parameters(
    filters: Any, *, only: Sequence[str] = (), without: Sequence[str] = ()
) -> list[OpenApiParameter]:
    """The query parameters of a filter set, with its labels, choices and orderings."""
    return [
        query(name, _describe_filter(name, filter_), enum=_list_choices(filter_))
        for name, filter_ in filters.base_filters.items()
        if name not in without and (name in only or not only)
    ]


def _describe_filter(name: str, filter_: Any) -> str:
    if isinstance(filter_, django_filters.OrderingFilter):
        return "Sorted by this, with `-` in front descending."
    return str(filter_.label or name)


def _list_choices(filter_: Any) -> list[str] | None:
    if isinstance(filter_, django_filters.BooleanFilter):
        return ["true", "false"]
    if isinstance(filter_, django_filters.OrderingFilter):
        return list_orderings(filter_)
    return [str(value) for value, _label in filter_.extra.get("choices", ())] or None


def list_orderings(filter_: django_filters.OrderingFilter) -> list[str]:
    return [sign + name for name in filter_.param_map for sign in ("", "-")]


def page_of(shape: type[serializers.BaseSerializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The documented form of one page of a list."""
    name = shape.__name__.removesuffix("Serializer") + "Page"
    fields = {
        "count": serializers.IntegerField(help_text="Entries on all pages"),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": shape(many=True),
    }
    page_class = _PAGES.get(name)
    if page_class is None:
        page = type(name, (serializers.Serializer,), fields)
        page_class = _PAGES[name] = extend_schema_serializer(many=False)(page)
    return page_class


_PAGES: dict[str, type[serializers.Serializer[Any]]] = {}
