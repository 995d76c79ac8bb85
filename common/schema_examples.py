"""An example of every answer, made from its own description, so that the two cannot differ."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.error_codes import error_codes

JSON = "application/json"
ID = "7b0e8c1e-5d0f-4b1a-9a53-0d4c2f6f9a11"
DAY = "2027-03-01"
START, END = f"{DAY}T10:00:00+01:00", f"{DAY}T11:00:00+01:00"
BY_NAME: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiJ9…",
    "allowed_action": "cancel",
    "alt": "A table for eight by the window",
    "answer": "yes",
    "cancel_reason": "",
    "capacity": 8,
    "city": "Berlin",
    "code": "K7M2QX",
    "confirmation_code": "K7M2QX",
    "country": "DE",
    "currency": "EUR",
    "description": "A quiet room with a view of the river.",
    "duration": 60,
    "earliest_time": "10:00",
    "email": "ada@example.com",
    "end": END,
    "end_time": "17:00",
    "end_utc": f"{DAY}T10:00:00+00:00",
    "first_name": "Ada",
    "kind": "room",
    "label": "Linden room",
    "last_name": "Lovelace",
    "latest_time": "12:00",
    "latitude": 52.52,
    "longitude": 13.405,
    "name": "Linden room",
    "next": None,
    "party_size": 6,
    "phone": "+493023125000",
    "postal_code": "13187",
    "preferred_time": "10:00",
    "previous": None,
    "question": "Do you need a projector?",
    "reason": None,
    "refresh_token": "eyJhbGciOiJIUzI1NiJ9…",
    "request_id": "0af7651916cd43dd8448eb211c80319c",
    "rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=10",
    "slug": "linden-room",
    "special_requests": "A quiet corner, please.",
    "start": START,
    "start_time": "09:00",
    "start_utc": f"{DAY}T09:00:00+00:00",
    "status_text": "Confirmed",
    "street": "Mühlenweg 12",
    "subdivision": "BE",
    "time": "10:00",
    "time_zone": "Europe/Berlin",
    "title": "",
    "type": "room",
}
INSTANTS = {"start_time": START, "end_time": END}
"""Elsewhere these are times of day."""
LIKELY = {"confirmed", "room", "web", "paid", "waiting", "sent", "succeeded"}
"""Of several values the one to show."""
BY_FORMAT: dict[str, Any] = {
    "date": DAY,
    "date-time": START,
    "decimal": "25.00",
    "email": "ada@example.com",
    "time": "10:00:00",
    "uri": "https://holdfast.example/here",
    "uuid": ID,
}
BY_TYPE: dict[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "null": None}


class Examples:
    """Keeps one for each shape among the components, where answers refer to it."""

    def __init__(self, components: dict[str, Any]) -> None:
        self.schemas: Mapping[str, Any] = components["schemas"]
        self.examples = components.setdefault("examples", {})

    def add_to(self, answer: dict[str, Any]) -> None:
        """An answer that shows examples of its own keeps them."""
        content = answer.get("content", {}).get(JSON, {})
        schema = content.get("schema", {})
        if not schema or "examples" in content:
            return
        name = schema.get("$ref", "").rpartition("/")[2]
        if not name:
            content["examples"] = {"example": {"value": self.make(schema)}}
            return
        if name not in self.examples:
            self.examples[name] = {"value": self.make(schema)}
        content["examples"] = {"example": {"$ref": f"#/components/examples/{name}"}}

    def make(self, schema: Mapping[str, Any], name: str = "") -> Any:
        schema = self._follow(schema)
        if "const" in schema or "enum" in schema:
            return schema.get("const") or _choose_likely(schema["enum"])
        kind = _type_of(schema)
        if kind == "object":
            return self._make_object(schema)
        if kind == "array":
            return [self.make(schema.get("items", {}), name.removesuffix("s"))]
        return _choose_value(schema, kind, name)

    def _make_object(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        fields = schema.get("properties", {})
        example = {name: self.make(field, name) for name, field in fields.items()}
        if {"name", "email"} <= fields.keys() and "slug" not in fields:
            example["name"] = "Ada Lovelace"
        if "request_id" in example:
            example["error"] = _sentence_for(example["code"])
        return example

    def _follow(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        for choice in ("oneOf", "anyOf", "allOf"):
            if choice in schema:
                return self._follow(schema[choice][0])
        name = schema.get("$ref", "").rpartition("/")[2]
        return self._follow(self.schemas[name]) if name else schema


def _type_of(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type", "object" if "properties" in schema else "")
    return str(kinds if isinstance(kinds, str) else kinds[0])


def _choose_value(schema: Mapping[str, Any], kind: str, name: str) -> Any:
    if name in INSTANTS and schema.get("format") == "date-time":
        return INSTANTS[name]
    if name in BY_NAME and _fits(BY_NAME[name], schema.get("type", ())):
        return BY_NAME[name]
    if schema.get("format") in BY_FORMAT:
        return BY_FORMAT[schema["format"]]
    if kind == "string":
        return name.replace("_", " ").capitalize()[: schema.get("maxLength")]
    return schema.get("minimum") or BY_TYPE.get(kind, {})


def _fits(value: Any, kinds: Sequence[str]) -> bool:
    names = {str: "string", int: "integer", float: "number", type(None): "null"}
    return names[type(value)] in kinds


def _choose_likely(values: Sequence[Any]) -> Any:
    return next((value for value in values if value in LIKELY), next(filter(None, values)))


def _sentence_for(code: str) -> str:
    meaning = error_codes[code].meaning
    return f"{meaning[0].upper()}{meaning[1:]}."
