from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import ViewSet
from common.api_views import StrictSerializer, require_scope
from common.errors import Forbidden
from common.idempotency import idempotent
from common.schema import IDEMPOTENCY, IF_MATCH, PAGES, TOKEN, page_of, tag
from common.schema_errors import refuses
from payments.models import Payment
from reservations.api import refusals
from reservations.api.access import (
    answer_changed,
    answer_current,
    cancel_and_answer,
    choose_actor,
    find_managed_reservation,
    find_reservation,
    token_of,
)
from reservations.api.answers import Cancelled
from reservations.api.events import EventSerializer
from reservations.api.examples import CANCELLATION, CONFIRMATION
from reservations.api.inputs import (
    CancellationInput,
    ConfirmationInput,
    PaymentInput,
    ReasonInput,
    RefundInput,
    VersionInput,
    read_customer,
    read_version,
)
from reservations.api.replies import reply_of
from reservations.api.serializers import PaymentSerializer, ReservationSerializer
from reservations.enums import Status
from reservations.exceptions import BookingRefused, StaleVersion, TransitionNotAllowed
from reservations.models import Reservation
from reservations.permissions import can_manage, is_own, sees_by_role
from reservations.services import (
    check_in,
    complete_reservation,
    confirm_and_pay,
    confirm_hold,
    confirm_reservation,
    decline_reservation,
    mark_no_show,
    pay_deposit,
    record_payment,
    refund_payment,
    undo_attendance,
)
from reservations.services.deposits import awaits_approval, deposit_due

CASH_SCOPE = "manage"
"""What a key needs to record money that was taken at the venue."""


class ConfirmAction(ViewSet[Reservation]):
    @extend_schema(
        summary="Confirm",
        extensions=refuses(refusals.CONFIRMING),
        description=(
            "A hold becomes a booking, of the customer who holds it. A pending request is approved by staff. "
            "A deposit is paid with the provider's token; staff may record money they took (API keys: scope "
            "`manage`, too). Safe to repeat."
        ),
        parameters=[*TOKEN, IF_MATCH, tag(200)],
        request=ConfirmationInput,
        responses=ReservationSerializer,
        examples=[CONFIRMATION],
    )
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, id: UUID) -> Response:
        reservation = find_reservation(request, id)
        data = ConfirmationInput.parsed(request.data)
        _require_confirmable(request, reservation, data)
        booked = _confirm_and_pay(request, reservation, data)
        return answer_changed(request, booked, reservation) if booked else answer_current(request, id)


class ReservationActions(ConfirmAction):
    @extend_schema(
        summary="Cancel under the policy",
        extensions=refuses(refusals.ENDING),
        description="Frees the time at once, keeps the fee, returns the rest. Safe to repeat.",
        parameters=[*TOKEN, IF_MATCH, tag(200)],
        request=CancellationInput,
        responses=Cancelled,
        examples=[CANCELLATION],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: UUID) -> Response:
        return cancel_and_answer(
            request, find_reservation(request, id), CancellationInput.parsed(request.data)
        )

    @extend_schema(
        summary="Decline a request",
        extensions=refuses(refusals.DECLINING),
        description=(
            "Staff only. Frees the time and returns everything that was paid. A move that awaited approval "
            "is taken back instead, and the reservation is `confirmed` as before, unless that time "
            "has been taken since or is over; if it is over, `minimum_fee` is kept."
        ),
        parameters=[IF_MATCH, tag(200)],
        request=ReasonInput,
        responses=ReservationSerializer,
    )
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, id: UUID) -> Response:
        reservation = find_managed_reservation(request, id)
        data = ReasonInput.parsed(request.data)
        decline_reservation(
            reservation_id=id,
            actor=choose_actor(request.user, reservation.venue_id, as_staff=True),
            reason=data["reason"],
            version=read_version(request.headers, data),
        )
        return answer_current(request, id)

    @extend_schema(
        summary="Check in",
        extensions=refuses(refusals.CHECKING_IN),
        description="Staff: they are here.",
        parameters=[IF_MATCH, tag(200)],
        request=VersionInput,
        responses=ReservationSerializer,
    )
    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, id: UUID) -> Response:
        return _run_service(request, id, check_in)

    @extend_schema(
        summary="Complete",
        extensions=refuses(refusals.ARRIVED),
        description="Staff: they have left.",
        parameters=[IF_MATCH, tag(200)],
        request=VersionInput,
        responses=ReservationSerializer,
    )
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, id: UUID) -> Response:
        return _run_service(request, id, complete_reservation)

    @extend_schema(
        summary="Nobody came",
        extensions=refuses(refusals.ARRIVED),
        description="Staff, once the start has passed: frees what is left of the time.",
        parameters=[IF_MATCH, tag(200)],
        request=VersionInput,
        responses=ReservationSerializer,
    )
    @action(detail=True, methods=["post"], url_path="no-show")
    def no_show(self, request: Request, id: UUID) -> Response:
        return _run_service(request, id, mark_no_show)

    @extend_schema(
        summary="Take back",
        extensions=refuses(refusals.UNDOING),
        description=(
            "Staff: the last check-in, completion or no-show was a mistake. While the time is free, else 409 "
            "with `in_the_way`. Send the version you have seen: then two people who take back the same step "
            "at once take one step back, not two."
        ),
        parameters=[IF_MATCH, tag(200)],
        request=VersionInput,
        responses=ReservationSerializer,
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, id: UUID) -> Response:
        return _run_service(request, id, undo_attendance)

    @extend_schema(
        summary="History",
        description="Every change, oldest first; the database refuses to alter it.",
        parameters=[*TOKEN, *PAGES],
        responses=page_of(EventSerializer),
    )
    @action(detail=True)
    def history(self, request: Request, id: UUID) -> Response:
        reservation = find_reservation(request, id)
        rows = reservation.events.select_related("actor").order_by("id")
        is_staff = sees_by_role(request.user, reservation)
        return self.paged(rows, EventSerializer, reservation=reservation, is_staff=is_staff)

    @extend_schema(
        summary="Payments",
        description="The ledger of charges and refunds, oldest first.",
        parameters=[*TOKEN, *PAGES],
        responses=page_of(PaymentSerializer),
    )
    @action(detail=True, write_scope=CASH_SCOPE)
    def payments(self, request: Request, id: UUID) -> Response:
        rows = Payment.objects.filter(bill__reservation=find_reservation(request, id)).order_by(
            "created_at", "id"
        )
        return self.paged(rows, PaymentSerializer)

    @extend_schema(
        summary="Record a payment",
        extensions=refuses(refusals.PAYING),
        description="Staff only: money that was taken at the venue, at most what is still due.",
        parameters=[IDEMPOTENCY, tag(201)],
        request=PaymentInput,
        responses={201: ReservationSerializer},
    )
    @payments.mapping.post
    @idempotent
    def add_payment(self, request: Request, id: UUID) -> Response:
        return _settle(request, id, PaymentInput, record_payment)

    @extend_schema(
        summary="Return a payment",
        extensions=refuses(refusals.PAYING),
        description=(
            "Staff only: all or a part of what was paid and has not been returned. Cash is noted as handed "
            "over; what came through the provider goes back through it."
        ),
        parameters=[IDEMPOTENCY, tag(201)],
        request=RefundInput,
        responses={201: ReservationSerializer},
    )
    @action(detail=True, methods=["post"], write_scope=CASH_SCOPE)
    @idempotent
    def refunds(self, request: Request, id: UUID) -> Response:
        return _settle(request, id, RefundInput, refund_payment)


