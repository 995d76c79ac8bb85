from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED, ViewSet
from common.api_views import LocalDateText, StrictSerializer
from common.clock import now
from common.errors import DomainError, Forbidden
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, refuse
from common.schema import TOKEN
from common.schema_errors import refuses
from reservations.api.access import choose_actor, find_reservation, token_of
from reservations.api.examples import HOLD
from reservations.api.inputs import AS_STAFF, CUSTOMER_ASKED, HoldInput, read_change
from reservations.api.selection import read_booking
from reservations.api.shapes import Terms
from reservations.models import Reservation
from reservations.permissions import can_cancel
from reservations.services import cancellation_preview
from search.api import refusals
from search.api.shapes import MoveQuote, QuoteShape
from search.quotes import quote_booking, quote_move


class QuoteViewSet(ViewSet[Reservation]):
    write_scope = "read"
    without_csrf = ("create",)

    @extend_schema(
        summary="Price of a booking",
        extensions=refuses(refusals.QUOTING),
        description="Takes what holding takes; nothing is booked or held.",
        request=HoldInput,
        responses={200: QuoteShape},
        examples=[HOLD],
    )
    def create(self, request: Request) -> Response:
        data = HoldInput.parsed(request.data)
        selection, shared = read_booking(data, request.user)
        venue = selection.venue
        quote = quote_booking(**shared, actor=choose_actor(request.user, venue.pk, data["as_staff"]))
        answer = {
            "start": shared["start"].astimezone(venue.zone),
            "end": shared["end"].astimezone(venue.zone),
            "total": quote.total,
            "currency": quote.currency,
            "lines": quote.price_lines,
            "available": not quote.code,
            "reason": quote.code or None,
            "message": str(quote.message) or None,
            "needs_approval": quote.needs_approval,
            "deposit": quote.deposit,
            "cancellation_policy": quote.cancellation_terms,
            "questions": quote.questions,
            "terms": quote.terms,
        }
        return self.answer(QuoteShape(answer).data)


class MoveInput(StrictSerializer):
    """As changing takes it; what is left out stays as it is."""

    date = LocalDateText(required=False)
    time = serializers.CharField(max_length=40, required=False)
    start = serializers.CharField(max_length=40, required=False)
    end = serializers.CharField(max_length=40, required=False)
    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    resource_id = serializers.CharField(max_length=100, required=False)
    as_staff = serializers.BooleanField(default=False, help_text=AS_STAFF)
    customer_asked = serializers.BooleanField(default=False, help_text=CUSTOMER_ASKED)


class ReservationQuoteViewSet(ViewSet[Reservation]):
    write_scope = "read"
    without_csrf = ("reschedule_quote",)
    caching = NEVER_STORED

    @extend_schema(
        summary="Price of a change",
        extensions=refuses(refusals.QUOTING_CHANGE),
        description=(
            "Whether another time, party or resource would be accepted, what it would cost, and what "
            "cancelling would cost at least from then on; nothing is changed."
        ),
        parameters=[*TOKEN],
        request=MoveInput,
        responses=MoveQuote,
    )
    @action(detail=True, methods=["post"], url_path="reschedule-quote")
    def reschedule_quote(self, request: Request, id: UUID) -> Response:
        reservation = find_reservation(request, id)
        if not can_cancel(request.user, reservation, token_of(request)):
            raise Forbidden
        data = MoveInput.parsed(request.data)
        changes = read_change(data, reservation)
        if not (changes.start or changes.party_size or "resource_id" in data):
            refuse("start", _("Enter a date and a time, or a start."))
        actor = choose_actor(request.user, reservation.venue_id, data["as_staff"])
        price, refused = quote_move(reservation, changes=changes, actor=actor)
        body = {
            "start": (changes.start or reservation.starts_at).astimezone(reservation.venue.zone),
            "end": (changes.end or reservation.ends_at).astimezone(reservation.venue.zone),
            "old_price": price.old,
            "new_price": price.new,
            "difference": price.difference,
            "minimum_fee": price.minimum_fee,
            "currency": price.currency,
        }
        return self.answer(MoveQuote(body | _render_verdict(refused)).data)

    @extend_schema(
        summary="Fee and refund of cancelling now",
        description="By the function that cancelling settles with.",
        parameters=[*TOKEN],
        responses=Terms,
    )
    @action(detail=True, url_path="cancellation-quote")
    def cancellation_quote(self, request: Request, id: UUID) -> Response:
        return self.answer(Terms(cancellation_preview(find_reservation(request, id), now=now())).data)


def _render_verdict(refused: DomainError | None) -> dict[str, Any]:
    near = refused.extra.get("alternatives", []) if refused else []
    return {
        "available": refused is None,
        "reason": refused.code if refused else None,
        "message": refused.message if refused else None,
        "alternatives": near,
    }
