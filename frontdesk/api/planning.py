from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED, ViewSet
from common.errors import Forbidden
from common.idempotency import idempotent
from common.job_shapes import JobSerializer
from common.jobs import deferrable
from common.parsing import parse_date, parse_instant, parse_time, read_span, refuse
from common.schema import IDEMPOTENCY, PREFER, location
from common.schema_errors import refuses
from common.serializing import Shape
from frontdesk.api import refusals
from frontdesk.api.answers import ClosureAnswer, RelocationAnswer, ShiftAnswer, SpecialEventAnswer
from frontdesk.api.inputs import ClosureInput, RelocationInput, ShiftInput, SpecialEventInput
from frontdesk.planning import Closure, Relocation, Shift, close_dates, relocate_bookings, shift_hours
from reservations.api.access import choose_actor
from reservations.api.examples import CLOSURE, RELOCATION, SHIFT, SPECIAL_EVENT
from reservations.api.inputs import Viewer
from reservations.domain.values import all_units_of
from reservations.enums import Purpose
from reservations.models import Reservation
from reservations.selectors import reservations_in_detail
from reservations.services import block_time
from resources.enums import Role
from resources.models import Resource, Venue
from resources.permissions import works_at
from resources.selectors import ResourceNotFound, named_resources, named_venue


def read_place(data: Mapping[str, Any], user: Viewer) -> tuple[Venue, list[Resource]]:
    """The venue that the user manages and the resources meant; none: the venue itself.

    Raises ``ResourceNotFound``, ``Forbidden``, ``InvalidInput``.
    """
    if "resource_ids" in data:
        rows = list(dict.fromkeys(named_resources(data["resource_ids"], user, "resource_ids")))
        if len({row.venue_id for row in rows}) > 1:
            refuse("resource_ids", _("These resources belong to different venues."))
        return _require_managed(rows[0].venue, user), rows
    venue = _require_managed(_find_venue(data.get("venue", ""), user), user)
    if "kind" not in data:
        return venue, []
    rows = list(Resource.objects.filter(venue=venue, kind=data["kind"]).order_by("id"))
    if not rows:
        raise ResourceNotFound
    return venue, rows


def _find_venue(name: str, user: Viewer) -> Venue:
    staffed_venues = Venue.objects.staffed_by(user).distinct()
    if not name:
        venues = list(staffed_venues[:2])
        if len(venues) != 1:
            refuse("venue", _("Enter a venue or resources."))
        return venues[0]
    return named_venue(name)


def _require_managed(venue: Venue, user: Viewer) -> Venue:
    """Strangers do not learn whether a closed venue exists."""
    if works_at(user, venue.pk, Role.MANAGER):
        return venue
    if not (venue.is_active or works_at(user, venue.pk)):
        raise ResourceNotFound
    raise Forbidden


class PlanningViewSet(ViewSet[Reservation]):
    """Base: managers of the venue, and API keys with the scope ``manage``."""

    write_scope = "manage"
    caching = NEVER_STORED

    def answer_with_affected(
        self,
        shape: type[Shape],
        body: dict[str, Any],
        affected: Sequence[Reservation],
        resources: Sequence[Resource],
        code: int = status.HTTP_200_OK,
    ) -> Response:
        """``resources`` are those that were named; bookings are shown as they are now."""
        rows = reservations_in_detail().filter(pk__in=[reservation.pk for reservation in affected])
        whole = body | {
            "affected_count": len(affected),
            "affected_reservations": rows.order_by("starts_at", "id"),
        }
        context = {
            "user": self.request.user,
            "ids": {row.pk: row.uuid for row in resources},
            "is_preview": body.get("dry_run", False),
        }
        return self.answer(shape(whole, context=context).data, code)


