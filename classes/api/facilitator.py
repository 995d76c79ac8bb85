"""What a facilitator sees of their own sessions: bookings, figures, rosters, pay, and their profile."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import account_of
from classes import services
from classes.api import refusals
from classes.api.booking_shapes import LedSeatSerializer, RosterSerializer
from classes.api.filters import FILTERS, PAGED, PAGES, PERIOD, VENUE, narrow, read_period
from classes.api.finding import (
    find_any_profile,
    find_class_venue,
    find_managed_session,
    find_studio,
    own_profile,
)
from classes.api.inputs import CallingOffInput, ProfileInput
from classes.api.lists import answer_rows, array_or_page
from classes.api.numbers import NumberField
from classes.api.session_steps import render_roster
from classes.api.sessions import call_off
from classes.api.shapes import LedSessionSerializer, SessionCancelledSerializer, make_context
from classes.dashboard import read_metrics, recent_bookings
from classes.exceptions import SessionNotFound
from classes.lists import bookings_led_by
from classes.models import Facilitator, SeatBooking, Session, Studio
from classes.querysets import SeatBookingQuerySet, SessionQuerySet
from classes.selectors import count_booked, sessions_in_detail
from common.api_sets import NEVER_STORED, ViewSet
from common.api_views import APIView
from common.clock import now
from common.schema_errors import TIMED, refuses
from common.serializing import RowShape, Shape
from resources.permissions import works_at

REFUSED = refuses(refusals.LEADING)
ABOUT = "403 for others, 404 for a venue's team without a profile."


class LedSeatViewSet(ViewSet[SeatBooking]):
    """``/api/facilitator/bookings``."""

    serializer_class = LedSeatSerializer
    signed_in = ("list",)
    read_scope = "manage"
    caching = NEVER_STORED

    def get_queryset(self) -> SeatBookingQuerySet:
        return bookings_led_by(own_profile(self.request))

    @extend_schema(
        summary="Bookings of the sessions one leads",
        extensions=REFUSED,
        description=f"The latest first, with how to reach people. {ABOUT} {PAGED}",
        parameters=[VENUE, *PAGES],
        responses={200: array_or_page(LedSeatSerializer)},
    )
    def list(self, request: Request) -> Response:
        def render(seats: Sequence[SeatBooking]) -> Any:
            return LedSeatSerializer(seats, many=True).data

        return answer_rows(self, self.get_queryset(), render)


class LedSessionViewSet(ViewSet[Session]):
    """``/api/facilitator/sessions``."""

    serializer_class = LedSessionSerializer
    lookup_value_converter = "int"
    missing = SessionNotFound
    signed_in = ("list", "destroy", "bookings")
    read_scope = "manage"
    write_scope = "manage"
    caching = NEVER_STORED

    def get_queryset(self) -> SessionQuerySet:
        rows = sessions_in_detail().filter(facilitator=own_profile(self.request))
        return rows.order_by("-starts_at", "-pk")

    @extend_schema(
        summary="The sessions one leads",
        extensions=refuses(refusals.LEADING, TIMED),
        description=f"Also those that were called off or are over; the latest first. {ABOUT} {PAGED}",
        parameters=[*FILTERS, *PAGES],
        responses={200: array_or_page(LedSessionSerializer)},
    )
    def list(self, request: Request) -> Response:
        profile = own_profile(request)
        rows = sessions_in_detail().filter(facilitator=profile).order_by("-starts_at", "-pk")
        rows = narrow(rows, request.query_params, profile.venue.zone)
        return answer_rows(self, rows, self.render_rows)

    def render_rows(self, rows: Sequence[Session]) -> Any:
        context = make_context(rows, self.request.user) | {"counts": count_booked(rows)}
        return LedSessionSerializer(rows, many=True, context=context).data

    @extend_schema(
        summary="Call off a session",
        extensions=refuses(refusals.CALLING_OFF),
        description="The same as `/api/sessions/<id>/cancel`: nothing is deleted.",
        responses={200: SessionCancelledSerializer},
    )
    def destroy(self, request: Request, id: int) -> Response:
        return call_off(self, id, CallingOffInput.parsed({}))

    @extend_schema(
        summary="The roster of a session",
        extensions=REFUSED,
        description="For who leads it, managers and staff. Those who have cancelled come last.",
        responses={200: RosterSerializer(many=True)},
    )
    @action(detail=True)
    def bookings(self, request: Request, id: int) -> Response:
        return self.answer(render_roster(find_managed_session(request.user, id)))


class RevenuePartsSerializer(Shape):
    """Together they are ``total_revenue``."""

    payments = NumberField()
    refunds = NumberField(help_text="Negative")
    passes = NumberField(help_text="Each credit used is its part of the price of its pass")


class MetricsSerializer(Shape):
    """``total_revenue``: payments of these sessions' bookings, refunds, and passes as they are used."""

    total_sessions = serializers.IntegerField()
    active_sessions = serializers.IntegerField()
    total_bookings = serializers.IntegerField()
    total_revenue = NumberField(help_text="Of the sessions of the period, whenever they were paid")
    revenue = RevenuePartsSerializer()
    upcoming_sessions = serializers.IntegerField()
    payout = NumberField(help_text="What one is paid for them, as far as they are over")
    fill_percent = serializers.IntegerField(help_text="Seats booked of all seats")
    currency = serializers.CharField()


