"""External calendars over HTTP: the members of a venue see them, managers and staff change them."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from calendars.fetching import shown_address
from calendars.models import LONGEST_INTERVAL, SHORTEST_INTERVAL, ExternalCalendar, ExternalEvent
from calendars.permissions import require_connector
from calendars.services import add_calendar, change_calendar, look_now, remove_calendar
from common.api_views import APIView, StrictSerializer, paged, private
from common.clock import now
from common.errors import NotFound
from common.idempotency import idempotent
from common.parsing import parse_flag, parse_uuid
from common.schema import IDEMPOTENCY, PAGES, page_of, query
from resources.models import Resource, Venue
from resources.selectors import named_resources


class ExternalCalendarSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    resource_id = serializers.UUIDField(source="resource.uuid")
    name = serializers.CharField()
    address = serializers.SerializerMethodField(help_text="Its server alone: the rest may be a secret")
    is_active = serializers.BooleanField()
    interval = serializers.IntegerField(help_text="Minutes between two looks")
    last_fetched_at = serializers.DateTimeField(allow_null=True)
    last_success_at = serializers.DateTimeField(allow_null=True)
    next_fetch_at = serializers.DateTimeField()
    failures = serializers.IntegerField(help_text="In a row")
    last_error = serializers.CharField(help_text="Empty when the last look succeeded")
    conflicts = serializers.IntegerField(help_text="Times ahead that could not be blocked")
    created_at = serializers.DateTimeField()

    def get_address(self, calendar: ExternalCalendar) -> str:
        return shown_address(calendar)


class ExternalEventSerializer(serializers.Serializer[Any]):
    start = serializers.SerializerMethodField(help_text="On the venue's wall clock")
    end = serializers.SerializerMethodField()
    uids = serializers.ListField(child=serializers.CharField(), help_text="Of the events in it")
    summary = serializers.CharField()
    reservation_id = serializers.UUIDField(allow_null=True, help_text="The block; null if there is none")
    conflict = serializers.CharField(help_text="Why it is not blocked, or empty")

    def get_start(self, event: ExternalEvent) -> str:
        return event.starts_at.astimezone(event.calendar.resource.venue.zone).isoformat()

    def get_end(self, event: ExternalEvent) -> str:
        return event.ends_at.astimezone(event.calendar.resource.venue.zone).isoformat()


class ExternalCalendarChange(StrictSerializer):
    """What is left out stays."""

    name = serializers.CharField(max_length=100, required=False)
    url = serializers.CharField(
        max_length=2000, required=False, help_text="A public address; webcal:// is https://"
    )
    interval = serializers.IntegerField(
        min_value=SHORTEST_INTERVAL, max_value=LONGEST_INTERVAL, required=False, help_text="Minutes"
    )
    is_active = serializers.BooleanField(required=False, help_text="False: what is blocked stays blocked")


class ExternalCalendarInput(StrictSerializer):
    resource_id = serializers.CharField(max_length=100, help_text="Its id or slug")
    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=2000, help_text="A public address; webcal:// is https://")
    interval = serializers.IntegerField(
        min_value=SHORTEST_INTERVAL, max_value=LONGEST_INTERVAL, default=15, help_text="Minutes"
    )


def calendars_seen_by(request: Request) -> QuerySet[ExternalCalendar]:
    rows = ExternalCalendar.objects.select_related("resource__venue").order_by("name", "id")
    ahead = Count("events", filter=~Q(events__conflict="") & Q(events__ends_at__gt=now()))
    rows = rows.annotate(conflicts=ahead)
    if request.user.is_superuser:
        return rows
    return rows.filter(venue__in=Venue.objects.staffed_by(request.user))


def one_seen_by(request: Request, id: UUID) -> ExternalCalendar:
    """Raises ``NotFound``."""
    found = calendars_seen_by(request).filter(pk=id).first()
    if found is None:
        raise NotFound
    return found


def changeable(request: Request, id: UUID) -> ExternalCalendar:
    """Raises ``NotFound``, and ``Forbidden`` for those who may only look."""
    found = one_seen_by(request, id)
    require_connector(request.user, found.resource.venue_id)
    return found


class ExternalView(APIView):
    write_scope = "manage"

    def shown(self, request: Request, id: UUID, code: int = status.HTTP_200_OK) -> Response:
        return private(Response(ExternalCalendarSerializer(one_seen_by(request, id)).data, code))


class ExternalCalendars(ExternalView):
    signed_in = ("GET", "POST")

    @extend_schema(
        summary="External calendars",
        description="Those of one's venues.",
        parameters=[query("resource_id", "Id of a resource.", type=OpenApiTypes.UUID), *PAGES],
        responses={200: page_of(ExternalCalendarSerializer)},
    )
    def get(self, request: Request) -> Response:
        rows = calendars_seen_by(request)
        if "resource_id" in request.query_params:
            rows = rows.filter(resource__uuid=parse_uuid(request.query_params["resource_id"], "resource_id"))
        return private(paged(self, request, rows, ExternalCalendarSerializer))

    @extend_schema(
        summary="Connect an external calendar",
        description=(
            "From now on its busy times block the resource. Overlapping and adjoining events are one block; "
            "what is booked already stays booked and is told as a conflict until it is free."
        ),
        parameters=[IDEMPOTENCY],
        request=ExternalCalendarInput,
        responses={201: ExternalCalendarSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        data = ExternalCalendarInput.parsed(request.data)
        resource: Resource = named_resources([data.pop("resource_id")], request.user)[0]
        require_connector(request.user, resource.venue_id)
        made = add_calendar(resource=resource, **data)
        response = self.shown(request, made.pk, status.HTTP_201_CREATED)
        response["Location"] = request.build_absolute_uri(f"{request.path.rstrip('/')}/{made.pk}")
        return response


class ExternalCalendarDetail(ExternalView):
    signed_in = ("GET", "PATCH", "DELETE")

    @extend_schema(summary="An external calendar", responses={200: ExternalCalendarSerializer})
    def get(self, request: Request, id: UUID) -> Response:
        return self.shown(request, id)

    @extend_schema(
        summary="Change an external calendar",
        request=ExternalCalendarChange,
        responses={200: ExternalCalendarSerializer},
    )
    def patch(self, request: Request, id: UUID) -> Response:
        changeable(request, id)
        change_calendar(calendar_id=id, changes=ExternalCalendarChange.parsed(request.data))
        return self.shown(request, id)

    @extend_schema(
        summary="Disconnect an external calendar",
        description="Its blocks that are not over are given back.",
        responses={204: None},
    )
    def delete(self, request: Request, id: UUID) -> Response:
        changeable(request, id)
        remove_calendar(calendar_id=id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExternalCalendarFetch(ExternalView):
    signed_in = ("POST",)

    @extend_schema(
        summary="Look at an external calendar now",
        description="As soon as a worker is free; `last_fetched_at` tells when it was done.",
        request=None,
        responses={202: ExternalCalendarSerializer},
    )
    def post(self, request: Request, id: UUID) -> Response:
        changeable(request, id)
        look_now(calendar_id=id)
        return self.shown(request, id, status.HTTP_202_ACCEPTED)


class ExternalCalendarEvents(ExternalView):
    signed_in = ("GET",)

    @extend_schema(
        summary="What an external calendar says is busy",
        parameters=[
            query("conflict", "Only what could, or could not, be blocked.", type=OpenApiTypes.BOOL),
            *PAGES,
        ],
        responses={200: page_of(ExternalEventSerializer)},
    )
    def get(self, request: Request, id: UUID) -> Response:
        found = one_seen_by(request, id)
        rows = ExternalEvent.objects.filter(calendar=found).select_related("calendar__resource__venue")
        if "conflict" in request.query_params:
            wanted = parse_flag(request.query_params["conflict"], "conflict")
            rows = rows.exclude(conflict="") if wanted else rows.filter(conflict="")
        return private(paged(self, request, rows.order_by("starts_at", "id"), ExternalEventSerializer))
