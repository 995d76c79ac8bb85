"""Webhooks over HTTP, for managers of venues."""

from typing import Any
from uuid import UUID

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView, filtered, paged, private
from common.errors import NotFound
from common.idempotency import idempotent
from common.schema import IDEMPOTENCY, PAGES, page_of, query
from common.venues import directory
from webhooks import services
from webhooks.api.serializers import (
    WebhookChangeInput,
    WebhookCreatedSerializer,
    WebhookDeliverySerializer,
    WebhookEndpointSerializer,
    WebhookInput,
)
from webhooks.enums import TEST, Status
from webhooks.events import events as known_events
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.permissions import require_changeable, visible_endpoints


class ManagerView(APIView):
    """Base of all of them. Messages hold customers' data, so keys need the right to manage."""

    read_scope = "manage"
    write_scope = "manage"


def visible(request: Request, id: UUID) -> WebhookEndpoint:
    """Raises ``NotFound``, also for other venues' endpoints."""
    found = visible_endpoints(request.user).filter(pk=id).first()
    if found is None:
        raise NotFound
    return found


def changeable(request: Request, id: UUID) -> WebhookEndpoint:
    """Raises ``NotFound``, and ``Forbidden`` for those of the environment."""
    found = visible(request, id)
    require_changeable(found)
    return found


def shown(endpoint: WebhookEndpoint, code: int = status.HTTP_200_OK, **more: Any) -> Response:
    return private(Response({**WebhookEndpointSerializer(endpoint).data, **more}, status=code))


class Endpoints(ManagerView):
    signed_in = ("GET", "POST")

    @extend_schema(
        summary="Where news are sent",
        description="The webhooks of the venues you manage.",
        parameters=PAGES,
        responses={200: page_of(WebhookEndpointSerializer)},
    )
    def get(self, request: Request) -> Response:
        return private(paged(self, request, visible_endpoints(request.user), WebhookEndpointSerializer))

    @extend_schema(
        summary="Send news to an address",
        description=(
            "The answer shows the `secret`, this once. Without `events` the preset's own are sent. Private "
            "addresses are refused. What is sent, and how to verify it: docs/webhooks.md."
        ),
        parameters=[IDEMPOTENCY],
        request=WebhookInput,
        responses={201: WebhookCreatedSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        data = WebhookInput.parsed(request.data)
        venue = directory().managed_venue(data.pop("venue"), request.user)
        endpoint, secret = services.create_endpoint(venue=venue, **data)
        response = shown(endpoint, status.HTTP_201_CREATED, secret=secret)
        response["Location"] = request.build_absolute_uri(f"{request.path.rstrip('/')}/{endpoint.pk}")
        return response


class EndpointDetail(ManagerView):
    signed_in = ("GET", "PATCH", "DELETE")

    @extend_schema(summary="One webhook", responses={200: WebhookEndpointSerializer})
    def get(self, request: Request, id: UUID) -> Response:
        return shown(visible(request, id))

    @extend_schema(
        summary="Change a webhook",
        description="What is left out stays. `is_active: true` switches on again what was switched off.",
        request=WebhookChangeInput,
        responses={200: WebhookEndpointSerializer},
    )
    def patch(self, request: Request, id: UUID) -> Response:
        endpoint = changeable(request, id)
        values = WebhookChangeInput.parsed(request.data)
        return shown(services.change_endpoint(endpoint=endpoint, values=values))

    @extend_schema(summary="Delete a webhook and its log", responses={204: None})
    def delete(self, request: Request, id: UUID) -> Response:
        services.delete_endpoint(endpoint=changeable(request, id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class RotateSecret(ManagerView):
    signed_in = ("POST",)

    @extend_schema(
        summary="Make a new secret",
        description="For 24 hours messages carry two signatures, one with the old secret.",
        request=None,
        responses={200: WebhookCreatedSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        endpoint, secret = services.rotate_secret(endpoint=changeable(request, id))
        return shown(endpoint, secret=secret)


class SendTest(ManagerView):
    signed_in = ("POST",)

    @extend_schema(
        summary="Send a test message",
        description=f"A message of the type `{TEST}`; look at the deliveries for what came of it.",
        request=None,
        responses={202: WebhookDeliverySerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        return accepted(services.send_test(endpoint=visible(request, id)))


class DeliveryFilter(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.ChoiceFilter(choices=Status.choices, label="How far it has come")
    event = django_filters.ChoiceFilter(
        choices=[(name, name) for name in (*known_events.names(), TEST)], label="Type"
    )

    class Meta:
        model = WebhookDelivery
        fields = ()


class Deliveries(ManagerView):
    signed_in = ("GET",)

    @extend_schema(
        summary="What was sent, and what came of it",
        description="Latest first; kept for 30 days.",
        parameters=[
            query("status", "How far it has come.", enum=Status.values),
            query("event", "Type of the message.", enum=[*known_events.names(), TEST]),
            *PAGES,
        ],
        responses={200: page_of(WebhookDeliverySerializer)},
    )
    def get(self, request: Request, id: UUID) -> Response:
        rows = filtered(DeliveryFilter, request, visible(request, id).deliveries.all())
        return private(paged(self, request, rows, WebhookDeliverySerializer))


class Replay(ManagerView):
    signed_in = ("POST",)

    @extend_schema(
        summary="Send a message again",
        description="The same id and body, with a new timestamp; 409 while it is being sent.",
        request=None,
        responses={202: WebhookDeliverySerializer},
    )
    def post(self, request: Request, id: UUID, delivery_id: UUID) -> Response:
        delivery = visible(request, id).deliveries.filter(pk=delivery_id).first()
        if delivery is None:
            raise NotFound
        return accepted(services.replay(delivery=delivery))


def accepted(delivery: WebhookDelivery) -> Response:
    body = WebhookDeliverySerializer(delivery).data
    return private(Response(body, status=status.HTTP_202_ACCEPTED))