class DashboardSerializer(Shape):
    metrics = MetricsSerializer()
    recent_bookings = LedSeatSerializer(many=True, help_text="The last ten")


class Dashboard(APIView):
    """``/api/facilitator/dashboard``."""

    signed_in = ("GET",)
    read_scope = "manage"

    @extend_schema(
        summary="A facilitator's figures",
        extensions=refuses(refusals.LEADING, TIMED),
        description=f"Of all sessions, or of those in a period. {ABOUT}",
        parameters=[*PERIOD, VENUE],
        responses={200: DashboardSerializer},
    )
    def get(self, request: Request) -> Response:
        profile = own_profile(request)
        start, end = read_period(request.query_params, profile.venue.zone)
        recent = recent_bookings(profile)
        for seat in recent:
            seat.session.venue = profile.venue
        metrics = read_metrics(profile, now=now(), start=start, end=end)
        body = {"metrics": metrics, "recent_bookings": recent}
        return Response(DashboardSerializer(body).data, headers=NEVER_STORED)


class StudioSerializer(Shape):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    kind = serializers.CharField()
    seats = serializers.IntegerField(source="seats.units", help_text="The most people it may hold")


class ProfileSerializer(RowShape[Facilitator]):
    """One's own profile, with the studios in which sessions can take place."""

    venue = serializers.CharField(source="venue.slug")
    is_approved = serializers.BooleanField()
    usual_place = serializers.CharField(source="default_place.name", allow_null=True)
    places = StudioSerializer(many=True)

    class Meta:
        model = Facilitator
        fields = (
            *("id", "name", "bio", "specialization", "is_public", "is_approved", "venue", "usual_place"),
            "places",
        )
        read_only_fields = fields

    def read_places(self, profile: Facilitator) -> Any:
        return Studio.objects.filter(venue=profile.venue_id).select_related("seats").order_by("name", "pk")


class Profile(APIView):
    """``/api/facilitator/profile``."""

    signed_in = ("GET", "POST", "PATCH")
    write_scope = "manage"

    @extend_schema(
        summary="One's profile as a facilitator",
        extensions=REFUSED,
        description=f"404 without one; also before the venue approves it. {ABOUT}",
        parameters=[VENUE],
        responses={200: ProfileSerializer},
    )
    def get(self, request: Request) -> Response:
        return self._answer(self._find(request))

    @extend_schema(
        summary="Become a facilitator",
        description=(
            "A profile that the venue approves; for members of the team it is approved at once. The same one "
            "when asked again."
        ),
        request=ProfileInput,
        responses={201: ProfileSerializer},
    )
    def post(self, request: Request) -> Response:
        data, user = ProfileInput.parsed(request.data), account_of(request)
        venue = find_class_venue(data.get("venue"))
        profile = services.register_facilitator(
            venue=venue,
            user=user,
            name=data.get("name", ""),
            bio=data.get("bio", ""),
            specialization=data.get("specialization", ""),
            is_approved=settings.CLASSES_OPEN_SIGNUP or works_at(user, venue.pk),
        )
        return self._answer(profile, status.HTTP_201_CREATED)

    @extend_schema(
        summary="Change one's profile",
        extensions=REFUSED,
        parameters=[VENUE],
        request=ProfileInput,
        responses={200: ProfileSerializer},
    )
    def patch(self, request: Request) -> Response:
        profile, data = self._find(request), ProfileInput.parsed(request.data)
        data.pop("venue", None)
        if "place" in data:
            data["default_place"] = find_studio(profile.venue, data.pop("place").strip())
        return self._answer(services.change_profile(facilitator=profile, **data))

    def _find(self, request: Request) -> Facilitator:
        return find_any_profile(account_of(request), request.query_params.get("venue"))

    def _answer(self, profile: Facilitator, code: int = status.HTTP_200_OK) -> Response:
        return Response(ProfileSerializer(profile).data, code, headers=NEVER_STORED)
