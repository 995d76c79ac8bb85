from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.simple_tag(takes_context=True)
def stream_address(context: Context) -> str:
    """Where server-sent events come from; empty where there is only polling."""
    request: Any = context.get("request")
    is_asgi = hasattr(request, "scope")
    return reverse("stream") if is_asgi or settings.STREAM_ELSEWHERE else ""
