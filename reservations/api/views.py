"""Reservations over HTTP: the list, one's own, and one reservation."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView, filtered, paged, private
from common.clock import now
from common.errors import Forbidden
from common.idempotency import idempotency_key
from common.parsing import parse_int
from common.schema import IDEMPOTENCY, IF_MATCH, PAGES, TOKEN, filter_parameters, page_of, query
from reservations.api.access import acting, answer, changed, created, detail, token_of, visible
from reservations.api.answers import Cancelled, CreatedReservation, MyReservations
from reservations.api.examples import BOOKED, BOOKING, CHANGE
from reservations.api.inputs import (
    CancellationInput,
    ReservationChangeInput,
    ReservationInput,
    customer_for,
    read_change,
    wanted_version,
    what_and_when,
)
from reservations.api.replies import reply_of
from reservations.api.serializers import ReservationSerializer, terms_json
from reservations.filters import ReservationFilter
from reservations.models import Reservation
from reservations.permissions import can_cancel, can_reschedule
from reservations.selectors import complete, reservations_in_detail
from reservations.services import book_reservation, cancel_reservation, edit_reservation

MOST_MINE = 100


class ReservationList(APIView):
    """``GET`` and ``POST /api/reservations``."""

    signed_in = ("GET",)

    @extend_schema(
        summary="List reservations",
        description="One's own; for staff those of their venues. Filters can be combined.",
        parameters=[*PAGES, *filter_parameters(ReservationFilter)],
        responses=page_of(ReservationSerializer),
    )
    def get(self, request: Request) -> Response:
        rows = reservations_in_detail().visible_to(request.user)
        found = filtered(ReservationFilter, request, rows)
        return private(paged(self, request, found, ReservationSerializer, user=request.user))

    @extend_schema(
        summary="Book",
        description=(
            "Books at once: `confirmed`, or `pending` where staff approve. A time that is taken is 409 "
            "with `alternatives`. A guest gets a `manage_token` with which to come back."
        ),
        parameters=[IDEMPOTENCY],
        request=ReservationInput,
        responses={201: CreatedReservation},
        examples=[BOOKING, BOOKED],
    )
    def post(self, request: Request) -> Response:
        data = ReservationInput.parsed(request.data)
        asked, shared = what_and_when(data, request.user)
        booked = book_reservation(
            **shared,
            customer=customer_for(request.user, data.get("customer_info"), asked.venue),
            actor=acting(request.user, asked.venue.pk, data["as_staff"]),
            requests=data["special_requests"],
            reply=reply_of(data),
            idempotency_key=idempotency_key(request.headers),
            known=asked.known,
        )
        return created(request, booked, asked)


class MyReservationList(APIView):
    """``GET /api/reservations/my``."""

    signed_in = ("GET",)

    @extend_schema(
        summary="My reservations",
        description="Upcoming ones first to come, past ones last first, each with what can be done with it.",
        parameters=[query("limit", "At most so many of each, 50 unless given.", type=int)],
        responses=MyReservations,
    )
    def get(self, request: Request) -> Response:
        limit = parse_int(request.query_params.get("limit", 50), "limit", least=1, most=MOST_MINE)
        mine = reservations_in_detail().filter(customer_id=request.user.pk)
        at = now()
        upcoming = mine.filter(ends_at__gt=at).order_by("starts_at", "id")
        past = mine.filter(ends_at__lte=at).order_by("-starts_at", "id")
        body = {
            "upcoming_count": upcoming.count(),
            "past_count": past.count(),
            "upcoming": self._shown(request, list(upcoming[:limit])),
            "past": self._shown(request, list(past[:limit])),
        }
        return private(Response(body))

    def _shown(self, request: Request, rows: list[Reservation]) -> Any:
        return ReservationSerializer(rows, many=True, context={"user": request.user}).data


class ReservationDetail(APIView):
    """``GET``, ``PUT``, ``PATCH`` and ``DELETE /api/reservations/<id>``."""

    @extend_schema(
        summary="One reservation",
        description="With customer, resources, payment, cancellation terms and what can be done with it.",
        parameters=[TOKEN],
        responses=ReservationSerializer,
    )
    def get(self, request: Request, id: UUID) -> Response:
        reservation = visible(request, id)
        return answer(reservation, detail(request, reservation))

    @extend_schema(
        summary="Change a reservation",
        description=(
            "Another time, length, party or contact; what is left out stays as it is. The new time is "
            "checked like a new booking's and priced anew; where it is refused, the old one is kept."
        ),
        parameters=[TOKEN, IF_MATCH],
        request=ReservationChangeInput,
        responses=ReservationSerializer,
        examples=[CHANGE],
    )
    def put(self, request: Request, id: UUID) -> Response:
        reservation = visible(request, id)
        if not can_reschedule(request.user, reservation, token_of(request)):
            raise Forbidden
        data = ReservationChangeInput.parsed(request.data)
        edited = edit_reservation(
            reservation_id=id,
            changes=read_change(data, reservation),
            actor=acting(request.user, reservation.venue_id, data["as_staff"]),
            version=wanted_version(request.headers, data),
            seen=reservation,
        )
        return changed(request, edited, reservation)

    @extend_schema(
        summary="Change a reservation",
        description="The same as `PUT`.",
        parameters=[TOKEN, IF_MATCH],
        request=ReservationChangeInput,
        responses=ReservationSerializer,
        examples=[CHANGE],
    )
    def patch(self, request: Request, id: UUID) -> Response:
        return self.put(request, id)

    @extend_schema(
        summary="Cancel a reservation",
        description="The same as `POST …/cancel` without a reason: applies the cancellation terms.",
        parameters=[TOKEN, IF_MATCH],
        request=None,
        responses={200: Cancelled},
    )
    def delete(self, request: Request, id: UUID) -> Response:
        return cancelled(request, visible(request, id), CancellationInput.parsed({}))


def cancelled(request: Request, reservation: Reservation, data: dict[str, Any]) -> Response:
    """Cancels under the policy and tells the fee and the refund."""
    if not can_cancel(request.user, reservation, token_of(request)):
        raise Forbidden
    done, terms = cancel_reservation(
        reservation_id=reservation.pk,
        actor=acting(request.user, reservation.venue_id, data["waive_fee"]),
        reason=data["reason"],
        waive_fee=data["waive_fee"],
        version=wanted_version(request.headers, data),
    )
    complete(done, [item.resource for item in reservation.items.all()])
    return answer(done, {"reservation": detail(request, done), **terms_json(terms)})
