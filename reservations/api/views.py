"""Reservations over HTTP."""

from typing import Any
from uuid import UUID

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView
from common.errors import Forbidden
from common.idempotency import idempotency_key
from reservations.api.inputs import (
    CancellationInput,
    ReservationInput,
    actor_for,
    booking_arguments,
    wanted_version,
)
from reservations.api.serializers import ReservationSerializer, terms_json
from reservations.exceptions import ReservationNotFound
from reservations.links import manage_path, token_for
from reservations.models import Reservation
from reservations.permissions import can_cancel, can_view
from reservations.selectors import reservations_in_detail
from reservations.services import book_reservation, cancel_reservation


def token_of(request: Request) -> str:
    """The secret of a manage-link; the header keeps it out of access logs."""
    return request.headers.get("X-Reservation-Token") or request.query_params.get("token", "")


def visible(request: Request, id: UUID) -> Reservation:
    """Raises ``ReservationNotFound``, also for what is not this client's to see."""
    found = reservations_in_detail().filter(pk=id).first()
    if found is None or not can_view(request.user, found, token_of(request)):
        raise ReservationNotFound
    return found


def detail(request: Request, reservation: Reservation, token: str = "") -> dict[str, Any]:
    context = {"user": request.user, "token": token or token_of(request)}
    return dict(ReservationSerializer(reservation, context=context).data)


def answer(reservation: Reservation, data: dict[str, Any], code: int = status.HTTP_200_OK) -> Response:
    """Personal data: never stored on the way; the ETag is what ``If-Match`` takes."""
    headers = {"ETag": f'"{reservation.version}"', "Cache-Control": "private, no-store"}
    return Response(data, status=code, headers=headers)


class ReservationList(APIView):
    """``POST /api/reservations``. A guest gets the secret by which they come back, nobody else does."""

    def post(self, request: Request) -> Response:
        data = ReservationInput.parsed(request.data)
        arguments = booking_arguments(data, request.user, idempotency_key(request.headers))
        booked = book_reservation(**arguments)
        reservation = reservations_in_detail().get(pk=booked.pk)
        secret = "" if reservation.customer_id else token_for(reservation)
        body = detail(request, reservation, secret)
        if secret:
            url = request.build_absolute_uri(manage_path(reservation))
            body |= {"manage_token": secret, "manage_url": url}
        response = answer(reservation, body, status.HTTP_201_CREATED)
        response["Location"] = request.build_absolute_uri(f"{request.path.rstrip('/')}/{reservation.pk}")
        return response


class ReservationDetail(APIView):
    """``GET /api/reservations/<id>``."""

    def get(self, request: Request, id: UUID) -> Response:
        reservation = visible(request, id)
        return answer(reservation, detail(request, reservation))


class ReservationCancel(APIView):
    """``POST /api/reservations/<id>/cancel``."""

    def post(self, request: Request, id: UUID) -> Response:
        reservation = visible(request, id)
        if not can_cancel(request.user, reservation, token_of(request)):
            raise Forbidden
        data = CancellationInput.parsed(request.data)
        _, terms = cancel_reservation(
            reservation_id=id,
            actor=actor_for(request.user),
            reason=data["reason"],
            version=wanted_version(request.headers, data),
        )
        reservation = reservations_in_detail().get(pk=id)
        return answer(reservation, {"reservation": detail(request, reservation), **terms_json(terms)})
