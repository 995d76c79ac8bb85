from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED
from common.clock import now
from common.errors import Forbidden
from common.idempotency import idempotency_key
from common.parsing import parse_int
from common.schema import (
    IDEMPOTENCY,
    IF_MATCH,
    PAGES,
    TOKEN,
    answer_header,
    filter_parameters,
    location,
    number,
    page_of,
    tag,
)
from common.schema_errors import refuses
from reservations.api import refusals
from reservations.api.access import (
    answer_changed,
    answer_created,
    answer_reservation,
    cancel_and_answer,
    choose_actor,
    context_of,
    find_reservation,
    render_detail,
    token_of,
)
from reservations.api.actions import ReservationActions
from reservations.api.answers import Cancelled, CreatedReservation, LinkRequested, MyReservations
from reservations.api.checkout import CheckoutAction
from reservations.api.examples import BOOKED, BOOKING, CHANGE, TOGETHER
from reservations.api.expanding import EXPAND, read_expand
from reservations.api.inputs import (
    CancellationInput,
    LostLinkInput,
    ReservationChangeInput,
    ReservationInput,
    read_change,
    read_customer,
    read_version,
)
from reservations.api.listed import ListedReservationSerializer
from reservations.api.replies import reply_of
from reservations.api.selection import read_booking
from reservations.api.serializers import ReservationSerializer
from reservations.filters import ReservationFilter
from reservations.permissions import can_reschedule, prepare_actions
from reservations.querysets import ReservationQuerySet
from reservations.selectors import reservations_in_detail
from reservations.services import book_reservation, edit_reservation, send_link

MOST_MINE = 100
NEW_TOKEN = answer_header("X-Reservation-Token", "The secret from now on, if it has changed.", 200)


class ReservationViewSet(ReservationActions, CheckoutAction):
    serializer_class = ReservationSerializer
    filterset_class = ReservationFilter
    signed_in = ("list", "my")
    without_csrf = ("recover",)
    rates = {"recover": "link"}
    caching = NEVER_STORED

    def get_queryset(self) -> ReservationQuerySet:
        return reservations_in_detail().visible_to(self.request.user)

    @extend_schema(
        summary="List reservations",
        description=(
            "One's own; for managers and staff those of their venues, for facilitators what they lead there. "
            "Filters can be combined."
        ),
        parameters=[*PAGES, EXPAND, *filter_parameters(ReservationFilter)],
        responses=page_of(ListedReservationSerializer),
    )
    def list(self, request: Request) -> Response:
        expand = read_expand(request)
        rows = self.filter_queryset(self.get_queryset())
        return self.paged(rows, ListedReservationSerializer, expand=expand, **context_of(request))

    def prepare_page(self, rows: Any) -> None:
        if self.action == "list" and "allowed_actions" in read_expand(self.request):
            prepare_actions(self.request.user, rows)

    @extend_schema(
        summary="Book",
        extensions=refuses(refusals.BOOKING),
        description=(
            "Books at once: `confirmed`, or `pending` where staff approve. A time that is taken is 409 "
            "with `alternatives`. A guest gets a `manage_token` with which to come back."
        ),
        parameters=[IDEMPOTENCY, tag(201), location(201)],
        request=ReservationInput,
        responses={201: CreatedReservation},
        examples=[BOOKING, BOOKED, TOGETHER],
    )
    def create(self, request: Request) -> Response:
        data = ReservationInput.parsed(request.data)
        selection, shared = read_booking(data, request.user)
        booked = book_reservation(
            **shared,
            customer=read_customer(request.user, data.get("customer_info"), selection.venue),
            actor=choose_actor(request.user, selection.venue.pk, data["as_staff"]),
            requests=data["special_requests"],
            reply=reply_of(data),
            idempotency_key=idempotency_key(request),
            venue_catalog=selection.venue_catalog,
        )
        return answer_created(request, booked, selection)

    @extend_schema(
        summary="My reservations",
        description=(
            "Upcoming ones first to come; past ones last first, with what was cancelled or declined. "
            "Each with what can be done with it now. Holds are in the list with `status=held`."
        ),
        parameters=[number("limit", "At most so many of each, 50 unless given.", most=MOST_MINE)],
        responses=MyReservations,
    )
    @action(detail=False)
    def my(self, request: Request) -> Response:
        limit = parse_int(request.query_params.get("limit", 50), "limit", least=1, most=MOST_MINE)
        own_reservations = reservations_in_detail().filter(customer_id=request.user.pk).their_bookings()
        at = now()
        upcoming, past = own_reservations.upcoming(at), own_reservations.past(at)
        body = {
            "upcoming_count": upcoming.count(),
            "past_count": past.count(),
            "upcoming": upcoming[:limit],
            "past": past[:limit],
        }
        return self.answer(MyReservations(body, context=context_of(request)).data)

    @extend_schema(
        summary="Send a lost link again",
        description=(
            "For guests: the link to the booking, with its secret, goes to the address it was made with. The "
            "answer is the same whether or not code and address belong together."
        ),
        request=LostLinkInput,
        responses={202: LinkRequested},
    )
    @action(detail=False, methods=["post"])
    def recover(self, request: Request) -> Response:
        data = LostLinkInput.parsed(request.data)
        send_link(code=data["code"], email=data["email"])
        return self.answer(LinkRequested({"success": True}).data, status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="One reservation",
        description="With customer, resources, payment, cancellation terms and what can be done with it.",
        parameters=[*TOKEN, tag(200)],
        responses=ReservationSerializer,
    )
    def retrieve(self, request: Request, id: UUID) -> Response:
        reservation = find_reservation(request, id)
        return answer_reservation(reservation, render_detail(request, reservation))

    @extend_schema(
        summary="Change a reservation",
        extensions=refuses(refusals.CHANGING),
        description=(
            "Another time, length, party or contact; what is left out stays as it is. The new time is "
            "checked like a new booking's and priced anew; where it is refused, the old one is kept. Once "
            "cancelling is not free any more, changing time, party or resource keeps the fee: `minimum_fee` "
            "is what cancelling costs from then on at least (the quote says it beforehand)."
        ),
        parameters=[*TOKEN, IF_MATCH, tag(200), NEW_TOKEN],
        request=ReservationChangeInput,
        responses=ReservationSerializer,
        examples=[CHANGE],
    )
    def update(self, request: Request, id: UUID) -> Response:
        reservation = find_reservation(request, id)
        if not can_reschedule(request.user, reservation, token_of(request)):
            raise Forbidden
        data = ReservationChangeInput.parsed(request.data)
        edited = edit_reservation(
            reservation_id=id,
            changes=read_change(data, reservation),
            actor=choose_actor(request.user, reservation.venue_id, data["as_staff"]),
            version=read_version(request.headers, data),
            seen=reservation,
        )
        return answer_changed(request, edited, reservation)

    @extend_schema(
        summary="Change a reservation",
        extensions=refuses(refusals.CHANGING),
        description="The same as `PUT`.",
        parameters=[*TOKEN, IF_MATCH, tag(200), NEW_TOKEN],
        request=ReservationChangeInput,
        responses=ReservationSerializer,
        examples=[CHANGE],
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        return self.update(request, id)

    @extend_schema(
        summary="Cancel a reservation",
        extensions=refuses(refusals.ENDING),
        description="The same as `POST …/cancel` without a reason: applies the cancellation terms.",
        parameters=[*TOKEN, IF_MATCH, tag(200)],
        request=None,
        responses={200: Cancelled},
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        return cancel_and_answer(request, find_reservation(request, id), CancellationInput.parsed({}))
