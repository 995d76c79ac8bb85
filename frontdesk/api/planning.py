from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import APIView, StrictSerializer, private
from common.errors import Forbidden
from common.idempotency import idempotent
from common.job_shapes import JobSerializer
from common.jobs import deferrable
from common.parsing import parse_date, parse_instant, parse_time, read_span, refuse
from common.schema import IDEMPOTENCY, PREFER
from frontdesk.planning import Closure, Relocation, Shift, close_dates, relocate_bookings, shift_hours
from reservations.api.access import acting
from reservations.api.answers import ClosureAnswer, RelocationAnswer, ShiftAnswer, SpecialEventAnswer
from reservations.api.examples import CLOSURE, RELOCATION, SHIFT, SPECIAL_EVENT
from reservations.api.inputs import Viewer
from reservations.api.serializers import ReservationSerializer
from reservations.enums import Purpose
from reservations.models import Reservation
from reservations.permissions import works_at
from reservations.selectors import reservations_in_detail
from reservations.services import block_time
from resources.api.serializers import ResourceBriefSerializer
from resources.enums import ResourceKind, Role
from resources.models import AvailabilityOverride, OpeningHours, Resource, Venue
from resources.selectors import ResourceNotFound, named_resources, named_venue

MOST_RESOURCES = 200
DRY_RUN = "Answer what would happen, change nothing"


def resource_names() -> serializers.ListField:
    """Ids or address names of resources."""
    child = serializers.CharField(max_length=100)
    return serializers.ListField(child=child, required=False, allow_empty=False, max_length=MOST_RESOURCES)


class PlaceInput(StrictSerializer):
    """Where: a venue (id or address name), some of its resources, or all of one kind."""

    venue = serializers.CharField(max_length=100, required=False)
    resource_ids = resource_names()
    kind = serializers.ChoiceField(choices=ResourceKind.choices, required=False)


class ClosureInput(PlaceInput):
    """When: local dates, all day or between two times (an end at or before the start: next day)."""

    starts_on = serializers.CharField(max_length=40)
    ends_on = serializers.CharField(max_length=40, required=False, help_text="The same day unless given")
    start_time = serializers.CharField(max_length=40, required=False)
    end_time = serializers.CharField(max_length=40, required=False)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    is_available = serializers.BooleanField(default=False, help_text="true: open at these times instead")
    on_conflict = serializers.ChoiceField(
        choices=["keep", "refuse"], default="keep", help_text="What to do when bookings lie in this time"
    )
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN)


class ShiftInput(PlaceInput):
    """By how many minutes weekly hours begin and end later; negative: earlier."""

    days_of_week = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        required=False,
        allow_empty=False,
        max_length=7,
    )
    start_by = serializers.IntegerField(min_value=-1439, max_value=1439, default=0)
    end_by = serializers.IntegerField(min_value=-1439, max_value=1439, default=0)
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN)


class RelocationInput(StrictSerializer):
    """Whose bookings move, when, and where to: equivalent resources unless ``to`` names some."""

    resource_id = serializers.CharField(max_length=100)
    start = serializers.CharField(max_length=40)
    end = serializers.CharField(max_length=40)
    to = resource_names()
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN)


class SpecialEventInput(PlaceInput):
    """``occupies`` takes the resources' time; ``opens`` and ``closes`` change that day's hours."""

    title = serializers.CharField(max_length=200)
    mode = serializers.ChoiceField(choices=["occupies", "opens", "closes"], default="occupies")
    is_maintenance = serializers.BooleanField(default=False, help_text="A block instead of an event")
    start = serializers.CharField(max_length=40)
    end = serializers.CharField(max_length=40, required=False)
    duration = serializers.IntegerField(min_value=1, required=False)
    notes = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


def place(data: Mapping[str, Any], user: Viewer) -> tuple[Venue, list[Resource]]:
    """The venue that the user manages and the resources meant; none: the venue itself.

    Raises ``ResourceNotFound``, ``Forbidden``, ``InvalidInput``.
    """
    if "resource_ids" in data:
        rows = list(dict.fromkeys(named_resources(data["resource_ids"], user, "resource_ids")))
        if len({row.venue_id for row in rows}) > 1:
            refuse("resource_ids", _("These resources belong to different venues."))
        return _managed(rows[0].venue, user), rows
    venue = _managed(_venue(data.get("venue", ""), user), user)
    if "kind" not in data:
        return venue, []
    rows = list(Resource.objects.filter(venue=venue, kind=data["kind"]).order_by("id"))
    if not rows:
        raise ResourceNotFound
    return venue, rows


