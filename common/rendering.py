"""JSON as programs are told it, whoever writes it."""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from rest_framework import renderers
from rest_framework.utils import encoders

from common.clock import instant_text


class JSONEncoder(encoders.JSONEncoder):
    def default(self, obj: Any) -> Any:
        if isinstance(obj, datetime):
            return instant_text(obj)
        if isinstance(obj, Decimal):
            return str(obj)  # exact, as everywhere
        if isinstance(obj, orjson.Fragment):
            return json.loads(orjson.dumps(obj))
        return super().default(obj)


OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
LINE_ENDS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
"""Of JavaScript, though not of JSON."""
BEGIN_OF_THEM = b"\xe2"


class JSONRenderer(renderers.JSONRenderer):
    encoder_class = JSONEncoder

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        if data is None or self.get_indent(accepted_media_type or "", renderer_context or {}) is not None:
            return super().render(data, accepted_media_type, renderer_context)
        try:
            return to_json(data)
        except TypeError:  # keys that are no text, numbers beyond 64 bits: the standard library knows them
            return super().render(data, accepted_media_type, renderer_context)


def to_json(data: Any) -> bytes:
    """Raises ``TypeError``."""
    text = orjson.dumps(data, default=_explain, option=OPTIONS)
    if BEGIN_OF_THEM in text:  # one byte is looked for in no time
        for line_end, escaped in LINE_ENDS:
            text = text.replace(line_end, escaped)
    return text


def pack(data: Any) -> orjson.Fragment:
    """A part of a long answer, written at once: the garbage collector need not look at it again."""
    return orjson.Fragment(to_json(data))


_explain_as_framework = JSONEncoder().default


def _explain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else _explain_as_framework(value)
