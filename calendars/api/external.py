from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from calendars.fetching import masked_address
from calendars.models import LONGEST_INTERVAL, SHORTEST_INTERVAL, ExternalCalendar, ExternalEvent
from calendars.permissions import require_connector
from calendars.reports import describe_problems
from calendars.services import add_calendar, change_calendar, fetch_soon, remove_calendar
from common.api_sets import NEVER_STORED, ListAction, RetrieveAction
from common.api_views import StrictSerializer
from common.clock import now
from common.idempotency import idempotent
from common.names import check_name
from common.parsing import parse_flag, parse_uuid
from common.schema import IDEMPOTENCY, PAGES, location, page_of, query
from common.schema_errors import ADDRESS, refuses
from common.second_factor import is_administrator, require_roles
from common.serializing import Shape, ZonedDateTimeField
from common.venues import MANAGING
from resources.models import Resource, Venue
from resources.selectors import named_resources


class ExternalCalendarSerializer(Shape):
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
    problems = serializers.SerializerMethodField(
        help_text="What could not be read of a file that was read otherwise, in words"
    )
    conflicts = serializers.IntegerField(help_text="Times ahead that could not be blocked")
    created_at = serializers.DateTimeField()

    def get_address(self, calendar: ExternalCalendar) -> str:
        return masked_address(calendar)

    def get_problems(self, calendar: ExternalCalendar) -> list[str]:
        return describe_problems(calendar.problems, calendar.read_until, calendar.resource.venue.zone)


class ExternalEventSerializer(Shape):
    start = ZonedDateTimeField(read_only=True, help_text="On the venue's wall clock")
    end = ZonedDateTimeField(read_only=True)
    uids = serializers.ListField(child=serializers.CharField(), help_text="Of the events in it")
    summary = serializers.CharField()
    reservation_id = serializers.UUIDField(allow_null=True, help_text="The block; null if there is none")
    conflict = serializers.CharField(help_text="Why it is not blocked, or empty")

    def read_start(self, event: ExternalEvent) -> datetime:
        return event.starts_at.astimezone(event.calendar.resource.venue.zone)

    def read_end(self, event: ExternalEvent) -> datetime:
        return event.ends_at.astimezone(event.calendar.resource.venue.zone)


class ExternalCalendarChange(StrictSerializer):
    """What is left out stays."""

    name = serializers.CharField(validators=[check_name], max_length=100, required=False)
    url = serializers.CharField(
        max_length=2000, required=False, help_text="A public address; webcal:// is https://"
    )
    interval = serializers.IntegerField(
        min_value=SHORTEST_INTERVAL, max_value=LONGEST_INTERVAL, required=False, help_text="Minutes"
    )
    is_active = serializers.BooleanField(required=False, help_text="False: what is blocked stays blocked")


class ExternalCalendarInput(StrictSerializer):
    resource_id = serializers.CharField(max_length=100, help_text="Its id or slug")
    name = serializers.CharField(validators=[check_name], max_length=100)
    url = serializers.CharField(max_length=2000, help_text="A public address; webcal:// is https://")
    interval = serializers.IntegerField(
        min_value=SHORTEST_INTERVAL, max_value=LONGEST_INTERVAL, default=15, help_text="Minutes"
    )


