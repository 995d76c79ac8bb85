"""A week of a venue, for everybody: also what was called off, so that nobody learns it at the door."""

from datetime import datetime, time, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from classes.api.filters import VENUE, monday_of
from classes.api.finding import find_class_venue
from classes.api.shapes import SessionSerializer, make_context
from classes.selectors import timetable_of
from common.api_sets import NEVER_STORED
from common.api_views import APIView
from common.schema import query
from common.schema_errors import TIMED, refuses
from common.serializing import Shape
from resources.api.serializers import VenueBriefSerializer

WEEK = query("week", "`2027-W05`, or a date in it; this week unless given.")


class TimetableSerializer(Shape):
    venue = VenueBriefSerializer()
    week = serializers.CharField(help_text="As `2027-W05`")
    first_on = serializers.DateField(help_text="Its Monday")
    last_on = serializers.DateField()
    sessions = SessionSerializer(many=True)


class Timetable(APIView):
    """``/api/timetable``."""

    @extend_schema(
        summary="A week of sessions",
        extensions=refuses(TIMED),
        description="Of a venue, the earliest first, past and cancelled ones, too.",
        parameters=[VENUE, WEEK],
        responses={200: TimetableSerializer},
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        venue = find_class_venue(asked.get("venue"))
        monday = monday_of(asked.get("week", ""), venue.zone)
        next_monday = datetime.combine(monday.date() + timedelta(days=7), time(0), venue.zone)
        sessions = list(timetable_of(venue.pk, monday, next_monday))
        body: dict[str, Any] = {
            "venue": venue,
            "week": f"{monday:%G-W%V}",
            "first_on": monday.date(),
            "last_on": monday.date() + timedelta(days=6),
            "sessions": sessions,
        }
        context = make_context(sessions, request.user)
        return Response(TimetableSerializer(body, context=context).data, headers=NEVER_STORED)
