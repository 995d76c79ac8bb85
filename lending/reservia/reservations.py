from datetime import datetime
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.root import RootView
from accounts.api.views import account_of
from accounts.models import User
from common.clock import now
from common.schema import query
from common.schema_errors import refuses
from lending.api.shapes import describe_expectation
from lending.enums import LIVE, Status
from lending.exceptions import LeaseOver, LoanRanOut
from lending.models import Loan
from lending.permissions import can_manage
from lending.querysets import LoanQuerySet
from lending.reservia import inputs, refusals, shapes
from lending.reservia.finding import find_of, find_own, find_thing, pick_own, read_name
from lending.selectors import Expectation, expect, find_lent, find_positions
from lending.services import cancel_loan, keep_alive, request_loan, return_loan
from reservations.api.inputs import actor_for
from resources.models import Resource, ResourceGroup, Venue
from resources.selectors import ResourceNotFound

MOST = 500
PRIVATE = {"Cache-Control": "private, no-store"}
RESOURCE = query("resource_id", "Number, id or slug of what is lent.")


class Ask(RootView):
    signed_in = ("POST",)

    @extend_schema(
        summary="Ask for something",
        description=(
            "`approved`: it is yours, until `due` if that is not null. `requested`: you wait for it, with "
            "`ahead` people before you. With `wanted_from` and `wanted_until` it is for these dates, or is "
            "refused."
        ),
        extensions=refuses(refusals.REQUESTING),
        request=inputs.AskInput,
        responses={201: shapes.ReserviaRequestedSerializer},
    )
    def post(self, request: Request) -> Response:
        data = inputs.AskInput.parsed(request.data)
        user = account_of(request)
        thing = find_thing(data.pop("resource_id"), user)
        wish = inputs.read_wish(data, thing.venue)
        loan = request_loan(thing=thing, borrower=user, actor=actor_for(user), **wish)
        body = _describe_request(loan, thing, now())
        answer = shapes.ReserviaRequestedSerializer(body).data
        return Response(answer, status.HTTP_201_CREATED, headers=PRIVATE)


class Cancel(RootView):
    signed_in = ("POST",)

    @extend_schema(
        summary="Leave the queue, or do without what was approved",
        description="What has been handed over is released instead: 404 here.",
        extensions=refuses(refusals.CANCELLING),
        request=inputs.NamedInput,
        responses=shapes.ReserviaCancelledSerializer,
    )
    def post(self, request: Request) -> Response:
        data, user = inputs.NamedInput.parsed(request.data), account_of(request)
        loan = find_own(data["resource_id"], user, Status.REQUESTED, Status.APPROVED)
        done = cancel_loan(loan_id=loan.uuid, actor=actor_for(user))
        body = _describe_end(done, "Reservation cancelled successfully", "cancelled_date")
        return Response(shapes.ReserviaCancelledSerializer(body).data, headers=PRIVATE)


class Release(RootView):
    signed_in = ("POST",)

    @extend_schema(
        summary="Return something",
        description=(
            "The next in line has it at once. What was approved and not fetched yet is given up in the same "
            "way. Staff name with `user_id` who had it."
        ),
        extensions=refuses(refusals.RELEASING),
        request=inputs.ReleaseInput,
        responses=shapes.ReserviaReleasedSerializer,
    )
    def post(self, request: Request) -> Response:
        data, user = inputs.ReleaseInput.parsed(request.data), account_of(request)
        borrower = data.get("user_id") or user.pk
        loan = find_of(data["resource_id"], borrower, user, Status.OUT, Status.APPROVED)
        done = _release(loan, user)
        body = _describe_end(done, "Reservation released successfully", "released_date")
        return Response(shapes.ReserviaReleasedSerializer(body).data, headers=PRIVATE)


class KeepAlive(RootView):
    signed_in = ("POST",)

    @extend_schema(
        summary="Keep what you have, or your place in the queue",
        description="`valid_until_date` is null where nothing runs out: then there is no need to ask.",
        extensions=refuses(refusals.KEEPING),
        request=inputs.NamedInput,
        responses=shapes.ReserviaKeptSerializer,
    )
    def post(self, request: Request) -> Response:
        data, user = inputs.NamedInput.parsed(request.data), account_of(request)
        loan = _find_to_keep(data["resource_id"], user)
        if loan.valid_until is not None and loan.status != Status.APPROVED:
            loan = keep_alive(loan_id=loan.uuid, actor=actor_for(user))
        body = {
            "message": "Reservation kept alive successfully",
            "reservation_id": loan.pk,
            "resource_id": loan.resource_id,
            "valid_until_date": shapes.at_venue(loan.valid_until, loan),
        }
        return Response(shapes.ReserviaKeptSerializer(body).data, headers=PRIVATE)


