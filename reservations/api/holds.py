"""Holds over HTTP: keep a time while the customer makes up their mind."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView
from common.errors import Forbidden
from common.idempotency import idempotency_key
from common.schema import IDEMPOTENCY, TOKEN
from reservations.api.access import acting, answer, created, detail, shown, token_of, visible
from reservations.api.actions import ReservationConfirm
from reservations.api.answers import CreatedReservation
from reservations.api.examples import HOLD
from reservations.api.inputs import HoldInput, account_of, what_and_when
from reservations.api.serializers import ReservationSerializer
from reservations.models import Reservation
from reservations.permissions import can_cancel
from reservations.services import extend_hold, hold_reservation, release_hold
from reservations.services.values import Customer


class HoldList(APIView):
    """``POST /api/holds``."""

    rate = "hold"

    @extend_schema(
        summary="Hold a time",
        description=(
            "Nobody else can book it until `expires_at`. Confirm it to make it a booking. A guest gets a "
            "`manage_token` for that."
        ),
        parameters=[IDEMPOTENCY],
        request=HoldInput,
        responses={201: CreatedReservation},
        examples=[HOLD],
    )
    def post(self, request: Request) -> Response:
        data = HoldInput.parsed(request.data)
        venue, shared = what_and_when(data, request.user)
        account = account_of(request.user)
        held = hold_reservation(
            **shared,
            actor=acting(request.user, venue.pk, data["as_staff"]),
            customer=Customer.from_user(account) if account else None,
            idempotency_key=idempotency_key(request.headers),
        )
        return created(request, held.pk)


def _own(request: Request, id: UUID) -> Reservation:
    found = visible(request, id)
    if not can_cancel(request.user, found, token_of(request)):
        raise Forbidden
    return found


class HoldDetail(APIView):
    """``GET`` and ``DELETE /api/holds/<id>``."""

    @extend_schema(summary="One hold", parameters=[TOKEN], responses=ReservationSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        reservation = visible(request, id)
        return answer(reservation, detail(request, reservation))

    @extend_schema(
        summary="Release a hold",
        description="The time is free again at once; asked again, it answers the same.",
        parameters=[TOKEN],
        request=None,
        responses={200: ReservationSerializer},
    )
    def delete(self, request: Request, id: UUID) -> Response:
        found = _own(request, id)
        release_hold(reservation_id=id, actor=acting(request.user, found.venue_id, as_staff=False))
        return shown(request, id)


class HoldExtend(APIView):
    """``POST /api/holds/<id>/extend``."""

    rate = "hold"

    @extend_schema(
        summary="Extend a hold",
        description="Starts the hold's length anew, three times its length in all.",
        parameters=[TOKEN],
        request=None,
        responses=ReservationSerializer,
    )
    def post(self, request: Request, id: UUID) -> Response:
        found = _own(request, id)
        extend_hold(reservation_id=id, actor=acting(request.user, found.venue_id, as_staff=False))
        return shown(request, id)


class HoldConfirm(ReservationConfirm):
    """``POST /api/holds/<id>/confirm``: the same as confirming the reservation."""
