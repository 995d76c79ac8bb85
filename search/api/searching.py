from collections.abc import Mapping, Sequence
from datetime import date, datetime, time

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import ViewSet
from common.api_views import filtered
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
from common.schema import NUMBERED_PAGES, filter_parameters, number, query
from reservations.availability import DAY, moment_now
from resources.models import Resource, ResourceGroup
from resources.selectors import named_group
from scheduling.zones import to_minute
from search.api.free import WISH, read_criteria
from search.api.shapes import FirstFreeAnswer, FreeGroup, FreeResource, FreeResourcePage
from search.engine import find_first_matches, find_matches
from search.filters import PlaceFilter, bookable_groups, groups_about, select_groups, split_words
from search.forms import NO_TIME_LEFT
from search.values import Match
from search.windows import Window, WindowFromToday, hours_between

MOST_RESOURCES = 500
MOST_DAYS = 365
LONGEST_WINDOW = 31
FILTERS = filter_parameters(PlaceFilter, without=("ordering", "is_active"))
GROUPS = [
    query("group_id", "Only this group and its members.", type=OpenApiTypes.UUID),
    query(
        "include_groups",
        "Answer for groups, too, of which any member will do, if all members are within the filters.",
        enum=["true", "false"],
    ),
]


def list_places(request: Request) -> list[Resource | ResourceGroup]:
    return [*list_resources(request), *list_groups(request)]


def list_resources(request: Request) -> list[Resource]:
    """What the filters find, in the list's order. Raises DRF's ``ValidationError``, ``InvalidInput``."""
    rows = Resource.objects.visible_to(request.user).order_by("position", "name", "id")
    resources = filtered(PlaceFilter, request, rows).select_related("venue")
    if text := request.query_params.get("group_id"):
        resources = resources.filter(groups=_find_group(text))
    listed = list(resources[: MOST_RESOURCES + 1])
    if len(listed) > MOST_RESOURCES:
        message = _("More than %(most)d resources. Narrow it down by venue or kind.")
        refuse("venue", message % {"most": MOST_RESOURCES})
    return listed


def wants_groups(request: Request) -> bool:
    return parse_flag(request.query_params.get("include_groups") or "false", "include_groups")


def list_groups(request: Request) -> list[ResourceGroup]:
    """Groups all of whose active members the filters leave; words are looked for in the group's own texts.

    None at all unless they are asked for.
    """
    if not wants_groups(request):
        return []
    params = request.query_params.copy()
    # Taken out of the filters: members count whatever their own texts say.
    words = split_words(" ".join([params.pop("q", [""])[-1], params.pop("text", [""])[-1]]))
    resources = Resource.objects.visible_to(request.user)
    member_ids = set(PlaceFilter(params, queryset=resources, request=request).qs.values_list("pk", flat=True))
    groups = groups_about(bookable_groups(), words)
    if text := params.get("group_id"):
        groups = groups.filter(pk=_find_group(text))
    return select_groups(groups, lambda member: member.id in member_ids)


def read_window(params: Mapping[str, str]) -> Window:
    """From ``date`` on, so many ``days``, on each of them from ``earliest`` to ``latest``."""
    days = parse_int(params.get("days") or 1, "days", least=1, most=LONGEST_WINDOW)
    earliest, latest = (
        parse_time(params[name], name) if params.get(name) else None for name in ("earliest", "latest")
    )
    opens, closes = hours_between(earliest, latest)
    if opens >= closes:
        refuse("latest", NO_TIME_LEFT)
    if params.get("date"):
        return Window(parse_date(params["date"]), days, opens, closes)
    return WindowFromToday(now().date(), days, opens, closes)


def _find_group(text: str) -> int:
    return named_group(parse_uuid(text, "group_id")).pk


class SearchViewSet(ViewSet[Resource]):
    @extend_schema(
        summary="Which resources are free?",
        description=(
            "On a local day, at one time of it, or on several days between two times of day; "
            "resources with free times come first."
        ),
        parameters=[
            *NUMBERED_PAGES,
            query("date", "Local date; unless given, each venue's own today.", type=OpenApiTypes.DATE),
            query("time", "Only what is free at this local time of the first day."),
            number("days", "How many days from then on, 1 unless given, at most 31.", most=LONGEST_WINDOW),
            query("earliest", "Only starts from this local time of day on, like 09:00."),
            query("latest", "Only starts up to this local time of day."),
            *WISH,
            *FILTERS,
            *GROUPS,
            query("available_only", "Leave out what is not free then.", enum=["true", "false"]),
        ],
        responses=FreeResourcePage,
    )
    def list(self, request: Request) -> Response:
        params = request.query_params.dict()
        window = read_window(params)
        at = parse_time(params["time"]) if params.get("time") else None
        only_free = parse_flag(params.get("available_only") or "false", "available_only")
        places = list_places(request)
        moment = moment_now()
        matches = find_matches(places, read_criteria(params), window, request.user, moment)
        matches.sort(key=lambda match: (not match.starts, match.first is None))
        if at is not None:
            matches = [
                match
                for match in matches
                if _is_free_at(match, window.at(match.zone, moment.minute).first, at)
            ]
        elif only_free:
            matches = [match for match in matches if match.starts]
        resources, groups = _split_matches(matches)
        response = self.paged(resources, FreeResource)
        if wants_groups(request):  # they are few and come with each page
            response.data["groups"] = FreeGroup(groups, many=True).data
        return response


def _split_matches(matches: Sequence[Match]) -> tuple[list[Match], list[Match]]:
    resources = [match for match in matches if not match.is_group]
    return resources, [match for match in matches if match.is_group]


def _is_free_at(match: Match, day: date, at: time) -> bool:
    return to_minute(resolve_local_time(day, at, match.zone)) in match.starts


class FirstAvailableViewSet(ViewSet[Resource]):
    @extend_schema(
        summary="Where is the first free time?",
        description="Of each resource that the filters find, the earliest first.",
        parameters=[
            query("from", "Instant, or local date, from which to look; now unless given."),
            number("days", "How far to look, 60 unless given, at most 365.", most=MOST_DAYS),
            number("limit", "At most so many results, 10 unless given.", most=MOST_RESOURCES),
            *WISH,
            *FILTERS,
            *GROUPS,
        ],
        responses=FirstFreeAnswer,
    )
    def list(self, request: Request) -> Response:
        params = request.query_params.dict()
        limit = parse_int(params.get("limit", 10), "limit", least=1, most=MOST_RESOURCES)
        days = parse_int(params.get("days", 60), "days", least=1, most=MOST_DAYS)
        begin = _read_begin(params.get("from", ""))
        places = list_places(request)
        criteria, moment = read_criteria(params), moment_now()
        matches = find_first_matches(places, criteria, request.user, moment, begin=begin, horizon=days * DAY)
        resources, groups = _split_matches(matches)
        answer = {"first": resources[0] if resources else None, "results": resources[:limit]}
        if wants_groups(request):
            answer["groups"] = groups[:limit]
        return self.answer(FirstFreeAnswer(answer).data)


def _read_begin(text: str) -> datetime | date:
    if not text:
        return now()
    return parse_instant(text, "from") if "T" in text.upper() else parse_date(text, "from")
