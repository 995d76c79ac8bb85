"""Webhooks over HTTP, for managers of venues."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED, ListAction, RetrieveAction
from common.api_views import filtered
from common.errors import NotFound
from common.idempotency import idempotent
from common.schema import IDEMPOTENCY, PAGES, location, page_of, query
from common.schema_errors import ADDRESS, refuses
from common.venues import directory
from webhooks import services
from webhooks.api.serializers import (
    WebhookChangeInput,
    WebhookCreatedSerializer,
    WebhookDeliverySerializer,
    WebhookEndpointSerializer,
    WebhookInput,
)
from webhooks.enums import TEST, DeliveryStatus
from webhooks.events import events as known_events
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.permissions import require_changeable, visible_endpoints


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=DeliveryStatus.choices, label="How far it has come")
    event = django_filters.ChoiceFilter(
        choices=[(name, name) for name in (*known_events.names(), TEST)], label="Type"
    )

    class Meta:
        model = WebhookDelivery
        fields = ()


class WebhookViewSet(ListAction[WebhookEndpoint], RetrieveAction[WebhookEndpoint]):
    """For managers of venues. Messages hold customers' data, so keys need the right to manage."""

    serializer_class = WebhookEndpointSerializer
    read_scope = write_scope = "manage"
    signed_in = (
        "list",
        "create",
        "retrieve",
        "partial_update",
        "destroy",
        "rotate_secret",
        "send_test",
        "deliveries",
        "replay",
    )
    caching = NEVER_STORED
    lookup_field = "pk"

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        return visible_endpoints(self.request.user)

    def find_changeable(self) -> WebhookEndpoint:
        """Raises ``NotFound``, and ``Forbidden`` for those of the environment."""
        endpoint = self.get_object()
        require_changeable(endpoint)
        return endpoint

    @extend_schema(
        summary="Where news are sent",
        description="The webhooks of the venues you manage.",
        parameters=PAGES,
        responses={200: page_of(WebhookEndpointSerializer)},
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary="Send news to an address",
        extensions=refuses(ADDRESS),
        description=(
            "The answer shows the `secret`, this once. Without `events` the preset's own are sent. Private "
            "addresses are refused. What is sent, and how to verify it: docs/webhooks.md."
        ),
        parameters=[IDEMPOTENCY, location(201)],
        request=WebhookInput,
        responses={201: WebhookCreatedSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data = WebhookInput.parsed(request.data)
        venue = directory().managed_venue(data.pop("venue"), request.user)
        endpoint, secret = services.create_endpoint(venue=venue, **data)
        return self.created(render_with_secret(endpoint, secret), endpoint.pk)

    @extend_schema(summary="One webhook", responses={200: WebhookEndpointSerializer})
    def retrieve(self, request: Request, id: UUID) -> Response:
        return super().retrieve(request, id)

    @extend_schema(
        summary="Change a webhook",
        extensions=refuses(ADDRESS),
        description="What is left out stays. `is_active: true` switches on again what was switched off.",
        request=WebhookChangeInput,
        responses={200: WebhookEndpointSerializer},
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        endpoint = self.find_changeable()
        values = WebhookChangeInput.parsed(request.data)
        return self.answer(self.rendered(services.change_endpoint(endpoint=endpoint, values=values)))

    @extend_schema(summary="Delete a webhook and its log", responses={204: None})
    def destroy(self, request: Request, id: UUID) -> Response:
        services.delete_endpoint(endpoint=self.find_changeable())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Make a new secret",
        description="For 24 hours messages carry two signatures, one with the old secret.",
        request=None,
        responses={200: WebhookCreatedSerializer},
    )
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, id: UUID) -> Response:
        return self.answer(render_with_secret(*services.rotate_secret(endpoint=self.find_changeable())))

    @extend_schema(
        summary="Send a test message",
        description=f"A message of the type `{TEST}`; look at the deliveries for what came of it.",
        request=None,
        responses={202: WebhookDeliverySerializer},
    )
    @action(detail=True, methods=["post"], url_path="test")
    def send_test(self, request: Request, id: UUID) -> Response:
        return self.answer_accepted(services.send_test(endpoint=self.get_object()))

    @extend_schema(
        summary="What was sent, and what came of it",
        description="Latest first; kept for 30 days.",
        parameters=[
            query("status", "How far it has come.", enum=DeliveryStatus.values),
            query("event", "Type of the message.", enum=[*known_events.names(), TEST]),
            *PAGES,
        ],
        responses={200: page_of(WebhookDeliverySerializer)},
    )
    @action(detail=True)
    def deliveries(self, request: Request, id: UUID) -> Response:
        rows = filtered(DeliveryFilter, request, self.get_object().deliveries.all())
        return self.paged(rows, WebhookDeliverySerializer)

    @extend_schema(
        summary="Send a message again",
        description="The same id and body, with a new timestamp; 409 while it is being sent.",
        request=None,
        responses={202: WebhookDeliverySerializer},
    )
    @action(detail=True, methods=["post"], url_path="deliveries/<uuid:delivery_id>/replay")
    def replay(self, request: Request, id: UUID, delivery_id: UUID) -> Response:
        delivery = self.get_object().deliveries.filter(pk=delivery_id).first()
        if delivery is None:
            raise NotFound
        return self.answer_accepted(services.replay_delivery(delivery=delivery))

    def answer_accepted(self, delivery: WebhookDelivery) -> Response:
        return self.answer(WebhookDeliverySerializer(delivery).data, status.HTTP_202_ACCEPTED)


def render_with_secret(endpoint: WebhookEndpoint, secret: str) -> dict[str, Any]:
    return dict(WebhookCreatedSerializer(endpoint, context={"secret": secret}).data)
