"""What the API says of webhooks, and what it takes."""

from typing import Any

from rest_framework import serializers

from common.api_views import StrictSerializer
from common.names import check_name
from common.serializing import RowShape
from webhooks.enums import EVERYTHING, Preset
from webhooks.events import events as known_events
from webhooks.models import WebhookDelivery, WebhookEndpoint

KNOWN = f'Some of {", ".join(known_events.names())}; or ["*"] for all'
OFFERED = (Preset.GENERIC, Preset.CRM, Preset.EMAIL, Preset.NOTIFICATION)


def events_field(**options: Any) -> serializers.ListField:
    child = serializers.ChoiceField(choices=[EVERYTHING, *known_events.names()])
    return serializers.ListField(child=child, min_length=1, max_length=50, help_text=KNOWN, **options)


class WebhookEndpointSerializer(RowShape[WebhookEndpoint]):
    """Where a venue's news go. The secret is shown when it is made, never again."""

    venue_id = serializers.UUIDField(
        source="venue.uuid", allow_null=True, default=None, help_text="null: the whole installation's"
    )
    events = events_field()

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id",
            "venue_id",
            "url",
            "description",
            "preset",
            "events",
            "is_active",
            "failing_since",
            "disabled_reason",
            "created_at",
        )
        read_only_fields = fields


class WebhookCreatedSerializer(WebhookEndpointSerializer):
    """With the secret, this once."""

    # Context: secret.
    secret = serializers.CharField(help_text="Signs every message; see docs/webhooks.md")

    class Meta(WebhookEndpointSerializer.Meta):
        fields = (*WebhookEndpointSerializer.Meta.fields, "secret")  # type: ignore[assignment]

    def read_secret(self, endpoint: WebhookEndpoint) -> str:
        return str(self.context["secret"])


class WebhookDeliverySerializer(RowShape[WebhookDelivery]):
    """One message and how sending it went; ``id`` is its ``webhook-id``."""

    payload = serializers.JSONField(help_text="The body, without id and created_at")

    class Meta:
        model = WebhookDelivery
        fields = (
            "id",
            "event",
            "status",
            "attempts",
            "next_attempt_at",
            "response_status",
            "response_excerpt",
            "error",
            "duration_ms",
            "created_at",
            "delivered_at",
            "payload",
        )
        read_only_fields = fields


class WebhookChangeInput(StrictSerializer):
    """What is left out stays."""

    url = serializers.URLField(max_length=1000, required=False, help_text="https:// and public")
    description = serializers.CharField(
        validators=[check_name], max_length=200, required=False, allow_blank=True
    )
    events = events_field(required=False)
    bearer_token = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="Sent as `Authorization: Bearer`; never shown; needed again when the server is another",
    )
    is_active = serializers.BooleanField(required=False)


class WebhookInput(WebhookChangeInput):
    venue = serializers.CharField(max_length=100, help_text="Id or slug")
    url = serializers.URLField(max_length=1000, help_text="https:// and public")
    preset = serializers.ChoiceField(
        choices=OFFERED, default=Preset.GENERIC, help_text="What the body looks like"
    )
