from typing import Any
from uuid import UUID

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common.errors import Forbidden
from common.idempotency import CarriedOutBefore, may_see_secrets_again
from common.venues import MANAGING
from reservations.api.answers import Cancelled, CreatedReservation
from reservations.api.inputs import Viewer, account_of, actor_for, read_version
from reservations.api.links import may_share_secrets
from reservations.api.selection import BookingChoice
from reservations.api.serializers import ReservationSerializer
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.exceptions import ReservationNotFound
from reservations.links import manage_path, token_for
from reservations.models import Reservation
from reservations.permissions import can_cancel, can_manage, can_view
from reservations.selectors import complete_details, reservation_in_detail, reservations_in_detail
from reservations.services import cancel_reservation
from resources.permissions import recall_role, works_at


def token_of(request: Request) -> str:
    """The secret of a manage-link; the header keeps it out of access logs."""
    return request.headers.get("X-Reservation-Token") or request.query_params.get("token", "")


def find_reservation(request: Request, id: UUID) -> Reservation:
    """Raises ``ReservationNotFound``, also for what is not this client's to see."""
    reservation = reservation_in_detail(id)
    if reservation is not None:
        recall_role(request.user, reservation.venue)
    if reservation is None or not can_view(request.user, reservation, token_of(request)):
        raise ReservationNotFound
    return reservation


def find_managed_reservation(request: Request, id: UUID) -> Reservation:
    """For what staff alone may do. Raises ``ReservationNotFound``, ``Forbidden``."""
    reservation = find_reservation(request, id)
    if not can_manage(request.user, reservation):
        raise Forbidden
    return reservation


def choose_actor(user: Viewer, venue_id: int, as_staff: bool) -> Actor:
    """Who acts; with ``as_staff`` free of notice, limits and approval. Raises ``Forbidden``."""
    if as_staff and not works_at(user, venue_id, *MANAGING):
        raise Forbidden
    return Actor(account_of(user), Source.STAFF) if as_staff else actor_for(user)


def context_of(request: Request) -> dict[str, Any]:
    """What a reservation's answer depends on beside the reservation."""
    shares_secrets = may_share_secrets(request)
    return {"user": request.user, "token": token_of(request), "shares_secrets": shares_secrets}


def render_detail(request: Request, reservation: Reservation) -> dict[str, Any]:
    return dict(ReservationSerializer(reservation, context=context_of(request)).data)


def answer_reservation(
    reservation: Reservation, data: dict[str, Any], code: int = status.HTTP_200_OK
) -> Response:
    headers = {"ETag": f'"{reservation.version}"', "Cache-Control": "private, no-store"}
    return Response(data, status=code, headers=headers)


def answer_current(request: Request, id: UUID) -> Response:
    reservation = reservations_in_detail().get(pk=id)
    return answer_reservation(reservation, render_detail(request, reservation))


def answer_changed(request: Request, reservation: Reservation, seen: Reservation) -> Response:
    """What a service has just returned; of what was ``seen`` before only the resources are taken.

    A guest whose link has become another one gets its secret in the header ``X-Reservation-Token``.
    """
    complete_details(reservation, [item.resource for item in seen.items.all()])
    token = token_of(request)
    if not token or reservation.link_version == seen.link_version:
        return answer_reservation(reservation, render_detail(request, reservation))
    context = {"user": request.user, "token": (token := token_for(reservation))}
    response = answer_reservation(reservation, dict(ReservationSerializer(reservation, context=context).data))
    response["X-Reservation-Token"] = token
    return response


def answer_created(request: Request, reservation: Reservation, selection: BookingChoice) -> Response:
    """A new reservation. A guest gets the secret by which they come back, nobody else does."""
    reservation.venue = selection.venue
    complete_details(reservation, selection.resources)
    is_known = not reservation.was_made_before or may_see_secrets_again(request)
    if not is_known and reservation.version > 1:
        raise CarriedOutBefore  # a hold that has a customer by now, who may be somebody else
    shows_secret = is_known and not reservation.customer_id
    body = (_render_with_secret if shows_secret else render_detail)(request, reservation)
    response = answer_reservation(reservation, body, status.HTTP_201_CREATED)
    response["Location"] = request.build_absolute_uri(f"{request.path.rstrip('/')}/{reservation.pk}")
    return response


def _render_with_secret(request: Request, reservation: Reservation) -> dict[str, Any]:
    secret = token_for(reservation)
    url = request.build_absolute_uri(manage_path(reservation))
    context = context_of(request) | {"token": secret, "manage_token": secret, "manage_url": url}
    return dict(CreatedReservation(reservation, context=context).data)


def cancel_and_answer(request: Request, reservation: Reservation, data: dict[str, Any]) -> Response:
    """Cancels under the policy and tells the fee and the refund."""
    if not can_cancel(request.user, reservation, token_of(request)):
        raise Forbidden
    done, terms = cancel_reservation(
        reservation_id=reservation.pk,
        actor=choose_actor(request.user, reservation.venue_id, data["waive_fee"]),
        reason=data["reason"],
        waive_fee=data["waive_fee"],
        wants_refund=data["refund_request"],
        version=read_version(request.headers, data),
        seen=reservation,
    )
    complete_details(done, [item.resource for item in reservation.items.all()])
    context = context_of(request) | {"reservation": done}
    return answer_reservation(done, dict(Cancelled(terms, context=context).data))
