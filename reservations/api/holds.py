from collections.abc import Mapping, Sequence
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
from common.schema import IDEMPOTENCY, TOKEN
from reservations.api.access import acting, answer, created, detail, shown, token_of, visible
from reservations.api.actions import ConfirmAction
from reservations.api.answers import BookedTogether, CreatedReservation
from reservations.api.examples import HOLD
from reservations.api.inputs import (
    HoldInput,
    HoldsConfirmationInput,
    ResourceLineInput,
    account_of,
    actor_for,
    customer_for,
    what_and_when,
)
from reservations.api.replies import reply_of
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
        description=(
            "Nobody else can book it until `expires_at`. Confirm it to make it a booking. A guest gets a "
            "`manage_token` for that."
        ),
        parameters=[IDEMPOTENCY],
        request=HoldInput,
        responses={201: CreatedReservation},
        examples=[HOLD],
    )
    def create(self, request: Request) -> Response:
        data = HoldInput.parsed(request.data)
        asked, shared = what_and_when(data, request.user)
        account = account_of(request.user)
        held = hold_reservation(
            **shared,
            actor=acting(request.user, asked.venue.pk, data["as_staff"]),
            customer=Customer.from_user(account) if account else None,
            idempotency_key=idempotency_key(request.headers),
            venue_catalog=asked.venue_catalog,
        )
        return created(request, held, asked)

    @extend_schema(summary="One hold", parameters=[TOKEN], responses=ReservationSerializer)
    def retrieve(self, request: Request, id: UUID) -> Response:
        reservation = visible(request, id)
        return answer(reservation, detail(request, reservation))

    @extend_schema(
        summary="Release a hold",
        description="The time is free again at once; asked again, it answers the same.",
        parameters=[TOKEN],
        request=None,
        responses={200: ReservationSerializer},
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        found = _own(request, id)
        release_hold(reservation_id=id, actor=acting(request.user, found.venue_id, as_staff=False))
        return shown(request, id)

    @extend_schema(
        summary="Extend a hold",
        description="Starts the hold's length anew, three times its length in all.",
        parameters=[TOKEN],
        request=None,
        responses=ReservationSerializer,
    )
    @action(detail=True, methods=["post"], rate="hold")
    def extend(self, request: Request, id: UUID) -> Response:
        found = _own(request, id)
        extend_hold(reservation_id=id, actor=acting(request.user, found.venue_id, as_staff=False))
        return shown(request, id)

    @extend_schema(
        summary="Hold another resource, too",
        description=(
            "Of the same venue, for the same time. A refusal leaves the hold as it was; a resource that is "
            "held already stays as it is. For several units of one resource, say how many at once."
        ),
        parameters=[TOKEN],
        request=ResourceLineInput,
        responses={200: ReservationSerializer},
    )
    @action(detail=True, methods=["post"], url_path="items", rate="hold")
    def add_item(self, request: Request, id: UUID) -> Response:
        found = _own(request, id)
        data = ResourceLineInput.parsed(request.data)
        resource = named_resources([data["resource_id"]], request.user)[0]
        add_to_hold(
            reservation_id=id,
            resource_id=resource.pk,
            quantity=data["quantity"],
            actor=acting(request.user, found.venue_id, as_staff=False),
        )
        return shown(request, id)

    @extend_schema(
        summary="Give one of several held resources back",
        description=(
            "One that is not held changes nothing. The last one is refused (`last_resource`): release the "
            "hold instead."
        ),
        parameters=[TOKEN],
        request=None,
        responses={200: ReservationSerializer},
    )
    @action(detail=True, methods=["delete"], url_path="items/<uuid:resource_id>")
    def remove_item(self, request: Request, id: UUID, resource_id: UUID) -> Response:
        found = _own(request, id)
        held = {item.resource.uuid: item.resource_id for item in found.items.all()}
        remove_from_hold(
            reservation_id=id,
            resource_id=held.get(resource_id) or named_resources([str(resource_id)], request.user)[0].pk,
            actor=acting(request.user, found.venue_id, as_staff=False),
        )
        return shown(request, id)

    @extend_schema(
        summary="Make several holds bookings",
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
        tokens = {each["id"]: each["manage_token"] for each in data["holds"]}
        rows = _all_own(request, tokens)
        confirm_holds(
            reservation_ids=list(tokens),
            customer=customer_for(_holder(rows) or request.user, data.get("customer_info"), rows[0].venue),
            actor=actor_for(request.user),
            requests=data["special_requests"],
            reply=reply_of(data),
        )
        booked = reservations_in_detail().in_bulk(tokens)
        together = {"reservations": [booked[id] for id in tokens]}
        return self.answer(BookedTogether(together, context={"user": request.user, "tokens": tokens}).data)


def _own(request: Request, id: UUID) -> Reservation:
    found = visible(request, id)
    if not can_cancel(request.user, found, token_of(request)):
        raise Forbidden
    return found


def _all_own(request: Request, tokens: Mapping[UUID, str]) -> list[Reservation]:
    """What these ids name. Raises ``ReservationNotFound``, ``Forbidden``."""
    known = reservations_in_detail().in_bulk(tokens)
    for id, token in tokens.items():
        if id not in known or not can_view(request.user, known[id], token):
            raise ReservationNotFound
        if not can_cancel(request.user, known[id], token):
            raise Forbidden
    return [known[id] for id in tokens]


def _holder(rows: Sequence[Reservation]) -> User | None:
    """The account that holds them. Raises ``InvalidInput`` where they are of several."""
    holders = {row.customer_id: row.customer for row in rows if row.customer}
    if len(holders) > 1:
        refuse("holds", _("Different people hold these: each has to be booked for itself."))
    return next(iter(holders.values()), None)
