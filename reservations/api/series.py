from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED, ViewSet
from common.api_views import LocalDateText, StrictSerializer
from common.errors import Forbidden
from common.idempotency import idempotent
from common.job_shapes import JobSerializer
from common.jobs import deferrable
from common.money import round_amount
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, parse_date, parse_time
from common.schema import IDEMPOTENCY, PREFER, location
from common.schema_errors import refuses
from common.serializing import Shape
from reservations.api import refusals
from reservations.api.access import choose_actor, context_of
from reservations.api.answers import Series, SeriesCancelled, SeriesChanged, SeriesPreview
from reservations.api.examples import SERIES, SERIES_CHANGE
from reservations.api.inputs import (
    AS_STAFF,
    CUSTOMER_ASKED,
    ChoiceLineInput,
    CustomerInfoInput,
    Viewer,
    read_customer,
)
from reservations.api.replies import ReplyInput, reply_of
from reservations.api.selection import read_selection
from reservations.exceptions import ReservationNotFound
from reservations.models import Reservation, ReservationSeries
from reservations.permissions import can_reschedule
from reservations.selectors import reservations_in_detail
from reservations.series import book_series, cancel_series, change_series, preview_series
from reservations.series.booking import Occurrence, Pattern, refusal_json
from reservations.series.changing import SeriesChange, SeriesScope
from resources.models import Resource, Venue

MOST_SKIPPED = 200


class SeriesInput(StrictSerializer):
    """What recurs. ``rule`` is an RFC 5545 RRULE with COUNT or UNTIL, stepping in local dates."""

    resource_id = serializers.CharField(max_length=100, required=False)
    group_id = serializers.UUIDField(required=False)
    resources = serializers.ListField(
        child=ChoiceLineInput(), required=False, allow_empty=False, max_length=20
    )
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    date = LocalDateText(help_text="The first local date")
    time = serializers.CharField(max_length=40, help_text="Local time of day of every occurrence")
    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, default=1)
    rule = serializers.CharField(max_length=500)
    skip = serializers.ListField(
        child=LocalDateText(),
        max_length=MOST_SKIPPED,
        default=list,
        help_text="Local dates to leave out",
    )
    as_staff = serializers.BooleanField(default=False, help_text=AS_STAFF)


class SeriesBookingInput(SeriesInput, ReplyInput):
    """With whom it is for; ``on_conflict`` says what becomes of occurrences that are taken."""

    customer_info = CustomerInfoInput(required=False, allow_null=True)
    special_requests = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    on_conflict = serializers.ChoiceField(
        choices=["refuse", "skip"], default="refuse", help_text="refuse: book none; skip: book the others"
    )


class ScopeInput(StrictSerializer):
    """Which of the series: ``reservation_id`` is the one that ``this`` and ``following`` start from."""

    scope = serializers.ChoiceField(choices=[scope.value for scope in SeriesScope])
    reservation_id = serializers.UUIDField(required=False)
    dry_run = serializers.BooleanField(default=False, help_text="Answer what would happen, change nothing")
    as_staff = serializers.BooleanField(default=False, help_text=AS_STAFF)


class SeriesChangeInput(ScopeInput):
    """What changes for each of them; what is left out stays."""

    time = serializers.CharField(max_length=40, required=False, help_text="New local time of day")
    shift_days = serializers.IntegerField(min_value=-366, max_value=366, default=0)
    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    special_requests = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    customer_asked = serializers.BooleanField(default=False, help_text=CUSTOMER_ASKED)


class SeriesCancelInput(ScopeInput):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    refund_request = serializers.BooleanField(default=True, help_text="Return what was paid beyond the fees")


def read_pattern(data: Mapping[str, Any], user: Viewer) -> tuple[Venue, Pattern]:
    """Raises ``InvalidInput``, ``NotFound``."""
    selection = read_selection(data, user)
    venue, items, first = selection.venue, selection.items, selection.first
    return venue, Pattern(
        venue_id=venue.pk,
        items=tuple(items),
        first_on=parse_date(data["date"]),
        at=parse_time(data["time"]),
        duration=timedelta(minutes=data.get("duration") or first.customer_rules.default_duration),
        rule=data["rule"],
        party_size=data["party_size"],
        skip=frozenset(parse_date(day, "skip") for day in data["skip"]),
    )


