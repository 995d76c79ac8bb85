from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from common.api_sets import NEVER_STORED
from common.errors import Forbidden
from common.idempotency import idempotency_key
from common.parsing import refuse
from common.schema import IDEMPOTENCY, TOKEN, location, tag
from common.schema_errors import refuses
from common.visitors import holders_of
from reservations.api import refusals
from reservations.api.access import (
    answer_created,
    answer_current,
    answer_reservation,
    choose_actor,
    context_of,
    find_reservation,
    render_detail,
    token_of,
)
from reservations.api.actions import ConfirmAction
from reservations.api.answers import BookedTogether, CreatedReservation
from reservations.api.examples import HOLD
from reservations.api.inputs import (
    HoldInput,
    HoldsConfirmationInput,
    ResourceLineInput,
    account_of,
    actor_for,
    read_customer,
)
from reservations.api.replies import reply_of
from reservations.api.selection import read_booking
from reservations.api.serializers import ReservationSerializer
from reservations.domain.values import Customer
from reservations.exceptions import ReservationNotFound
from reservations.models import Reservation
from reservations.permissions import can_cancel, can_view
from reservations.selectors import reservations_in_detail
from reservations.services import (
    add_to_hold,
    confirm_holds,
    extend_hold,
    hold_as_guest,
    hold_reservation,
    release_hold,
    remove_from_hold,
)
from resources.selectors import named_resources


