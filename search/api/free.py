from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import ViewSet
from common.api_views import filtered
from common.idempotency import idempotent
from common.parsing import parse_date, parse_duration, parse_flag, parse_int, read_span, refuse
from common.schema import IDEMPOTENCY, filter_parameters, number, query
from reservations.api.examples import TEMPLATE
from reservations.api.serializers import span_of
from reservations.availability import (
    BusyByLeaf,
    Moment,
    Probe,
    Wish,
    find_violations,
    full_spans_of,
    moment_now,
    ranges_within,
    read_busy,
)
from reservations.policies import Booker, Violation, people_violation
from resources.api.templates import TemplateInput, TemplatesSerializer, create_templates
from resources.bookables import Bookable
from resources.catalog import catalogs
from resources.filters import ResourceFilter
from resources.models import Resource
from resources.selectors import named_resources
from resources.stays import end_at, length_of
from scheduling.slots import nearest_starts
from scheduling.spans import clip
from scheduling.zones import DAY, day_span, from_minute, to_minute
from search.api.shapes import AvailabilityAnswer, TimeSlots
from search.bookers import read_bookers
from search.slots import list_slots, make_slots
from search.values import Criteria

MINUTE = timedelta(minutes=1)
MOST_RESOURCES = 50
ALTERNATIVES = 3
WISH = [
    number("duration", "Minutes; else each resource's usual length."),
    number("party_size", "People, 1 unless given."),
    number("quantity", "Units, 1 unless given."),
]


def read_criteria(params: Mapping[str, str]) -> Criteria:
    duration = parse_duration(params["duration"]) // MINUTE if params.get("duration") else None
    party_size = parse_int(params.get("party_size", 1), "party_size", least=1)
    return Criteria(duration, party_size, parse_int(params.get("quantity", 1), "quantity", least=1))


class TimeslotViewSet(ViewSet[Resource]):
    """``/api/timeslots``: every slot of a local day; and to create the templates they are made of."""

    write_scope = "manage"

    @extend_schema(
        summary="The slots of a day",
        description="Every possible start of a local day, free or with the reason why not.",
        parameters=[
            query("resource_id", "Id or address name.", required=True),
            query("date", "Local date.", required=True, type=OpenApiTypes.DATE),
            *WISH,
            query("available_only", "Only free ones.", enum=["true", "false"]),
        ],
        responses=TimeSlots,
    )
    def list(self, request: Request) -> Response:
        params = request.query_params.dict()
        resource = _find_resource(params, request)
        day = parse_date(params.get("date"))
        bookable = catalogs([resource.venue_id])[resource.venue_id].bookables[resource.pk]
        booker = read_bookers(request.user, [resource.venue_id])[resource.venue_id]
        wish = read_criteria(params).wish_for(bookable, booker)
        only_free = parse_flag(params.get("available_only", "false"), "available_only")
        slots = list_slots([bookable], wish, day, moment_now(), only_free=only_free)
        answer = {
            "resource": resource,
            "date": day,
            "time_zone": str(bookable.zone),
            "duration": wish.duration,
            "party_size": wish.party_size,
            "slots": slots,
        }
        return self.answer(TimeSlots(answer).data)

    @extend_schema(
        summary="Create weekly hours (time slot templates)",
        description="One template for each weekday, of a resource or a whole venue; for its managers.",
        parameters=[IDEMPOTENCY],
        request=TemplateInput,
        responses={201: TemplatesSerializer},
        examples=[TEMPLATE],
    )
    @idempotent
    def create(self, request: Request) -> Response:
        return create_templates(request)


def _find_resource(params: Mapping[str, str], request: Request) -> Resource:
    name = params.get("resource_id", "")
    if not name:
        refuse("resource_id", _("Enter a value."))
    return named_resources([name], request.user)[0]