def _venue(name: str, user: Viewer) -> Venue:
    mine = Venue.objects.staffed_by(user).distinct()
    if not name:
        found = list(mine[:2])
        if len(found) != 1:
            refuse("venue", _("Name a venue or resources."))
        return found[0]
    return named_venue(name)


def _managed(venue: Venue, user: Viewer) -> Venue:
    """Strangers do not learn whether a closed venue exists."""
    if works_at(user, venue.pk, Role.MANAGER):
        return venue
    if not (venue.is_active or works_at(user, venue.pk)):
        raise ResourceNotFound
    raise Forbidden


class PlanningView(APIView):
    signed_in = ("POST",)
    write_scope = "manage"


class Closures(PlanningView):
    @extend_schema(
        summary="Close (or open) many resources",
        description="Nobody is cancelled: bookings in that time are listed, or refuse the closure.",
        parameters=[IDEMPOTENCY, PREFER],
        request=ClosureInput,
        responses={200: ClosureAnswer, 202: JobSerializer},
        examples=[CLOSURE],
    )
    @idempotent
    @deferrable
    def post(self, request: Request) -> Response:
        data = ClosureInput.parsed(request.data)
        venue, rows = place(data, request.user)
        overrides, stranded = close_dates(
            closure=_closure(data, venue, rows),
            keep_bookings=data["on_conflict"] == "keep",
            dry_run=data["dry_run"],
        )
        names = {row.pk: str(row.uuid) for row in rows}
        body = {
            "dry_run": data["dry_run"],
            "overrides": [override_json(each, names, data["dry_run"]) for each in overrides],
        }
        return private(Response(body | _affected(request, stranded)))


def _closure(data: Mapping[str, Any], venue: Venue, rows: Sequence[Resource]) -> Closure:
    first = parse_date(data["starts_on"], "starts_on")
    return Closure(
        venue_id=venue.pk,
        resource_ids=tuple(row.pk for row in rows),
        first_on=first,
        last_on=parse_date(data["ends_on"], "ends_on") if data.get("ends_on") else first,
        start=parse_time(data["start_time"], "start_time") if data.get("start_time") else None,
        end=parse_time(data["end_time"], "end_time") if data.get("end_time") else None,
        reason=data["reason"],
        is_open=data["is_available"],
    )


def override_json(row: AvailabilityOverride, names: Mapping[int, str], dry_run: bool) -> dict[str, Any]:
    return {
        "id": None if dry_run else row.pk,
        "resource_id": names.get(row.resource_id or 0),
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "start_time": f"{row.start_time:%H:%M}" if row.start_time else None,
        "end_time": f"{row.end_time:%H:%M}" if row.end_time else None,
        "is_available": row.is_available,
        "reason": row.reason,
    }


def _affected(request: Request, stranded: Sequence[Reservation]) -> dict[str, Any]:
    rows = reservations_in_detail().filter(pk__in=[each.pk for each in stranded])
    shown = ReservationSerializer(rows.order_by("starts_at", "id"), many=True, context={"user": request.user})
    return {"affected_count": len(stranded), "affected_reservations": shown.data}


class Shifts(PlanningView):
    @extend_schema(
        summary="Shift weekly hours",
        description="Of the venue, or of resources with hours of their own; lists bookings left outside.",
        parameters=[IDEMPOTENCY, PREFER],
        request=ShiftInput,
        responses={200: ShiftAnswer, 202: JobSerializer},
        examples=[SHIFT],
    )
    @idempotent
    @deferrable
    def post(self, request: Request) -> Response:
        data = ShiftInput.parsed(request.data)
        venue, rows = place(data, request.user)
        shift = Shift(
            venue_id=venue.pk,
            resource_ids=tuple(row.pk for row in rows),
            start_by=data["start_by"],
            end_by=data["end_by"],
            weekdays=frozenset(data.get("days_of_week", range(7))),
        )
        moved, stranded = shift_hours(shift=shift, dry_run=data["dry_run"])
        names = {row.pk: str(row.uuid) for row in rows}
        body = {
            "dry_run": data["dry_run"],
            "hours": [_hours_json(before, row, names) for before, row in moved],
        }
        return private(Response(body | _affected(request, stranded)))


def _hours_json(before: str, row: OpeningHours, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "id": row.pk,
        "resource_id": names.get(row.resource_id or 0),
        "day_of_week": row.weekday,
        "before": before,
        "start_time": f"{row.start_time:%H:%M}",
        "end_time": f"{row.end_time:%H:%M}",
    }


