"""One day of a venue for the timeline on which staff drag bookings; the same selectors as the pages."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from calendars.boards import Board, Column, build_board
from calendars.day_ranges import around
from calendars.items import Item
from calendars.selection import Selection, read_selection
from common.errors import NotFound
from common.parsing import parse_date
from reservations.availability import moment_now
from reservations.enums import MANAGED, RESCHEDULABLE
from reservations.models import ReservationItem
from resources.models import Resource

LOCAL = "%Y-%m-%dT%H:%M:%S"


@never_cache
@login_required
@require_safe
def events(request: HttpRequest, on: str) -> JsonResponse:
    """Times are the venue's wall clock, without an offset."""
    selection = read_selection(request.GET, request.user)
    if not selection.manages:
        raise NotFound
    day = parse_date(on)
    shown_board = build_board(selection, around("day", day), moment_now(), day)
    rows = [
        {"id": str(resource.resource.uuid), "title": resource.resource.name}
        for resource in shown_board.columns
        if resource.resource
    ]
    return JsonResponse(
        {
            "resources": rows,
            "events": [*_closed_events(shown_board, day), *_booked_events(shown_board, selection)],
        }
    )


def _closed_events(shown_board: Board, day: date) -> list[dict[str, Any]]:
    return [
        {
            "id": f"closed-{column.resource.uuid}-{item.a}",
            "resourceIds": [str(column.resource.uuid)],
            "start": max(_local_text(item.start), f"{day}T00:00:00"),
            "end": min(_local_text(item.end), f"{day}T24:00:00"),
            "display": "background",
            "title": item.note or item.text,
        }
        for column in shown_board.columns
        for item in column.items
        if column.resource and item.kind in ("shut", "closed")
    ]


def _booked_events(shown_board: Board, selection: Selection) -> list[dict[str, Any]]:
    """A movable event on the resources a reservation books, and a fixed one on those it takes along."""
    items_by_reservation: dict[UUID, list[tuple[Column, Item]]] = defaultdict(list)
    for column in shown_board.columns:
        for item in column.items:
            if item.reservation_id and column.resource:
                items_by_reservation[item.reservation_id].append((column, item))
    booked_resources: dict[UUID, set[UUID]] = defaultdict(set)
    items = ReservationItem.objects.filter(reservation__in=list(items_by_reservation))
    for reservation_id, resource in items.values_list("reservation_id", "resource__uuid"):
        booked_resources[reservation_id].add(resource)
    events = []
    for reservation_id, placed in items_by_reservation.items():
        resources = [column.resource for column, _item in placed if column.resource]
        booked_here = [
            resource for resource in resources if resource.uuid in booked_resources[reservation_id]
        ]
        events += [_event_json(placed[0][1], booked_here, selection)] if booked_here else []
        taken_along = [resource for resource in resources if resource not in booked_here]
        events += [_event_json(placed[0][1], taken_along, selection, stays=True)] if taken_along else []
    return events


def _event_json(
    item: Item, resources: list[Resource], selection: Selection, *, stays: bool = False
) -> dict[str, Any]:
    is_movable = item.status in RESCHEDULABLE and item.kind not in MANAGED
    can_move = selection.manages and not stays and is_movable
    return {
        "id": f"{item.reservation_id}{'-along' if stays else ''}",
        "resourceIds": [str(resource.uuid) for resource in resources],
        "start": _local_text(item.start),
        "end": _local_text(item.end),
        "title": item.text,
        "editable": can_move,
        "classNames": [f"planned-{item.kind}", *(["planned-along"] if stays else [])],
        "extendedProps": {
            "when": item.when,
            "note": " · ".join(filter(None, [item.note, item.status_label])),
            "place": ", ".join(resource.name for resource in resources),
            "version": item.version,
            "edit": item.href,
            "move": reverse("calendar-move", args=[item.reservation_id]),
        },
    }


def _local_text(at: datetime) -> str:
    return at.strftime(LOCAL)
