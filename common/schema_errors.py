"""Which codes each operation may answer, by status: what all of its kind may, and what its use case adds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.error_codes import error_codes, list_rules

JSON = "application/json"
EXTENSION = "x-refusals"
MEANINGS = {
    "400": "Invalid input, or a rule forbids it; `code` says which.",
    "401": "Not signed in, or the token is no longer valid.",
    "403": "Not allowed.",
    "404": "Not found, or no access.",
    "406": "Only JSON is served.",
    "409": "In conflict with another booking or change; `alternatives` are free starts nearby.",
    "411": "Send the length of the content.",
    "413": "More than one request may send.",
    "415": "Send JSON.",
    "422": "This `Idempotency-Key` was used for a different request.",
    "429": "Too many requests: wait `Retry-After` seconds.",
    "503": "Too busy at this moment: try again after `Retry-After` seconds.",
}
FORM: dict[str, Any] = {
    "type": "object",
    "required": ["error", "code", "request_id"],
    "properties": {
        "error": {"type": "string", "description": "A sentence for people."},
        "code": {
            "type": "string",
            "description": "Stable; `/api/errors` says what it means. More may come.",
        },
        "request_id": {"type": "string", "description": "The `X-Request-Id` of this answer."},
        "fields": {
            "type": "object",
            "description": "By input field, what is wrong with it.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
_INSTANTS = {"type": "array", "items": {"type": "string", "format": "date-time"}}
EXTRAS: dict[str, dict[str, Any]] = {
    "400": {
        "candidates": {
            **_INSTANTS,
            "description": "Two instants a local time may mean, when the clocks change.",
        }
    },
    "409": {"alternatives": {**_INSTANTS, "description": "Free starts near the one asked for."}},
}


@dataclass(frozen=True, slots=True)
class Refusals:
    """Codes of one kind of operation, or of one use case; ``name`` is part of their schemas' names."""

    name: str
    codes: Sequence[str]


ALL = Refusals(
    "",
    (
        *("invalid", "unknown_field", "malformed", "not_authenticated", "invalid_token", "forbidden"),
        *(
            "second_factor_needed",
            "scope_missing",
            "not_found",
            "not_acceptable",
            "throttled",
            "busy",
            "unavailable",
        ),
    ),
)
WITH_CONTENT = Refusals("", ("conflict", "length_required", "too_large", "unsupported_media_type"))
WRITING = Refusals("Write", ("csrf_failed",))
ADDRESS = Refusals("Address", ("address_refused",))
REPEATABLE = Refusals("", ("idempotency_mismatch",))
VERSIONED = Refusals("Versioned", ("stale_version",))
TIMED = Refusals("Timed", ("invalid_time", "nonexistent_time", "ambiguous_time"))
TIMES = re.compile(r"(.*_)?(date|time|start|end|starts|from|until|on|at|days|skip)")


def refuses(*groups: Refusals) -> dict[str, Any]:
    """What an operation may refuse beyond all of its kind, as ``extensions`` of ``extend_schema``."""
    return {EXTENSION: groups}


class ErrorAnswers:
    """Puts the errors of each operation into the document, once where they are the same."""

    def __init__(self, components: dict[str, Any], headers: Mapping[str, Any]) -> None:
        self.schemas = components.setdefault("schemas", {})
        self.responses = components.setdefault("responses", {})
        self.headers = headers

    def add_to(self, method: str, operation: dict[str, Any]) -> None:
        groups = [*self._list_shared(method, operation), *operation.pop(EXTENSION, ())]
        by_status: dict[str, list[tuple[str, str]]] = {}
        for group in groups:
            for code in (*group.codes, *(list_rules() if "refused" in group.codes else ())):
                by_status.setdefault(str(error_codes[code].status), []).append((group.name, str(code)))
        for status, named_codes in sorted(by_status.items()):
            operation["responses"].setdefault(status, self._refer_to(status, named_codes))

    def _list_shared(self, method: str, operation: Mapping[str, Any]) -> Iterator[Refusals]:
        parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
        yield ALL
        if method != "get":
            yield from (WITH_CONTENT, WRITING)
        if "Idempotency-Key" in parameters:
            yield REPEATABLE
        if "If-Match" in parameters:
            yield VERSIONED
        if any(map(TIMES.fullmatch, parameters | self._list_fields(operation))):
            yield TIMED

    def _list_fields(self, operation: Mapping[str, Any]) -> set[str]:
        content = operation.get("requestBody", {}).get("content", {}).get(JSON, {})
        shape = self._follow(content.get("schema", {}))
        shapes = [self._follow(choice) for choice in (shape, *shape.get("oneOf", ()))]
        inner = [self._follow(field.get("items", field)) for one in shapes for field in _fields(one).values()]
        return {name for one in (*shapes, *inner) for name in _fields(one)}

    def _follow(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        name = schema.get("$ref", "").rpartition("/")[2]
        found: Mapping[str, Any] = self.schemas[name] if name else schema
        return found

    def _refer_to(self, status: str, named_codes: Sequence[tuple[str, str]]) -> dict[str, str]:
        kinds = dict.fromkeys(kind for kind, _code in named_codes)
        name = f"{''.join(kinds)}Error{status}"
        if name not in self.responses:
            self.schemas[name] = _describe_form(status, [code for _kind, code in named_codes])
            self.responses[name] = self._describe_answer(name, status)
        return {"$ref": f"#/components/responses/{name}"}

    def _describe_answer(self, name: str, status: str) -> dict[str, Any]:
        waits = {"Retry-After"} if status in ("429", "503") else set()
        return {
            "description": MEANINGS[status],
            "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
            "headers": {
                header: reference
                for header, reference in self.headers.items()
                if header != "Retry-After" or header in waits
            },
        }


def _fields(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = schema.get("properties", {})
    return fields


def _describe_form(status: str, codes: Sequence[str]) -> dict[str, Any]:
    fields = FORM["properties"] | EXTRAS.get(status, {})
    if status != "400":
        fields = {name: field for name, field in fields.items() if name != "fields"}
    code = {**fields["code"], "enum": sorted(set(codes))}
    return {**FORM, "properties": {**fields, "code": code}}