class Relocations(PlanningView):
    @extend_schema(
        summary="Move the bookings of a resource to equivalent ones",
        description="Prices stay as agreed. What finds no place stays where it is and is listed.",
        parameters=[IDEMPOTENCY, PREFER],
        request=RelocationInput,
        responses={200: RelocationAnswer, 202: JobSerializer},
        examples=[RELOCATION],
    )
    @idempotent
    @deferrable
    def post(self, request: Request) -> Response:
        data = RelocationInput.parsed(request.data)
        source = named_resources([data["resource_id"]], request.user)[0]
        venue = _managed(source.venue, request.user)
        targets = named_resources(data["to"], request.user, "to") if data.get("to") else []
        zone = venue.zone_name
        found = relocate_bookings(
            venue_id=venue.pk,
            resource_id=source.pk,
            start=parse_instant(data["start"], "start", zone=zone),
            end=parse_instant(data["end"], "end", zone=zone),
            targets=[row.pk for row in targets],
            actor=acting(request.user, venue.pk, as_staff=True),
            dry_run=data["dry_run"],
        )
        ids = {each.to.id for each in found if each.to}
        names = {row.pk: row for row in Resource.objects.filter(pk__in=ids)}
        moved = len([each for each in found if each.to])
        body = {
            "dry_run": data["dry_run"],
            "moved_count": moved,
            "unmoved_count": len(found) - moved,
            "results": [_relocation_json(each, names) for each in found],
        }
        return private(Response(body))


def _relocation_json(each: Relocation, names: Mapping[int, Resource]) -> dict[str, Any]:
    return {
        "reservation_id": str(each.reservation.pk),
        "code": each.reservation.code,
        "start": each.reservation.local_start.isoformat(),
        "end": each.reservation.local_end.isoformat(),
        "to": ResourceBriefSerializer(names[each.to.id]).data if each.to else None,
        "reason": each.reason,
    }


class SpecialEvents(PlanningView):
    @extend_schema(
        summary="Schedule a special event or a block",
        description=(
            "`occupies`: takes the time like a booking, at any hour; 409 when somebody has booked it. "
            "`opens` and `closes`: that day's hours, on one local date."
        ),
        parameters=[IDEMPOTENCY],
        request=SpecialEventInput,
        responses={201: SpecialEventAnswer},
        examples=[SPECIAL_EVENT],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        data = SpecialEventInput.parsed(request.data)
        venue, rows = place(data, request.user)
        body: dict[str, Any] = {"mode": data["mode"], "reservation": None, "overrides": []}
        if data["mode"] == "occupies":
            body |= _occupied(request, data, venue, rows)
        else:
            body |= _opened_or_closed(request, data, venue, rows)
        return private(Response(body, status=status.HTTP_201_CREATED))


def _occupied(
    request: Request, data: Mapping[str, Any], venue: Venue, rows: Sequence[Resource]
) -> dict[str, Any]:
    if not rows:
        refuse("resource_ids", _("Say which resources it takes."))
    start, end = _span(data, venue)
    made = block_time(
        venue_id=venue.pk,
        resource_ids=[row.pk for row in rows],
        start=start,
        end=end,
        title=data["title"],
        purpose=Purpose.BLOCK if data["is_maintenance"] else Purpose.EVENT,
        requests=data["notes"],
        actor=acting(request.user, venue.pk, as_staff=True),
    )
    reservation = reservations_in_detail().get(pk=made.pk)
    shown = ReservationSerializer(reservation, context={"user": request.user}).data
    return {"reservation": shown} | _affected(request, [])


def _span(data: Mapping[str, Any], venue: Venue) -> tuple[Any, Any]:
    if "end" not in data and "duration" not in data:
        refuse("end", _("Say when it ends: an end or a duration."))
    return read_span(data, venue.zone_name, timedelta(hours=1))


def _opened_or_closed(
    request: Request, data: Mapping[str, Any], venue: Venue, rows: Sequence[Resource]
) -> dict[str, Any]:
    start, end = (at.astimezone(venue.zone) for at in _span(data, venue))
    if not timedelta(0) < end - start < timedelta(days=1):  # as the clocks show it
        refuse("end", _("Within a day; for longer, use a closure."))
    closure = Closure(
        venue_id=venue.pk,
        resource_ids=tuple(row.pk for row in rows),
        first_on=start.date(),
        last_on=start.date(),
        start=start.time(),
        end=end.time(),
        reason=data["title"],
        is_open=data["mode"] == "opens",
    )
    overrides, stranded = close_dates(closure=closure)
    names = {row.pk: str(row.uuid) for row in rows}
    found = [override_json(each, names, dry_run=False) for each in overrides]
    return {"overrides": found} | _affected(request, stranded)
