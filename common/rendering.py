"""JSON as programs are told it, whoever writes it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import renderers
from rest_framework.utils import encoders

from common.clock import instant_text


class JSONEncoder(encoders.JSONEncoder):
    def default(self, obj: Any) -> Any:
        if isinstance(obj, datetime):
            return instant_text(obj)
        if isinstance(obj, Decimal):
            return str(obj)  # exact, as everywhere
        return super().default(obj)


class JSONRenderer(renderers.JSONRenderer):
    encoder_class = JSONEncoder