@dataclass(frozen=True, slots=True)
class AvailabilityQuestion:
    """One resource and what is asked of it; without ``span``, the whole day. UTC minutes."""

    resource: Resource
    bookable: Bookable
    wish: Wish
    on: date
    span: tuple[int, int] | None

    @property
    def day(self) -> tuple[int, int]:
        return day_span(self.on, str(self.bookable.zone))

    @property
    def around(self) -> tuple[int, int]:
        """The starts that alternatives are chosen from: a week around the wanted time, or the day."""
        if self.span is None:
            return self.day
        start = self.span[0]
        return min(self.day[0], start - 3 * DAY), max(self.day[1], start + 4 * DAY)


class AvailabilityAction(ViewSet[Resource]):
    """Can this be booked then, what stands in the way, and what else could."""

    @extend_schema(
        summary="Can this be booked?",
        description=(
            "For a time (`date` and `time`, or `start`), or a whole local day (`date`). Answers with the "
            "free slots of the day, conflicts and alternatives. Name resources, or filter by venue or kind."
        ),
        parameters=[
            query("resource_id", "Ids or address names, comma-separated or repeated; at most 50."),
            query("date", "Local date.", type=OpenApiTypes.DATE),
            query("time", "Local time of day, like 14:30."),
            query("start", "Instant, or local time without an offset; instead of date and time."),
            query("end", "Instant; instead of a duration."),
            *WISH,
            *filter_parameters(ResourceFilter, without=("ordering", "is_active")),
        ],
        responses=AvailabilityAnswer,
    )
    def list(self, request: Request) -> Response:
        resources = _find_resources(request)
        params = request.query_params.dict()
        questions = _make_questions(resources, params, request.user)
        # One moment for reasons and slots, so that the two cannot contradict each other.
        moment = moment_now()
        reasons = _find_violations(questions, moment)
        busy = _read_busy(questions, moment)
        results = [
            _make_result(question, reason, busy, moment)
            for question, reason in zip(questions, reasons, strict=True)
        ]
        is_free = bool(results) and all(result["available"] for result in results)
        return self.answer(AvailabilityAnswer({"available": is_free, "results": results}).data)


def _find_resources(request: Request) -> list[Resource]:
    """Named ones (repeated or with commas), or the first ones that the list's filters find."""
    listed_ids = ",".join(request.query_params.getlist("resource_id"))
    names = list(dict.fromkeys(name.strip() for name in listed_ids.split(",") if name.strip()))
    if len(names) > MOST_RESOURCES:
        refuse("resource_id", _("Choose %(most)d resources or fewer.") % {"most": MOST_RESOURCES})
    if names:
        return list(dict.fromkeys(named_resources(names, request.user)))
    if not any(request.query_params.get(name) for name in ("venue", "kind", "type")):
        refuse("resource_id", _("Enter resources, a venue or a kind."))
    visible = Resource.objects.visible_to(request.user).order_by("position", "name", "id")
    return list(filtered(ResourceFilter, request, visible).select_related("venue")[:MOST_RESOURCES])


def _make_questions(
    resources: Sequence[Resource], params: Mapping[str, str], user: Any
) -> list[AvailabilityQuestion]:
    venues = sorted({resource.venue_id for resource in resources})
    catalog_by_venue, bookers = catalogs(venues), read_bookers(user, venues)
    questions = []
    for resource in resources:
        bookable = catalog_by_venue[resource.venue_id].bookables.get(resource.pk)
        if bookable is not None:  # else deleted a moment ago
            questions.append(_make_question(resource, bookable, params, bookers[resource.venue_id]))
    return questions


def _make_question(
    resource: Resource, bookable: Bookable, params: Mapping[str, str], booker: Booker
) -> AvailabilityQuestion:
    zone = str(bookable.zone)
    if not (params.get("time") or params.get("start")):
        day = parse_date(params.get("date"))
        wish = read_criteria(params).wish_for(bookable, booker)
        return AvailabilityQuestion(resource, bookable, wish, day, None)
    usual = bookable.customer_rules.default_duration * MINUTE
    start, end = read_span(params, zone, usual, partial(end_at, bookable))
    day = start.astimezone(bookable.zone).date()
    span = to_minute(start), to_minute(end)
    criteria = replace(read_criteria(params), duration=length_of(bookable, *span))
    return AvailabilityQuestion(resource, bookable, criteria.wish_for(bookable, booker), day, span)