class HoldViewSet(ConfirmAction):
    rates = {"create": "hold"}
    caching = NEVER_STORED

    @extend_schema(
        summary="Hold a time",
        extensions=refuses(refusals.HOLDING),
        description=(
            "Nobody else can book it until `expires_at`. Confirm it to make it a booking. A guest gets a "
            "`manage_token` for that."
        ),
        parameters=[IDEMPOTENCY, tag(201), location(201)],
        request=HoldInput,
        responses={201: CreatedReservation},
        examples=[HOLD],
    )
    def create(self, request: Request) -> Response:
        data = HoldInput.parsed(request.data)
        selection, shared = read_booking(data, request.user)
        account = account_of(request.user)
        hold = partial(
            hold_reservation,
            **shared,
            actor=choose_actor(request.user, selection.venue.pk, data["as_staff"]),
            customer=Customer.from_user(account) if account else None,
            idempotency_key=idempotency_key(request),
            venue_catalog=selection.venue_catalog,
        )
        return answer_created(request, hold_as_guest(hold, holders_of(request)), selection)

    @extend_schema(summary="One hold", parameters=[*TOKEN, tag(200)], responses=ReservationSerializer)
    def retrieve(self, request: Request, id: UUID) -> Response:
        reservation = find_reservation(request, id)
        return answer_reservation(reservation, render_detail(request, reservation))

    @extend_schema(
        summary="Release a hold",
        extensions=refuses(refusals.ENDING),
        description="The time is available again at once. Asking again gives the same answer.",
        parameters=[*TOKEN, tag(200)],
        request=None,
        responses={200: ReservationSerializer},
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        hold = _find_own_hold(request, id)
        release_hold(reservation_id=id, actor=choose_actor(request.user, hold.venue_id, as_staff=False))
        return answer_current(request, id)

    @extend_schema(
        summary="Extend a hold",
        extensions=refuses(refusals.EXTENDING_HOLD),
        description="Starts the hold's length anew, three times its length in all.",
        parameters=[*TOKEN, tag(200)],
        request=None,
        responses=ReservationSerializer,
    )
    @action(detail=True, methods=["post"], rate="hold")
    def extend(self, request: Request, id: UUID) -> Response:
        hold = _find_own_hold(request, id)
        extend_hold(reservation_id=id, actor=choose_actor(request.user, hold.venue_id, as_staff=False))
        return answer_current(request, id)

    @extend_schema(
        summary="Hold another resource, too",
        extensions=refuses(refusals.CHANGING_HOLD),
        description=(
            "Of the same venue, for the same time. A refusal leaves the hold as it was; a resource that is "
            "held already stays as it is. For several units of one resource, say how many at once."
        ),
        parameters=[*TOKEN, tag(200)],
        request=ResourceLineInput,
        responses={200: ReservationSerializer},
    )
    @action(detail=True, methods=["post"], url_path="items", rate="hold")
    def add_item(self, request: Request, id: UUID) -> Response:
        hold = _find_own_hold(request, id)
        data = ResourceLineInput.parsed(request.data)
        resource = named_resources([data["resource_id"]], request.user)[0]
        add_to_hold(
            reservation_id=id,
            resource_id=resource.pk,
            quantity=data["quantity"],
            actor=choose_actor(request.user, hold.venue_id, as_staff=False),
        )
        return answer_current(request, id)

    @extend_schema(
        summary="Release one of several held resources",
        extensions=refuses(refusals.CHANGING_HOLD),
        description=(
            "One that is not held changes nothing. The last one is refused (`last_resource`): release the "
            "hold instead."
        ),
        parameters=[*TOKEN, tag(200)],
        request=None,
        responses={200: ReservationSerializer},
    )
    @action(detail=True, methods=["delete"], url_path="items/<uuid:resource_id>")
    def remove_item(self, request: Request, id: UUID, resource_id: UUID) -> Response:
        hold = _find_own_hold(request, id)
        held = {item.resource.uuid: item.resource_id for item in hold.items.all()}
        remove_from_hold(
            reservation_id=id,
            resource_id=held.get(resource_id) or named_resources([str(resource_id)], request.user)[0].pk,
            actor=choose_actor(request.user, hold.venue_id, as_staff=False),
        )
        return answer_current(request, id)

    @extend_schema(
        summary="Make several holds bookings",
        extensions=refuses(refusals.CONFIRMING_HOLDS),
        description=(
            "All of them, or none: 409 `cart_refused` says which of them cannot be booked and why. Safe to "
            "repeat: what is a booking already stays one."
        ),
        request=HoldsConfirmationInput,
        responses={200: BookedTogether},
    )
    @action(detail=False, methods=["post"], url_path="confirm")
    def confirm_all(self, request: Request) -> Response:
        data = HoldsConfirmationInput.parsed(request.data)
        tokens = {hold["id"]: hold["manage_token"] for hold in data["holds"]}
        rows = _find_own_holds(request, tokens)
        confirm_holds(
            reservation_ids=list(tokens),
            customer=read_customer(
                _find_holder(rows) or request.user, data.get("customer_info"), rows[0].venue
            ),
            actor=actor_for(request.user),
            requests=data["special_requests"],
            reply=reply_of(data),
        )
        booked = reservations_in_detail().in_bulk(tokens)
        together = {"reservations": [booked[id] for id in tokens]}
        return self.answer(BookedTogether(together, context=context_of(request) | {"tokens": tokens}).data)


def _find_own_hold(request: Request, id: UUID) -> Reservation:
    hold = find_reservation(request, id)
    if not can_cancel(request.user, hold, token_of(request)):
        raise Forbidden
    return hold


def _find_own_holds(request: Request, tokens: Mapping[UUID, str]) -> list[Reservation]:
    """What these ids name. Raises ``ReservationNotFound``, ``Forbidden``."""
    rows = reservations_in_detail().in_bulk(tokens)
    for id, token in tokens.items():
        if id not in rows or not can_view(request.user, rows[id], token):
            raise ReservationNotFound
        if not can_cancel(request.user, rows[id], token):
            raise Forbidden
    return [rows[id] for id in tokens]


def _find_holder(rows: Sequence[Reservation]) -> User | None:
    """The account that holds them. Raises ``InvalidInput`` where they are of several."""
    holders = {row.customer_id: row.customer for row in rows if row.customer}
    if len(holders) > 1:
        refuse("holds", _("These times are held by different people. Book each on its own."))
    return next(iter(holders.values()), None)
