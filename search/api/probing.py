from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import JSONParser, LocalDateText, StrictSerializer
from common.errors import InvalidInput
from common.parsing import (
    LONGEST_MINUTES,
    MOST_PEOPLE,
    parse_duration,
    parse_instant,
    parse_int,
    read_start,
    refuse,
)
from reservations.api.examples import PROBES, SINGLE_PROBES
from reservations.availability import Probe, find_violations, moment_now
from reservations.policies import Violation
from resources.bookables import Bookable
from resources.catalog import catalogs
from resources.models import Resource
from resources.selectors import named_resources
from resources.stays import end_of
from scheduling.zones import to_minute
from search.api.free import MINUTE, AvailabilityAction
from search.api.shapes import ProbeResults
from search.bookers import read_bookers

MOST_PROBES = 10_000
PROBE_FIELDS = frozenset(
    {"resource_id", "date", "time", "start", "end", "duration", "party_size", "quantity"}
)


class LargeJSONParser(JSONParser):
    """Ten thousand probes written out are more than an ordinary body."""

    largest_body = 4_194_304


class ProbeInput(StrictSerializer):
    """``date`` and ``time``, or ``start``; without ``duration`` or ``end``, the resource's usual length."""

    resource_id = serializers.CharField(max_length=100)
    date = LocalDateText(required=False)
    time = serializers.CharField(max_length=40, required=False, help_text="Local time of day, like 14:30")
    start = serializers.CharField(max_length=40, required=False)
    end = serializers.CharField(max_length=40, required=False)
    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)


class ProbesInput(StrictSerializer):
    """``probes``, or every one of ``resource_ids`` at every one of ``starts``; 10,000 in all at most."""

    probes = ProbeInput(many=True, required=False)
    resource_ids = serializers.ListField(
        child=serializers.CharField(max_length=100), required=False, allow_empty=False
    )
    starts = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, allow_empty=False
    )
    duration = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, required=False)
    party_size = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    quantity = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)


class AvailabilityViewSet(AvailabilityAction):
    """``/api/availability``: one question, or thousands at once."""

    parser_classes = (LargeJSONParser,)
    write_scope = "read"
    without_csrf = ("create",)

    @extend_schema(
        summary="Can these be booked? (bulk)",
        description="Up to 10,000 questions; the answers come in their order.",
        request=ProbesInput,
        responses={200: ProbeResults},
        examples=[PROBES, SINGLE_PROBES],
    )
    def create(self, request: Request) -> Response:
        inputs = _read_inputs(request.data)
        names = list(dict.fromkeys(str(probe_input["resource_id"]) for probe_input in inputs))
        resources = dict(zip(names, named_resources(names, request.user), strict=True))
        violations = _find_violations(inputs, resources, request.user)
        free = sum(violation is None for violation in violations)
        answer = {"count": len(violations), "available_count": free, "results": violations}
        return self.answer(ProbeResults(answer).data)


def _read_inputs(data: Any) -> list[Mapping[str, Any]]:
    """Read by hand: a serializer per question would take longer than all the answers."""
    if not isinstance(data, Mapping):
        raise exceptions.ParseError(_("Send a JSON object."))
    if "probes" in data:
        if unknown := data.keys() - ProbesInput().fields.keys():
            refuse(min(unknown)[:100], _("This field doesn't exist."), "unknown_field")
        if data.keys() != {"probes"}:
            refuse("probes", _("Send either probes, or resource_ids and starts."))
        return _check_inputs(data["probes"])
    shared = ProbesInput.parsed(data)
    if "resource_ids" not in shared or "starts" not in shared:
        refuse("probes", _("Send either probes, or resource_ids and starts."))
    _require_few(len(shared["resource_ids"]) * len(shared["starts"]))
    common: dict[str, Any] = {
        name: shared[name] for name in ("duration", "party_size", "quantity") if name in shared
    }
    return [
        {"resource_id": resource_id, "start": start, **common}
        for resource_id in shared["resource_ids"]
        for start in shared["starts"]
    ]


def _check_inputs(probes: Any) -> list[Mapping[str, Any]]:
    if not isinstance(probes, list) or not probes:
        refuse("probes", _("Send a list of questions."))
    _require_few(len(probes))
    for number, probe_input in enumerate(probes):
        name = f"probes.{number}"
        if not isinstance(probe_input, Mapping) or not isinstance(probe_input.get("resource_id"), str):
            refuse(name, _("Each question needs a resource_id."))
        if unknown := probe_input.keys() - PROBE_FIELDS:
            refuse(f"{name}.{min(unknown)[:100]}", _("This field doesn't exist."), "unknown_field")
    return probes


def _require_few(count: int) -> None:
    if count > MOST_PROBES:
        refuse("probes", _("Send %(most)d questions or fewer per request.") % {"most": MOST_PROBES})


def _find_violations(
    inputs: Sequence[Mapping[str, Any]], resources: Mapping[str, Resource], user: Any
) -> list[Violation | None]:
    """One query for each venue at which the asker is somebody else: a member, or not."""
    venues = sorted({resource.venue_id for resource in resources.values()})
    catalog_by_venue, bookers = catalogs(venues), read_bookers(user, venues)
    probes = [
        _make_probe(probe_input, resources, catalog_by_venue, number)
        for number, probe_input in enumerate(inputs)
    ]
    answers: list[Violation | None] = [None] * len(probes)
    for booker in set(bookers.values()):
        numbers = [
            number for number, probe in enumerate(probes) if bookers[probe.bookable.venue_id] == booker
        ]
        refused = find_violations([probes[number] for number in numbers], booker, moment_now())
        for number, answer in zip(numbers, refused, strict=True):
            answers[number] = answer
    return answers


def _make_probe(
    probe_input: Mapping[str, Any],
    resources: Mapping[str, Resource],
    catalog_by_venue: Mapping[int, Any],
    number: int,
) -> Probe:
    resource = resources[probe_input["resource_id"]]
    bookable: Bookable | None = catalog_by_venue[resource.venue_id].bookables.get(resource.pk)
    if bookable is None:
        refuse(f"probes.{number}.resource_id", _("This resource has just been removed."))
    try:
        return _parse_probe(probe_input, bookable)
    except InvalidInput as error:
        fields = {f"probes.{number}.{name}": texts for name, texts in error.fields.items()}
        raise InvalidInput(error.message, code=error.code, fields=fields, extra=error.extra) from error


def _parse_probe(probe_input: Mapping[str, Any], bookable: Bookable) -> Probe:
    zone = str(bookable.zone)
    start = to_minute(read_start(probe_input, zone))
    if "end" in probe_input:
        end = to_minute(parse_instant(probe_input["end"], "end", zone=zone))
        if "duration" in probe_input or not start < end <= start + LONGEST_MINUTES:
            refuse("end", _("Enter an end after the start, no more than a year later, or a duration."))
    elif "duration" in probe_input:
        end = end_of(bookable, start, parse_duration(probe_input["duration"]) // MINUTE)
    else:
        end = end_of(bookable, start, bookable.customer_rules.default_duration)
    party = parse_int(probe_input.get("party_size", 1), "party_size", least=1)
    return Probe(bookable, start, end, party, parse_int(probe_input.get("quantity", 1), "quantity", least=1))
