"""Search: which resources are free, and where is the first free time."""

from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import Pagination
from common.api_views import APIView, filtered
from common.clock import now
from common.parsing import (
    parse_date,
    parse_flag,
    parse_instant,
    parse_int,
    parse_time,
    parse_uuid,
    refuse,
    resolve_local_time,
)
from common.schema import PAGES, filter_parameters, page_of, query
from reservations.api.shapes import FirstFreeAnswer, FreeResource
from reservations.availability import DAY
from resources.api.serializers import ResourceBriefSerializer
from resources.filters import ResourceFilter
from resources.models import Resource
from resources.selectors import named_group
from search.api.free import WISH, criteria
from search.times import FirstTime, Result, find_times, first_times, moment_now

MOST_RESOURCES = 500
MOST_DAYS = 365
FILTERS = filter_parameters(ResourceFilter, without=("ordering", "is_active"))
GROUP = query("group_id", "Only members of this group.", type=OpenApiTypes.UUID)


def candidates(request: Request) -> list[Resource]:
    """What the filters find, in the list's order. Raises DRF's ``ValidationError``, ``InvalidInput``."""
    rows = Resource.objects.visible_to(request.user).order_by("position", "name", "id")
    found = filtered(ResourceFilter, request, rows).select_related("venue")
    if text := request.query_params.get("group_id"):
        found = found.filter(groups=_group(text))
    chosen = list(found[: MOST_RESOURCES + 1])
    if len(chosen) > MOST_RESOURCES:
        message = _("More than %(most)d resources: narrow it down by venue or kind.")
        refuse("venue", message % {"most": MOST_RESOURCES})
    return chosen


def _group(text: str) -> int:
    return named_group(parse_uuid(text, "group_id")).pk


class Search(APIView):
    """``GET /api/search``."""

    @extend_schema(
        summary="Which resources are free?",
        description="On a local day, or at one time of it; resources with free times come first.",
        parameters=[
            *PAGES,
            query("date", "Local date, today unless given.", type=OpenApiTypes.DATE),
            query("time", "Only resources that are free at this local time."),
            *WISH,
            *FILTERS,
            GROUP,
            query("available_only", "Leave out what is not free that day.", enum=["true", "false"]),
        ],
        responses=page_of(FreeResource),
    )
    def get(self, request: Request) -> Response:
        params = request.query_params.dict()
        day = parse_date(params["date"]) if params.get("date") else now().date()
        at = parse_time(params["time"]) if params.get("time") else None
        only_free = parse_flag(params.get("available_only") or "false", "available_only")
        found = find_times(candidates(request), criteria(params, day), request.user, moment_now())
        if at is not None:
            found = [each for each in found if _is_free_at(each, day, at)]
        elif only_free:
            found = [each for each in found if each.free]
        pages = Pagination()
        page = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response([_result_json(each) for each in page or ()])


def _is_free_at(result: Result, day: date, at: time) -> bool:
    wanted = resolve_local_time(day, at, result.resource.venue.zone_name)
    return wanted in result.free


def _result_json(result: Result) -> dict[str, Any]:
    return {
        "resource": ResourceBriefSerializer(result.resource).data,
        "time_zone": result.resource.venue.zone_name,
        "duration": result.duration,
        "available": bool(result.free),
        "starts": [at.isoformat() for at in result.free],
        "next_free": _text(result.free[0] if result.free else result.next_free),
        "price": None if result.price is None else str(result.price),
        "currency": result.currency,
        "reason": result.obstacle.reason if result.obstacle else None,
        "message": str(result.obstacle.message) if result.obstacle else None,
    }


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


class FirstAvailable(APIView):
    """``GET /api/first-available``."""

    @extend_schema(
        summary="Where is the first free time?",
        description="Of each resource that the filters find, the earliest first.",
        parameters=[
            query("from", "Instant, or local date, from which to look; now unless given."),
            query("days", "How far to look, 60 unless given, at most 365.", type=OpenApiTypes.INT),
            query("limit", "At most so many results, 10 unless given.", type=OpenApiTypes.INT),
            *WISH,
            *FILTERS,
            GROUP,
        ],
        responses=FirstFreeAnswer,
    )
    def get(self, request: Request) -> Response:
        params = request.query_params.dict()
        limit = parse_int(params.get("limit", 10), "limit", least=1, most=MOST_RESOURCES)
        days = parse_int(params.get("days", 60), "days", least=1, most=MOST_DAYS)
        begin = _begin(params.get("from", ""))
        day = begin if isinstance(begin, date) and not isinstance(begin, datetime) else now().date()
        found = first_times(
            candidates(request),
            criteria(params, day),
            request.user,
            moment_now(),
            begin=begin,
            horizon=days * DAY,
        )
        results = [_first_json(each) for each in found[:limit]]
        return Response({"first": results[0] if results else None, "results": results})


def _begin(text: str) -> datetime | date:
    if not text:
        return now()
    return parse_instant(text, "from") if "T" in text.upper() else parse_date(text, "from")


def _first_json(found: FirstTime) -> dict[str, Any]:
    return {
        "resource": ResourceBriefSerializer(found.resource).data,
        "time_zone": found.resource.venue.zone_name,
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        "duration": int((found.end - found.start).total_seconds()) // 60,
        "price": str(found.price),
        "currency": found.currency,
    }