def _run_service(request: Request, id: UUID, service: Callable[..., Any]) -> Response:
    reservation = find_managed_reservation(request, id)
    data = VersionInput.parsed(request.data)
    service(
        reservation_id=id,
        actor=choose_actor(request.user, reservation.venue_id, as_staff=True),
        version=read_version(request.headers, data),
    )
    return answer_current(request, id)


def _settle(
    request: Request, id: UUID, input_class: type[StrictSerializer], service: Callable[..., Any]
) -> Response:
    reservation = find_managed_reservation(request, id)
    data = input_class.parsed(request.data)
    service(reservation_id=id, actor=choose_actor(request.user, reservation.venue_id, as_staff=True), **data)
    response = answer_current(request, id)
    response.status_code = status.HTTP_201_CREATED
    return response


def _require_confirmable(request: Request, reservation: Reservation, data: Mapping[str, Any]) -> None:
    """A hold, or a deposit, is its customer's to settle; approving and taking cash are staff's."""
    takes_cash = "amount" in (data.get("payment") or {})
    if takes_cash:
        require_scope(request, CASH_SCOPE)
    if can_manage(request.user, reservation):
        return
    if takes_cash or not is_own(request.user, reservation, token_of(request)):
        raise Forbidden
    if awaits_approval(reservation):
        raise Forbidden


def _confirm_and_pay(
    request: Request, reservation: Reservation, data: Mapping[str, Any]
) -> Reservation | None:
    payment = data.get("payment") or {}
    confirm = partial(_confirm, request, reservation, data)
    if "token" in payment:
        # A deposit belongs to a booking: a hold becomes one first.
        if reservation.status in (Status.HELD, Status.EXPIRED):
            confirm()
        actor = choose_actor(request.user, reservation.venue_id, as_staff=False)
        pay_deposit(reservation_id=reservation.pk, token=payment["token"], actor=actor)
    elif payment:
        actor = choose_actor(request.user, reservation.venue_id, as_staff=True)
        confirm_and_pay(confirm=confirm, reservation_id=reservation.pk, actor=actor, **payment)
    else:
        return confirm()
    return None


def _confirm(request: Request, reservation: Reservation, data: Mapping[str, Any]) -> Reservation | None:
    """A hold becomes a booking, of the account that holds it; anything else is approved."""
    if reservation.status in (Status.HELD, Status.EXPIRED):
        holder = reservation.customer or request.user
        return confirm_hold(
            reservation_id=reservation.pk,
            customer=read_customer(holder, data.get("customer_info"), reservation.venue),
            actor=choose_actor(request.user, reservation.venue_id, data["as_staff"]),
            requests=data["special_requests"],
            reply=reply_of(data),
            seen=reservation,
        )
    version = read_version(request.headers, data)
    if can_manage(request.user, reservation):
        actor = choose_actor(request.user, reservation.venue_id, as_staff=True)
        return confirm_reservation(reservation_id=reservation.pk, actor=actor, version=version)
    if version not in (None, reservation.version):
        raise StaleVersion
    _require_confirmed(reservation)
    return None


def _require_confirmed(reservation: Reservation) -> None:
    """Customers approve nothing, also not what becomes pending at this moment."""
    if reservation.status == Status.PENDING:
        if not (due := deposit_due(reservation)):
            raise Forbidden
        deposit = {"due": str(due), "currency": reservation.currency}
        raise BookingRefused(_("Pay the deposit first."), code="payment_required", extra=deposit)
    if reservation.status != Status.CONFIRMED:
        raise TransitionNotAllowed
