"""The OpenAPI document: what all operations share is written here once, the rest at their views."""

import json
import re
from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.conf import settings
from drf_spectacular.authentication import SessionScheme as DjangoSessionScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import is_list_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework import serializers

from common.schema_errors import ErrorAnswers
from common.schema_examples import Examples

INDEX = "/api/"
SMALLEST_COLUMN = 2**15 - 1
ANSWER_HEADERS = {
    "X-Request-Id": "Identifies this request in the server's log.",
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

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        is_closed = direction == "request" and getattr(serializer, "refuses_unknown_fields", False)
        return schema | {"additionalProperties": False} if is_closed else schema

    def _map_serializer_field(self, field: Any, *args: Any, **kwargs: Any) -> Any:
        schema = super()._map_serializer_field(field, *args, **kwargs)  # type: ignore[no-untyped-call]
        if isinstance(field, serializers.ListField) and not field.allow_empty:
            return {"minItems": 1} | schema
        return schema

    def get_filter_backends(self) -> list[Any]:
        # Lists name their filters and pages themselves, with what each means.
        return []

    def _get_pagination_parameters(self) -> list[Any]:
        return []

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Nothing is put into a list or a page that does not say so itself."""
        return bool(is_list_serializer(serializer))

    def get_tags(self) -> list[str]:
        first = self.path.removeprefix("/api/").lstrip("/").split("/")[0]
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
    _drop_column_sizes(result)  # first: no example is made of them either
    components["headers"] = {
        **{name: _describe_header("string", meaning) for name, meaning in ANSWER_HEADERS.items()},
        **{name: _describe_header("integer", meaning) for name, meaning in RATE_HEADERS.items()},
        "Retry-After": _describe_header("integer", "Seconds to wait."),
    }
    errors = ErrorAnswers(components, _refer_to_headers(*components["headers"]))
    examples = Examples(components)
    for operations in result["paths"].values():
        for method, operation in operations.items():
            _add_headers(operation["responses"])
            errors.add_to(method, operation)
            for answer in operation["responses"].values():
                examples.add_to(answer)
    for answer in (*components["responses"].values(), *_list_messages(result)):
        examples.add_to(answer)
    for operations in (*result["paths"].values(), *result["webhooks"].values()):
        for operation in operations.values():
            _demand_no_more_than_needed(operation)
    _leave_input_optional(components["schemas"])
    for schema in components["schemas"].values():
        for field in schema.get("properties", {}).values():
            # Input has schemas of its own; what webhooks send is an answer's, though it comes in a request.
            field.pop("readOnly", None)
            _unite_texts(field)
            _demand_digits(field)
    return result


def _demand_no_more_than_needed(operation: dict[str, Any]) -> None:
    # At the entrance, `{}` means the same, but clients made from it demand credentials.
    if not any("bearer" in way for way in operation.get("security", ())):
        operation["security"] = []


def _list_messages(result: dict[str, Any]) -> list[dict[str, Any]]:
    # One is enough of each kind: all of a reservation's look the same.
    kinds = {name.split(".")[0]: operations for name, operations in reversed(result["webhooks"].items())}
    return [operations["post"]["requestBody"] for operations in kinds.values()]


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


def _demand_digits(field: dict[str, Any]) -> None:
    # By the library's pattern of decimals a text without any would be one.
    if "pattern" in field:
        field["pattern"] = field["pattern"].replace(r"^-?\d{0,", r"^-?\d{1,")


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


def _describe_header(type_name: str, meaning: str) -> dict[str, Any]:
    return {"schema": {"type": type_name}, "description": meaning}


def _add_headers(responses: dict[str, Any]) -> None:
    for response in responses.values():
        named = _refer_to_headers(*ANSWER_HEADERS, *RATE_HEADERS)
        response["headers"] = {**response.get("headers", {}), **named}


def _refer_to_headers(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


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


def number(name: str, description: str, *, least: int = 1, most: int | None = None) -> OpenApiParameter:
    """A whole number in the query string."""
    bounds = {"minimum": least} | ({} if most is None else {"maximum": most})
    return query(name, description, type={"type": "integer", **bounds})


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
NUMBERED_PAGES = [
    number("page", "Which page, from 1."),
    number("page_size", "Entries of one page, 50 unless given, at most 200."),
]
PAGES = [
    *NUMBERED_PAGES,
    query(
        "pagination",
        "`cursor`: pages without numbers, for lists of any length; follow `next` and `previous`. Numbered "
        "pages end at entry 10,000, and the last one's `next` goes on by cursor.",
        enum=["page", "cursor"],
    ),
    query("cursor", "Where such a page begins, as `next` and `previous` have it; empty: at the beginning."),
]
COUNT_IS_ESTIMATE = "Beyond 10,000 entries `count` is estimated, and this is true"


def filter_parameters(
    filters: Any, *, only: Sequence[str] = (), without: Sequence[str] = ()
) -> list[OpenApiParameter]:
    """The query parameters of a filter set, with its labels, choices and orderings."""
    return [
        number(name, _describe_filter(name, filter_), least=filter_.extra.get("min_value", 0))
        if filter_.field_class is forms.IntegerField
        else query(name, _describe_filter(name, filter_), enum=_list_choices(filter_))
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
        "count_is_estimate": serializers.BooleanField(help_text=COUNT_IS_ESTIMATE),
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
