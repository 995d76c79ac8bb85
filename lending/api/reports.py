"""Who waited how long, and how much each thing was used: for staff, as JSON or CSV."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import renderers, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED
from common.api_views import APIView
from common.clock import now
from common.parsing import parse_date, refuse
from common.rendering import JSONRenderer
from common.schema import query
from common.schema_errors import TIMED, refuses
from common.serializing import Shape
from lending.api.places import VENUE, find_desk
from lending.enums import QueueRule
from lending.reports import Period, Table, fairness_report, fairness_table, use_report, use_table
from lending.spreadsheets import write_csv
from resources.api.serializers import ResourceBriefSerializer
from resources.models import Venue

USUAL_DAYS, MOST_DAYS = 30, 5 * 366
PERIOD = [
    VENUE,
    query("from", f"First local day; {USUAL_DAYS} days unless given.", type=OpenApiTypes.DATE),
    query("to", "Last local day; today unless given.", type=OpenApiTypes.DATE),
]
ABOUT = "For managers and staff. With `Accept: text/csv` as a table for spreadsheets."


class CsvRenderer(renderers.BaseRenderer):
    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Table,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return write_csv(data).encode()


class WaitsSerializer(Shape):
    """Minutes between asking and having it; null where no one asked."""

    count = serializers.IntegerField()
    median = serializers.IntegerField(allow_null=True)
    p95 = serializers.IntegerField(allow_null=True, help_text="95 of 100 waited no longer")
    longest = serializers.IntegerField(allow_null=True)


class FairnessPersonSerializer(Shape):
    person_id = serializers.UUIDField()
    name = serializers.CharField()
    loans = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of all loans, from 0 to 1")
    minutes = serializers.IntegerField(help_text="How long they had something")
    waits = WaitsSerializer()


class FairnessRuleSerializer(Shape):
    """Things whose queue has this order."""

    rule = serializers.ChoiceField(QueueRule.choices)
    loans = serializers.IntegerField()
    waits = WaitsSerializer()
    frequent = WaitsSerializer(help_text="Of the few who together had half of the time")
    others = WaitsSerializer()


class FairnessReportSerializer(Shape):
    first_on = serializers.DateField(source="period.first")
    last_on = serializers.DateField(source="period.last")
    loans = serializers.IntegerField()
    waits = WaitsSerializer()
    waiting = serializers.IntegerField(help_text="People who wait now")
    people = FairnessPersonSerializer(many=True)
    rules = FairnessRuleSerializer(many=True)


class UsedThingSerializer(Shape):
    resource = ResourceBriefSerializer()
    loans = serializers.IntegerField()
    minutes = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of the time that its units could have been out, from 0 to 1")
    waits = WaitsSerializer()
    waiting = serializers.IntegerField()
    overdue = serializers.IntegerField(help_text="Came back late, or are late now")
    lost = serializers.IntegerField()


class UseReportSerializer(Shape):
    first_on = serializers.DateField(source="period.first")
    last_on = serializers.DateField(source="period.last")
    loans = serializers.IntegerField()
    minutes = serializers.IntegerField()
    share = serializers.FloatField()
    overdue = serializers.IntegerField()
    things = UsedThingSerializer(many=True)


class Report(APIView):
    signed_in = ("GET",)
    read_scope: ClassVar[str] = "manage"
    renderer_classes = (JSONRenderer, CsvRenderer)

    def handle_exception(self, exc: Exception) -> Response:
        """Errors are JSON, whatever was asked for."""
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)

    def answer(self, shape: type[Shape], report: Any, table: Table, name: str) -> Response:
        if self.request.accepted_renderer.format != CsvRenderer.format:
            return Response(shape(report).data, headers=NEVER_STORED)
        attachment = f'attachment; filename="{name}.csv"'
        return Response(table, headers={**NEVER_STORED, "Content-Disposition": attachment})


class FairnessReport(Report):
    """``GET /api/lending/reports/fairness``."""

    @extend_schema(
        summary="Who waited how long, and who had how much",
        description=ABOUT,
        extensions=refuses(TIMED),
        parameters=PERIOD,
        responses={(200, "application/json"): FairnessReportSerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response:
        venue = find_desk(request)
        period = read_period(request, venue)
        report = fairness_report(venue=venue, period=period, viewer=request.user)
        name = f"fairness-{venue.slug}-{period.first}-{period.last}"
        return self.answer(FairnessReportSerializer, report, fairness_table(report), name)


class UseReport(Report):
    """``GET /api/lending/reports/use``."""

    @extend_schema(
        summary="How much each thing was used",
        description=ABOUT,
        extensions=refuses(TIMED),
        parameters=PERIOD,
        responses={(200, "application/json"): UseReportSerializer, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response:
        venue = find_desk(request)
        period = read_period(request, venue)
        report = use_report(venue=venue, period=period)
        name = f"use-{venue.slug}-{period.first}-{period.last}"
        return self.answer(UseReportSerializer, report, use_table(report), name)


def read_period(request: Request, venue: Venue) -> Period:
    """Raises ``InvalidInput``."""
    asked, today = request.query_params, now().astimezone(venue.zone).date()
    last: date = parse_date(asked["to"], "to") if asked.get("to") else today
    usual = last - timedelta(days=USUAL_DAYS - 1)
    first: date = parse_date(asked["from"], "from") if asked.get("from") else usual
    if last < first:
        refuse("to", _("Enter a date after the start."))
    if last - first > timedelta(days=MOST_DAYS):
        refuse("to", _("Choose five years or less."))
    return Period.of(venue, first, last)
