"""The section of the API's description about what is sent to webhooks."""

from typing import Any

from drf_spectacular.plumbing import process_webhooks
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook, extend_schema, extend_schema_field
from rest_framework import serializers

from common.serializing import Shape
from webhooks.enums import TEST
from webhooks.events import Event, events

RECEIVED = OpenApiResponse(description="Any status from 200 to 299, within 10 seconds: it has arrived.")


class NoData(Shape):
    pass


def describe_webhooks(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """Add every event whose body an app has described."""
    described = [*events.items(), (TEST, Event(shape=NoData, about="A test, sent on request."))]
    webhooks = [_describe_event(name, event, event.shape) for name, event in described if event.shape]
    result["webhooks"] = process_webhooks(webhooks, generator.registry)
    result["components"] = generator.registry.build(spectacular_settings.APPEND_COMPONENTS)
    return result


def _describe_event(name: str, event: Event, shape: Any) -> OpenApiWebhook:
    schema = extend_schema(
        operation_id=name.replace(".", "_"),
        summary=event.about,
        description="Signed and repeated as docs/webhooks.md says; other presets have other bodies.",
        tags=["webhooks"],
        request=_make_message(name, shape),
        responses={200: RECEIVED},
    )
    return OpenApiWebhook(name, schema)


def _make_constant(value: str) -> type[serializers.CharField]:
    field = type("Constant", (serializers.CharField,), {})  # what is said of it is kept with the class
    return extend_schema_field({"type": "string", "const": value})(field)


def _make_message(name: str, shape: Any) -> type[Shape]:
    words = name.replace("_", ".").split(".")
    fields = {
        "id": serializers.UUIDField(help_text="The `webhook-id`: the same at every attempt"),
        "created_at": serializers.DateTimeField(),
        "type": _make_constant(name)(),
        "data": shape(),
    }
    return type("".join(word.capitalize() for word in words) + "Message", (Shape,), fields)
