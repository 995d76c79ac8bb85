"""Loans: one's own, and those of a venue for its staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import account_of
from accounts.models import User
from common.api_sets import NEVER_STORED, with_headers
from common.clock import now
from common.errors import Forbidden, InvalidInput
from common.idempotency import idempotent
from common.parsing import parse_uuid, refuse
from common.schema import IDEMPOTENCY, IF_MATCH, PAGES, filter_parameters, location, page_of, tag
from common.schema_errors import TIMED, refuses
from lending.api import refusals
from lending.api.filters import LoanFilter
from lending.api.inputs import LoanChangeInput, LoanInput, read_wish
from lending.api.loan_steps import LoanSteps
from lending.api.shapes import LoanDetailSerializer, LoanEventSerializer, LoanSerializer
from lending.beginning import find_away_at
from lending.models import Loan
from lending.permissions import can_manage, can_request, manages_loans
from lending.querysets import LoanQuerySet
from lending.selectors import find_positions
from lending.services import edit_loan, request_loan
from lending.terms import catalogs_of
from reservations.api.inputs import actor_for, read_version
from resources.models import Resource, ResourceGroup
from resources.selectors import named_group, named_resources

EVERYTHING = (
    *("list", "create", "retrieve", "partial_update", "history", "cancel", "give_back", "renew"),
    *("keep_alive", "suspend", "resume", "approve", "decline", "hand_out", "force_return", "recall"),
    *("lost", "found", "move", "swap"),
)
"""Nobody borrows without an account."""


class LoanViewSet(LoanSteps):
    serializer_class = LoanSerializer
    filterset_class = LoanFilter
    signed_in = EVERYTHING
    caching = NEVER_STORED

    def get_queryset(self) -> LoanQuerySet:
        # Borrowers and things come again and again: each is read once.
        related = ("venue", "resource", "group", "copy")
        people = User.objects.only("email", "first_name", "last_name")
        loans = Loan.objects.visible_to(self.request.user)
        return loans.prefetch_related(*related, Prefetch("borrower", people))

    @extend_schema(
        summary="Loans",
        extensions=refuses(TIMED),
        description="One's own; for managers and staff those of their venues. The latest request first.",
        parameters=[*PAGES, *filter_parameters(LoanFilter)],
        responses={200: page_of(LoanSerializer)},
    )
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = make_context(page, now()) | {"user": request.user}
        data = LoanSerializer(page, many=True, context=context).data
        return with_headers(self.get_paginated_response(data), self.caching)

    @extend_schema(
        summary="Ask for a thing",
        extensions=refuses(refusals.ASKING),
        description=(
            "Given at once (`out`, or `approved` where it has to be fetched), or there is a place in its "
            "queue (`requested`). With dates it is booked or refused. Staff may name another `borrower`."
        ),
        parameters=[IDEMPOTENCY, tag(201), location(201)],
        request=LoanInput,
        responses={201: LoanDetailSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data, user = LoanInput.parsed(request.data), account_of(request)
        thing = _find_thing(data, user)
        borrower = _find_borrower(data, user, thing.venue_id)
        if "priority" in data and not manages_loans(user, thing.venue_id):
            raise Forbidden
        if isinstance(thing, Resource) and not can_request(user, thing, borrower):
            raise Forbidden
        wish = read_wish(data, thing.venue)
        loan = request_loan(
            thing=thing, borrower=borrower, actor=actor_for(user), priority=data.get("priority", 0), **wish
        )
        answer = self.answer_loan(self.find_again(loan.uuid), status.HTTP_201_CREATED)
        return with_headers(answer, {"Location": self._address_of(loan)})

    def _address_of(self, loan: Loan) -> str:
        return self.request.build_absolute_uri(f"{self.request.path.rstrip('/')}/{loan.uuid}")

    @extend_schema(
        summary="One loan",
        description="With what can be done with it, and when its person is likely to have it.",
        parameters=[tag(200)],
        responses={200: LoanDetailSerializer},
    )
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer_loan(self.get_object())

    @extend_schema(
        summary="Change what it is for",
        extensions=refuses(refusals.CHANGING),
        description="`priority` is for staff, 403 for everyone else.",
        parameters=[IF_MATCH, tag(200)],
        request=LoanChangeInput,
        responses={200: LoanDetailSerializer},
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        loan = self.find_own()
        data = LoanChangeInput.parsed(request.data)
        if "priority" in data and not can_manage(request.user, loan):
            raise Forbidden
        version = read_version(request.headers, data)
        data.pop("version", None)
        edit_loan(loan_id=id, actor=actor_for(request.user), version=version, **data)
        return self.answer_loan(self.find_again(id))

    @extend_schema(
        summary="History of a loan",
        description="Every change, oldest first; the database refuses to alter it.",
        parameters=PAGES,
        responses={200: page_of(LoanEventSerializer)},
    )
    @action(detail=True)
    def history(self, request: Request, id: UUID) -> Response:
        loan = self.get_object()
        rows = loan.events.select_related("actor").order_by("id")
        return self.paged(rows, LoanEventSerializer, is_staff=can_manage(request.user, loan))


def make_context(loans: Sequence[Loan], at: datetime) -> dict[str, Any]:
    """What the rows of a list need; a constant number of queries."""
    venue_catalogs = catalogs_of(loans)
    return {
        "positions": find_positions(loans, at),
        "catalogs": venue_catalogs,
        "away": find_away_at(venue_catalogs, loans, at),
        "now": at,
    }


def _find_thing(data: dict[str, Any], user: User) -> Resource | ResourceGroup:
    """Raises ``ResourceNotFound``."""
    if "group_id" in data:
        return named_group(data["group_id"])
    return named_resources([data["resource_id"]], user)[0]


def _find_borrower(data: dict[str, Any], user: User, venue_id: int) -> User:
    """Raises ``Forbidden`` for who may ask for themselves alone, and ``InvalidInput``."""
    if "borrower" not in data:
        return user
    name = data["borrower"].strip()
    if not manages_loans(user, venue_id):
        raise Forbidden
    try:
        borrower = User.objects.filter(pk=parse_uuid(name)).first()
    except InvalidInput:
        borrower = User.objects.with_login(name)
    if borrower is None or not borrower.is_active:
        refuse("borrower", _("There is no such account."))
    return borrower
