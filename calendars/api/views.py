from collections.abc import Sequence
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calendars.api.reservation_pages import AFTER, read_reservation_page
from calendars.api.serializers import Calendar
from calendars.day_ranges import read_days
from calendars.day_totals import Day
from calendars.selectors import CalendarRow, calendar_reservations, calendar_rows
from common.api_sets import NEVER_STORED, ViewSet
from common.api_views import filtered
from common.clock import now, second_text
from common.parsing import parse_flag
from common.schema import PAGES, filter_parameters, query
from reservations.api.expanding import EXPAND
from reservations.availability import moment_now
from resources.filters import ResourceFilter
from resources.models import Resource
from resources.selectors import named_resources
from scheduling.spans import Span


class CalendarViewSet(ViewSet[Resource]):
    caching = NEVER_STORED

    @extend_schema(
        summary="Calendar",
        description=(
            "Opening hours, closures with their reasons, busy time and free starts per resource and day. "
            "Others' bookings appear only as busy. 50 resources on a page, 62 days at most. More than 5,000 "
            "reservations come in parts: `reservations_next` leads to the next, until it is null."
        ),
        parameters=[
            *PAGES,
            query("view", "Which days around `date`; weeks begin on Monday.", enum=["day", "week", "month"]),
            query("date", "Local date; unless given, today at the first venue.", type=OpenApiTypes.DATE),
            query("start_date", "First local date, instead of `date`.", type=OpenApiTypes.DATE),
            query("end_date", "Last local date.", type=OpenApiTypes.DATE),
            query("resource_id", "Ids or address names, comma-separated; else all the filters find."),
            query("mine", "Only one's own reservations.", enum=["true", "false"]),
            EXPAND,
            AFTER,
            *filter_parameters(ResourceFilter, without=("is_active",)),
        ],
        responses=Calendar,
    )
    def list(self, request: Request) -> Response:
        params = request.query_params.dict()
        only_own = parse_flag(params.get("mine", "false"), "mine")
        pages: Any = self.paginator
        resources = pages.paginate_queryset(_find_resources(request), request, view=self)
        days = read_days(params, _today_at(resources))
        page = read_reservation_page(
            request, calendar_reservations(resources, days, request.user, mine=only_own), resources
        )
        body = {
            "view": days.view,
            "start_date": days.first,
            "end_date": days.last,
            "count": pages.page.total.number,
            "count_is_estimate": pages.page.total.is_estimate,
            "next": pages.page.next,
            "previous": pages.page.previous,
            "resources": [
                _render_row(row) for row in calendar_rows(resources, days, request.user, moment_now())
            ],
            "reservations": (),
            "reservations_next": page.next,
            "reservations_truncated": page.next is not None,
        }
        return self.answer({**Calendar(body).data, "reservations": page.rendered})


def _today_at(resources: Sequence[Resource]) -> date:
    """Days are shared by all that is shown, so the first venue's count."""
    return now().astimezone(resources[0].venue.zone if resources else UTC).date()


def _find_resources(request: Request) -> Any:
    listed_ids = ",".join(request.query_params.getlist("resource_id"))
    if names := [name.strip() for name in listed_ids.split(",") if name.strip()]:
        return list(dict.fromkeys(named_resources(names, request.user)))
    rows = Resource.objects.visible_to(request.user).order_by("position", "name", "id")
    return filtered(ResourceFilter, request, rows).select_related("venue")


def _render_row(row: CalendarRow) -> dict[str, Any]:
    zone = row.bookable.zone
    return {
        "resource": row.resource,
        "time_zone": str(zone),
        "openings": [_render_span(span, zone) for span in row.opened],
        "blocked": [
            {**_render_span((block.start, block.end), zone), "reason": block.reason, "kind": block.kind}
            for block in row.blocked
        ],
        "busy": [_render_span(span, zone) for span in row.busy],
        "days": [_render_day(day, zone) for day in row.days],
    }


def _render_span(span: Span, zone: ZoneInfo) -> dict[str, str]:
    start, end = span
    return {"start": second_text(start * 60, zone), "end": second_text(end * 60, zone)}


def _render_day(day: Day, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "date": day.on,
        "open_minutes": day.open_minutes,
        "busy_minutes": day.busy_minutes,
        "free_starts": day.free_starts,
        "first_free": None if day.first_free is None else second_text(day.first_free * 60, zone),
    }
