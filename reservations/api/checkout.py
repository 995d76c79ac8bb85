"""Paying the deposit on the provider's page, for programs."""

from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED, ViewSet, with_headers
from common.api_views import StrictSerializer
from common.errors import Forbidden
from common.idempotency import idempotency_key
from common.parsing import split_address
from common.schema import IDEMPOTENCY, TOKEN
from common.schema_errors import refuses
from common.serializing import Shape, ZonedDateTimeField
from payments.services import OpenCheckout
from reservations.api import refusals
from reservations.api.access import choose_actor, find_reservation, token_of
from reservations.links import payment_back_url
from reservations.models import Reservation
from reservations.permissions import can_pay
from reservations.services import Repetition, start_checkout
from resources.api.fields import PriceField


class CheckoutInput(StrictSerializer):
    """Without ``return_url`` the customer comes back to this site."""

    return_url = serializers.URLField(
        max_length=2000,
        required=False,
        help_text="Where the provider leads the customer then: this site, or an origin that may call the API",
    )

    def validate_return_url(self, url: str) -> str:
        parts = split_address(url)
        if f"{parts.scheme}://{parts.netloc}" not in (settings.SITE_URL, *settings.CORS_ALLOWED_ORIGINS):
            raise serializers.ValidationError(_("Enter an address on this site or an allowed origin."))
        return url


class CheckoutShape(Shape):
    """The provider's page on which the deposit is paid."""

    payment_id = serializers.UUIDField(source="charge.pk", help_text="Among the reservation's payments")
    url = serializers.URLField(help_text="Lead the customer there")
    expires_at = ZonedDateTimeField(source="closes_at", help_text="The time is kept until then")
    amount = PriceField(source="charge.amount", currency="charge.currency")
    currency = serializers.CharField(source="charge.currency")


class CheckoutAction(ViewSet[Reservation]):
    @extend_schema(
        summary="Pay the deposit online",
        extensions=refuses(refusals.CHECKING_OUT),
        description=(
            "Opens the payment provider's page for what is missing of the deposit: the same page again while "
            "it is open. How it ends is told by webhooks (`payment.succeeded`, `payment.failed`) and by the "
            "reservation, which is confirmed by its deposit."
        ),
        parameters=[*TOKEN, IDEMPOTENCY],
        request=CheckoutInput,
        responses={201: CheckoutShape},
    )
    @action(detail=True, methods=["post"])
    def checkout(self, request: Request, id: UUID) -> Response:
        reservation = find_reservation(request, id)
        if not can_pay(request.user, reservation, token_of(request)):
            raise Forbidden
        return_url = CheckoutInput.parsed(request.data).get("return_url", "")
        key = idempotency_key(request)
        checkout = start_checkout(
            reservation_id=id,
            back_url=lambda payment_id: return_url or payment_back_url(payment_id),
            actor=choose_actor(request.user, reservation.venue_id, as_staff=False),
            repetition=Repetition(key, return_url) if key else None,
        )
        return with_headers(_answer(checkout), NEVER_STORED)


def _answer(checkout: OpenCheckout) -> Response:
    return Response(CheckoutShape(checkout).data, status.HTTP_201_CREATED)