class ExternalCalendarViewSet(ListAction[ExternalCalendar], RetrieveAction[ExternalCalendar]):
    serializer_class = ExternalCalendarSerializer
    write_scope = "manage"
    signed_in = ("list", "create", "retrieve", "partial_update", "destroy", "fetch", "events")
    caching = NEVER_STORED
    lookup_field = "pk"

    def get_queryset(self) -> QuerySet[ExternalCalendar]:
        rows = ExternalCalendar.objects.select_related("resource__venue").order_by("name", "id")
        ahead = Count("events", filter=~Q(events__conflict="") & Q(events__ends_at__gt=now()))
        rows = rows.annotate(conflicts=ahead)
        if is_administrator(self.request.user):
            return rows
        require_roles(self.request.user)
        return rows.filter(venue__in=Venue.objects.staffed_by(self.request.user, *MANAGING))

    def require_changeable(self) -> None:
        """Raises ``NotFound``, and ``Forbidden`` for those who may only look."""
        require_connector(self.request.user, self.get_object().resource.venue_id)

    def answer_current(self, id: UUID, code: int = status.HTTP_200_OK) -> Response:
        return self.answer(self.rendered(self.get_queryset().get(pk=id)), code)

    @extend_schema(
        summary="External calendars",
        description="Those of one's venues.",
        parameters=[query("resource_id", "Id of a resource.", type=OpenApiTypes.UUID), *PAGES],
        responses={200: page_of(ExternalCalendarSerializer)},
    )
    def list(self, request: Request) -> Response:
        rows = self.get_queryset()
        if "resource_id" in request.query_params:
            rows = rows.filter(resource__uuid=parse_uuid(request.query_params["resource_id"], "resource_id"))
        return self.paged(rows)

    @extend_schema(
        summary="Connect an external calendar",
        extensions=refuses(ADDRESS),
        description=(
            "From now on its busy times block the resource. Overlapping and adjoining events are one block; "
            "what is booked already stays booked and is told as a conflict until it is free."
        ),
        parameters=[IDEMPOTENCY, location(201)],
        request=ExternalCalendarInput,
        responses={201: ExternalCalendarSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data = ExternalCalendarInput.parsed(request.data)
        resource: Resource = named_resources([data.pop("resource_id")], request.user)[0]
        require_connector(request.user, resource.venue_id)
        made = add_calendar(resource=resource, **data)
        return self.created(self.rendered(self.get_queryset().get(pk=made.pk)), made.pk)

    @extend_schema(summary="An external calendar", responses={200: ExternalCalendarSerializer})
    def retrieve(self, request: Request, id: UUID) -> Response:
        return super().retrieve(request, id)

    @extend_schema(
        summary="Change an external calendar",
        extensions=refuses(ADDRESS),
        request=ExternalCalendarChange,
        responses={200: ExternalCalendarSerializer},
    )
    def partial_update(self, request: Request, id: UUID) -> Response:
        self.require_changeable()
        change_calendar(calendar_id=id, changes=ExternalCalendarChange.parsed(request.data))
        return self.answer_current(id)

    @extend_schema(
        summary="Disconnect an external calendar",
        description="Its blocks that are not over are given back.",
        responses={204: None},
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        self.require_changeable()
        remove_calendar(calendar_id=id)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Look at an external calendar now",
        extensions=refuses(ADDRESS),
        description="As soon as a worker is free; `last_fetched_at` tells when it was done.",
        request=None,
        responses={202: ExternalCalendarSerializer},
    )
    @action(detail=True, methods=["post"])
    def fetch(self, request: Request, id: UUID) -> Response:
        self.require_changeable()
        fetch_soon(calendar_id=id)
        return self.answer_current(id, status.HTTP_202_ACCEPTED)

    @extend_schema(
        summary="What an external calendar says is busy",
        parameters=[
            query("conflict", "Only what could, or could not, be blocked.", type=OpenApiTypes.BOOL),
            *PAGES,
        ],
        responses={200: page_of(ExternalEventSerializer)},
    )
    @action(detail=True)
    def events(self, request: Request, id: UUID) -> Response:
        calendar = self.get_object()
        rows = ExternalEvent.objects.filter(calendar=calendar).select_related("calendar__resource__venue")
        if "conflict" in request.query_params:
            has_conflict = parse_flag(request.query_params["conflict"], "conflict")
            rows = rows.exclude(conflict="") if has_conflict else rows.filter(conflict="")
        return self.paged(rows.order_by("starts_at", "id"), ExternalEventSerializer)