class SeriesViewSet(ViewSet[ReservationSeries]):
    signed_in = ("create", "retrieve", "partial_update", "cancel")
    without_csrf = ("preview",)
    caching = NEVER_STORED

    def render(self, shape: type[Shape], body: dict[str, Any]) -> dict[str, Any]:
        return dict(shape(body, context=context_of(self.request)).data)

    @extend_schema(
        summary="Dry run of a series",
        extensions=refuses(refusals.BOOKING),
        description="Every occurrence as free with its price, or why not and what else is free near it.",
        request=SeriesInput,
        responses=SeriesPreview,
        examples=[SERIES],
    )
    @action(detail=False, methods=["post"], write_scope="read")
    def preview(self, request: Request) -> Response:
        data = SeriesInput.parsed(request.data)
        venue, pattern = read_pattern(data, request.user)
        actor = choose_actor(request.user, venue.pk, data["as_staff"])
        occurrences = preview_series(pattern=pattern, actor=actor)
        return Response(SeriesPreview(_render_preview(occurrences, venue, data["rule"])).data)

    @extend_schema(
        summary="Book a series",
        extensions=refuses(refusals.BOOKING_SERIES),
        description=(
            "All occurrences or none, unless `on_conflict` is `skip`. What cannot be had is 409 "
            "`series_refused` with `refused`. Needs an account."
        ),
        parameters=[IDEMPOTENCY, PREFER, location(201, 202)],
        request=SeriesBookingInput,
        responses={201: Series, 202: JobSerializer},
        examples=[SERIES],
    )
    @idempotent
    @deferrable
    def create(self, request: Request) -> Response:
        data = SeriesBookingInput.parsed(request.data)
        venue, pattern = read_pattern(data, request.user)
        series, skipped = book_series(
            pattern=pattern,
            customer=read_customer(request.user, data.get("customer_info"), venue),
            actor=choose_actor(request.user, venue.pk, data["as_staff"]),
            requests=data["special_requests"],
            reply=reply_of(data),
            skip_taken=data["on_conflict"] == "skip",
        )
        body = _render_series(series, request.user) | {
            "skipped": [refusal_json(occurrence) for occurrence in skipped]
        }
        return self.created(self.render(Series, body), series.pk)

    @extend_schema(summary="One series", responses=Series)
    def retrieve(self, request: Request, id: UUID) -> Response:
        return self.answer(self.render(Series, _render_series(find_series(request, id), request.user)))

    @extend_schema(
        summary="Change a series",
        extensions=refuses(refusals.CHANGING_SERIES),
        description="This one, this and the following, or all that are still to come; all of them or none.",
        request=SeriesChangeInput,
        responses=SeriesChanged,
        examples=[SERIES_CHANGE],
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        series = _find_changeable(request, id)
        data = SeriesChangeInput.parsed(request.data)
        changed = change_series(
            series_id=series.pk,
            anchor=data.get("reservation_id"),
            scope=SeriesScope(data["scope"]),
            change=_read_change(data),
            actor=choose_actor(request.user, series.venue_id, data["as_staff"]),
            dry_run=data["dry_run"],
        )
        body = {"dry_run": data["dry_run"], "count": len(changed), "reservations": changed}
        return self.answer(self.render(SeriesChanged, body))

    @extend_schema(
        summary="Cancel a series",
        extensions=refuses(refusals.ENDING),
        description="This one, this and the following, or all to come, each under its own terms.",
        request=SeriesCancelInput,
        responses=SeriesCancelled,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: UUID) -> Response:
        series = _find_changeable(request, id)
        data = SeriesCancelInput.parsed(request.data)
        cancelled = cancel_series(
            series_id=series.pk,
            anchor=data.get("reservation_id"),
            scope=SeriesScope(data["scope"]),
            reason=data["reason"],
            wants_refund=data["refund_request"],
            actor=choose_actor(request.user, series.venue_id, data["as_staff"]),
            dry_run=data["dry_run"],
        )
        currency = cancelled[0][1].currency
        body = {
            "dry_run": data["dry_run"],
            "count": len(cancelled),
            "reservations": [reservation for reservation, _terms in cancelled],
            "fee": _add_up((terms.fee for _reservation, terms in cancelled), currency),
            "refund": _add_up((terms.refund for _reservation, terms in cancelled), currency),
            "currency": currency,
        }
        return self.answer(self.render(SeriesCancelled, body))


def _add_up(amounts: Iterable[Decimal], currency: str) -> Decimal:
    return round_amount(sum(amounts, Decimal(0)), currency)


def _render_preview(occurrences: Sequence[Occurrence], venue: Venue, rule: str) -> dict[str, Any]:
    prices = [occurrence.price for occurrence in occurrences if occurrence.price is not None]
    ids = {line.bookable.id for occurrence in occurrences for line in occurrence.lines}
    names = {row.pk: row for row in Resource.objects.filter(pk__in=ids)}
    return {
        "rule": rule,
        "count": len(occurrences),
        "available_count": len(prices),
        "total": sum(prices, Decimal(0)),
        "currency": venue.currency,
        "occurrences": [_render_occurrence(occurrence, venue, names) for occurrence in occurrences],
    }


def _render_occurrence(occurrence: Occurrence, venue: Venue, names: Mapping[int, Resource]) -> dict[str, Any]:
    return {
        "date": occurrence.on,
        "start": occurrence.start.astimezone(venue.zone) if occurrence.start else None,
        "end": occurrence.end.astimezone(venue.zone) if occurrence.end else None,
        "available": occurrence.is_free,
        "reason": occurrence.code or None,
        "message": str(occurrence.message) or None,
        "resources": [names[line.bookable.id] for line in occurrence.lines],
        "price": occurrence.price,
        "alternatives": occurrence.alternatives,
    }


def _render_series(series: ReservationSeries, user: Viewer) -> dict[str, Any]:
    """With those of its reservations that ``user`` sees: a facilitator may lead some of them only."""
    rows = list(reservations_in_detail().visible_to(user).filter(series=series).order_by("starts_at", "id"))
    return {
        "id": series.pk,
        "rule": series.rule,
        "created_at": series.created_at,
        "count": len(rows),
        "reservations": rows,
    }


def find_series(request: Request, id: UUID) -> ReservationSeries:
    """Visible to whom its reservations are. Raises ``ReservationNotFound``."""
    seen = Reservation.objects.visible_to(request.user).filter(series_id=id)
    if not seen.exists():
        raise ReservationNotFound
    return ReservationSeries.objects.get(pk=id)


def _find_changeable(request: Request, id: UUID) -> ReservationSeries:
    series = find_series(request, id)
    first = Reservation.objects.filter(series=series).select_related("venue").order_by("starts_at").first()
    if first is None or not can_reschedule(request.user, first):
        raise Forbidden
    return series


def _read_change(data: Mapping[str, Any]) -> SeriesChange:
    return SeriesChange(
        at=parse_time(data["time"]) if data.get("time") else None,
        shift_days=data["shift_days"],
        duration=timedelta(minutes=data["duration"]) if data.get("duration") else None,
        party_size=data.get("party_size"),
        requests=data.get("special_requests"),
        customer_asked=data["customer_asked"],
    )