class ScheduleViewSet(PlanningViewSet):
    """``/api/schedule``: what becomes of a venue's hours and of the bookings within them."""

    signed_in = ("closures", "shifts", "relocations")

    @extend_schema(
        summary="Close (or open) many resources",
        extensions=refuses(refusals.CLOSING),
        description="Nobody is cancelled: bookings in that time are listed, or refuse the closure.",
        parameters=[IDEMPOTENCY, PREFER, location(202)],
        request=ClosureInput,
        responses={200: ClosureAnswer, 202: JobSerializer},
        examples=[CLOSURE],
    )
    @action(detail=False, methods=["post"])
    @idempotent
    @deferrable
    def closures(self, request: Request) -> Response:
        data = ClosureInput.parsed(request.data)
        venue, rows = read_place(data, request.user)
        overrides, stranded = close_dates(
            closure=_read_closure(data, venue, rows),
            keep_bookings=data["on_conflict"] == "keep",
            dry_run=data["dry_run"],
        )
        body = {"dry_run": data["dry_run"], "overrides": overrides}
        return self.answer_with_affected(ClosureAnswer, body, stranded, rows)

    @extend_schema(
        summary="Shift weekly hours",
        extensions=refuses(refusals.SHIFTING),
        description="Of the venue, or of resources with hours of their own; lists bookings left outside.",
        parameters=[IDEMPOTENCY, PREFER, location(202)],
        request=ShiftInput,
        responses={200: ShiftAnswer, 202: JobSerializer},
        examples=[SHIFT],
    )
    @action(detail=False, methods=["post"])
    @idempotent
    @deferrable
    def shifts(self, request: Request) -> Response:
        data = ShiftInput.parsed(request.data)
        venue, rows = read_place(data, request.user)
        shift = Shift(
            venue_id=venue.pk,
            resource_ids=tuple(row.pk for row in rows),
            start_by=data["start_by"],
            end_by=data["end_by"],
            weekdays=frozenset(data.get("days_of_week", range(7))),
        )
        moved, stranded = shift_hours(shift=shift, dry_run=data["dry_run"])
        hours = [{"before": before, "row": row} for before, row in moved]
        return self.answer_with_affected(
            ShiftAnswer, {"dry_run": data["dry_run"], "hours": hours}, stranded, rows
        )

    @extend_schema(
        summary="Move the bookings of a resource to equivalent ones",
        extensions=refuses(refusals.RELOCATING),
        description="Prices stay as agreed. What finds no place stays where it is and is listed.",
        parameters=[IDEMPOTENCY, PREFER, location(202)],
        request=RelocationInput,
        responses={200: RelocationAnswer, 202: JobSerializer},
        examples=[RELOCATION],
    )
    @action(detail=False, methods=["post"])
    @idempotent
    @deferrable
    def relocations(self, request: Request) -> Response:
        data = RelocationInput.parsed(request.data)
        source = named_resources([data["resource_id"]], request.user)[0]
        venue = _require_managed(source.venue, request.user)
        targets = named_resources(data["to"], request.user, "to") if data.get("to") else []
        moves = relocate_bookings(
            venue_id=venue.pk,
            resource_id=source.pk,
            start=parse_instant(data["start"], "start", zone=venue.zone_name),
            end=parse_instant(data["end"], "end", zone=venue.zone_name),
            targets=[row.pk for row in targets],
            actor=choose_actor(request.user, venue.pk, as_staff=True),
            dry_run=data["dry_run"],
        )
        return self.answer(_render_relocations(moves, is_preview=data["dry_run"]))


def _read_closure(data: Mapping[str, Any], venue: Venue, rows: Sequence[Resource]) -> Closure:
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


def _render_relocations(relocations: Sequence[Relocation], *, is_preview: bool) -> dict[str, Any]:
    moved = [relocation.to.id for relocation in relocations if relocation.to]
    body = {
        "dry_run": is_preview,
        "moved_count": len(moved),
        "unmoved_count": len(relocations) - len(moved),
        "results": relocations,
    }
    context = {"resources": Resource.objects.in_bulk(set(moved))}
    return dict(RelocationAnswer(body, context=context).data)


class SpecialEventViewSet(PlanningViewSet):
    signed_in = ("create",)

    @extend_schema(
        summary="Schedule a special event or a block",
        extensions=refuses(refusals.BLOCKING),
        description=(
            "`occupies`: takes the time like a booking, at any hour; 409 if it is booked. "
            "`opens` and `closes`: that day's hours, on one local date."
        ),
        parameters=[IDEMPOTENCY],
        request=SpecialEventInput,
        responses={201: SpecialEventAnswer},
        examples=[SPECIAL_EVENT],
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data = SpecialEventInput.parsed(request.data)
        venue, rows = read_place(data, request.user)
        body: dict[str, Any] = {"mode": data["mode"], "reservation": None, "overrides": []}
        stranded: Sequence[Reservation] = ()
        if data["mode"] == "occupies":
            body["reservation"] = _block_time(request.user, data, venue, rows)
        else:
            body["overrides"], stranded = close_dates(closure=_read_one_day(data, venue, rows))
        return self.answer_with_affected(SpecialEventAnswer, body, stranded, rows, status.HTTP_201_CREATED)


def _block_time(user: Viewer, data: Mapping[str, Any], venue: Venue, rows: Sequence[Resource]) -> Reservation:
    if not rows:
        refuse("resource_ids", _("Choose at least one resource."))
    start, end = _read_span(data, venue)
    made = block_time(
        venue_id=venue.pk,
        items=all_units_of(row.pk for row in rows),
        start=start,
        end=end,
        title=data["title"],
        purpose=Purpose.BLOCK if data["is_maintenance"] else Purpose.EVENT,
        requests=data["notes"],
        actor=choose_actor(user, venue.pk, as_staff=True),
    )
    return reservations_in_detail().get(pk=made.pk)


def _read_span(data: Mapping[str, Any], venue: Venue) -> tuple[datetime, datetime]:
    if "end" not in data and "duration" not in data:
        refuse("end", _("Enter an end or a duration."))
    return read_span(data, venue.zone_name, timedelta(hours=1))


def _read_one_day(data: Mapping[str, Any], venue: Venue, rows: Sequence[Resource]) -> Closure:
    start, end = (at.astimezone(venue.zone) for at in _read_span(data, venue))
    if not timedelta(0) < end - start < timedelta(days=1):  # as the clocks show it
        refuse("end", _("Choose a time within one day. For longer, use a closure."))
    return Closure(
        venue_id=venue.pk,
        resource_ids=tuple(row.pk for row in rows),
        first_on=start.date(),
        last_on=start.date(),
        start=start.time(),
        end=end.time(),
        reason=data["title"],
        is_open=data["mode"] == "opens",
    )