def _find_violations(questions: Sequence[AvailabilityQuestion], moment: Moment) -> list[Violation | None]:
    """Why each wanted time cannot be booked; one query per sort of booker: member or not."""
    by_resource: dict[int, Violation | None] = {}
    for booker in {question.wish.booker for question in questions}:
        timed = [question for question in questions if question.wish.booker == booker and question.span]
        probes = [
            Probe(question.bookable, *question.span, question.wish.party_size, question.wish.quantity)
            for question in timed
            if question.span
        ]
        answers = find_violations(probes, booker, moment) if probes else []
        by_resource |= {question.bookable.id: answer for question, answer in zip(timed, answers, strict=True)}
    # Asked about a whole day, only the person or the party can be in the way.
    return [
        by_resource.get(question.bookable.id) or _find_people_violation(question) for question in questions
    ]


def _find_people_violation(question: AvailabilityQuestion) -> Violation | None:
    return people_violation(question.bookable, question.wish.booker, question.wish.party_size)


def _read_busy(questions: Sequence[AvailabilityQuestion], moment: Moment) -> BusyByLeaf:
    if not questions:
        return {}
    return read_busy(
        [question.bookable for question in questions],
        min(question.around[0] for question in questions),
        max(question.around[1] for question in questions),
        moment,
        duration=max(question.wish.duration for question in questions),
    )


def _make_result(
    question: AvailabilityQuestion, refused: Violation | None, busy: BusyByLeaf, moment: Moment
) -> dict[str, Any]:
    bookable, wish = question.bookable, question.wish
    slots = make_slots([bookable], wish, question.on, busy, moment, only_free=True)
    available = refused is None and bool(question.span or slots)
    zone = str(bookable.zone)
    start, end = question.span or question.day
    return {
        "resource": question.resource,
        "time_zone": zone,
        "date": from_minute(start, zone).date(),
        "start": from_minute(start, zone),
        "end": from_minute(end, zone),
        "duration": wish.duration,
        "available": available,
        "reason": refused.reason if refused else None,
        "message": refused.message if refused else None,
        "conflicts": _list_conflicts(question, busy),
        "slots": slots,
        "alternatives": [] if available else _list_alternatives(question, busy, moment),
    }


def _list_conflicts(question: AvailabilityQuestion, busy: BusyByLeaf) -> list[dict[str, datetime]]:
    """When other bookings leave too little, as times only: nobody's name or business."""
    bookable, wish = question.bookable, question.wish
    units = bookable.units_for(wish.party_size, wish.quantity)
    full = full_spans_of(bookable.leaves, busy, min(units, bookable.limit))
    first, last = bookable.slot_rules.blocked(*(question.span or question.day))
    touching = [span for span in full if span[0] < last and span[1] > first]
    return [span_of(*span, str(bookable.zone)) for span in clip(touching, *_find_shown_span(question))]


def _find_shown_span(question: AvailabilityQuestion) -> tuple[int, int]:
    """Long blocks are cut to what the rows were read for."""
    return question.around[0], question.around[1] + question.wish.duration


def _list_alternatives(question: AvailabilityQuestion, busy: BusyByLeaf, moment: Moment) -> list[datetime]:
    if question.span is None:
        return []
    start, end = question.around
    ranges = ranges_within(
        question.bookable, question.wish, busy, start=max(start, moment.minute), end=end, now=moment.minute
    )
    near = sorted(nearest_starts(ranges, question.span[0], ALTERNATIVES))
    return [from_minute(at, str(question.bookable.zone)) for at in near]