class Active(RootView):
    signed_in = ("GET",)

    @extend_schema(
        summary="Who has what, and who waits",
        description=(
            "Of one resource, or of all that you may see (500 at most), the oldest request first. Names are "
            "shown as the rules of each thing say. Of a resource that is lent no more: your own, while you "
            "have it."
        ),
        parameters=[RESOURCE],
        responses=shapes.ReserviaActiveSerializer,
    )
    def get(self, request: Request) -> Response:
        user, name = account_of(request), request.query_params.get("resource_id")
        rows = _list_seen(user) if name is None else _list_named(read_name(name), user)
        return answer_active(rows, user, "Active reservations retrieved successfully")


class AllActive(RootView):
    signed_in = ("GET",)

    @extend_schema(
        summary="Who has what, and who waits, of everything",
        description="The same as `/reservation/active` without a resource.",
        responses=shapes.ReserviaActiveSerializer,
    )
    def get(self, request: Request) -> Response:
        user = account_of(request)
        return answer_active(_list_seen(user), user, "All active reservations retrieved successfully")


class OwnActive(RootView):
    signed_in = ("GET",)

    @extend_schema(
        summary="One's own of one resource",
        description="`reservation` is null where you neither have it nor wait for it.",
        parameters=[query(RESOURCE.name, str(RESOURCE.description), required=True)],
        responses=shapes.ReserviaOwnSerializer,
    )
    def get(self, request: Request) -> Response:
        user = account_of(request)
        name = read_name(request.query_params.get("resource_id"))
        own = _find_own_active(name, user)
        body = {"message": "User active reservation retrieved successfully", "reservation": own}
        context = shapes.make_context([own] if own else [], user, now())
        return Response(shapes.ReserviaOwnSerializer(body, context=context).data, headers=PRIVATE)


def _find_to_keep(name: str, user: User) -> Loan:
    """Raises ``LeaseOver``, as for who comes too late by a second, ``LoanNotFound``, ``InvalidInput``."""
    try:
        return find_own(name, user, Status.OUT, Status.APPROVED, Status.REQUESTED)
    except LoanRanOut as error:
        raise LeaseOver from error


def _find_own_active(name: str, user: User) -> Loan | None:
    """Also of what is lent no more. Raises ``ResourceNotFound`` where there is neither, ``InvalidInput``."""
    own = pick_own(name, user, *LIVE[::-1])
    if own is None:
        find_thing(name, user)
    return own


def answer_active(rows: LoanQuerySet, user: User, message: Any) -> Response:
    loans = list(rows.for_display().order_by("requested_at", "pk")[:MOST])
    body = {"message": message, "reservations": loans, "count": len(loans)}
    context = shapes.make_context(loans, user, now())
    return Response(shapes.ReserviaActiveSerializer(body, context=context).data, headers=PRIVATE)


def _list_named(name: str, user: User) -> LoanQuerySet:
    """Of what is lent no more, their own.

    Raises ``ResourceNotFound`` where there is neither, ``InvalidInput``.
    """
    try:
        return _list_of(find_thing(name, user))
    except ResourceNotFound:
        own = _find_own_active(name, user)
        return Loan.objects.live().filter(borrower=user.pk, resource=own.resource_id if own else None)


def _list_of(thing: Resource) -> LoanQuerySet:
    return Loan.objects.live().filter(resource=thing)


def _list_seen(user: User) -> LoanQuerySet:
    things = find_lent(user)
    venues = Venue.objects.filter(resources__in=things)
    groups = ResourceGroup.objects.filter(venue__in=venues, is_active=True, is_listed=True)
    is_seen = Q(resource__in=things) | Q(resource=None, group__in=groups)
    return Loan.objects.live().filter(is_seen | Q(borrower=user.pk))


def _release(loan: Loan, user: User) -> Loan:
    if loan.status == Status.APPROVED:
        return cancel_loan(loan_id=loan.uuid, actor=actor_for(user))
    return return_loan(loan_id=loan.uuid, actor=actor_for(user), by_staff=can_manage(user, loan))


def _describe_end(loan: Loan, message: Any, name: str) -> dict[str, Any]:
    return {
        "message": message,
        "reservation_id": loan.pk,
        "resource_id": loan.resource_id,
        name: shapes.at_venue(loan.ended_at, loan),
    }


def _describe_request(loan: Loan, thing: Resource, at: datetime) -> dict[str, Any]:
    expected: Expectation | None = expect(loan, at) if loan.is_waiting else None
    positions: dict[int, int] = find_positions([loan], at)
    return {
        "message": "Reservation request successful",
        "reservation_id": loan.pk,
        "resource_id": thing.pk,
        "status": shapes.status_of(loan),
        "position": positions.get(loan.pk),
        "ahead": expected.ahead if expected else 0,
        "valid_until": shapes.at_venue(loan.valid_until, loan),
        "due": shapes.at_venue(loan.due_at, loan),
        "expected": describe_expectation(expected, loan.venue.zone),
    }
