"""One day of a venue for the timeline that staff drag on; the same selectors as the pages."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from calendars.boards import Board, Column, board
from calendars.items import Item
from calendars.ranges import around
from calendars.selection import Selection, read_selection
from common.errors import NotFound
from common.parsing import parse_date
from reservations.availability import moment_now
from reservations.enums import RESCHEDULABLE
from reservations.models import ReservationItem
from resources.models import Resource

LOCAL = "%Y-%m-%dT%H:%M:%S"


@never_cache
@login_required
@require_GET
def events(request: HttpRequest, on: str) -> JsonResponse:
    """Rows, what is in them, and what is closed. Times are the venue's wall clock, without an offset."""
    chosen = read_selection(request.GET, request.user)
    if not chosen.works_here:
        raise NotFound
    day = parse_date(on)
    found = board(chosen, around("day", day), moment_now(), day)
    rows = [
        {"id": str(each.resource.uuid), "title": each.resource.name}
        for each in found.columns
        if each.resource
    ]
    return JsonResponse({"resources": rows, "events": [*_closed(found, day), *_booked(found, chosen)]})


def _closed(found: Board, day: date) -> list[dict[str, Any]]:
    return [
        {
            "id": f"closed-{column.resource.uuid}-{item.a}",
            "resourceIds": [str(column.resource.uuid)],
            "start": max(_local(item.start), f"{day}T00:00:00"),
            "end": min(_local(item.end), f"{day}T24:00:00"),
            "display": "background",
            "title": item.note or item.text,
        }
        for column in found.columns
        for item in column.items
        if column.resource and item.kind in ("shut", "closed")
    ]


def _booked(found: Board, chosen: Selection) -> list[dict[str, Any]]:
    """One event for each reservation on what it books, and one that stays put on what that takes along."""
    rows: dict[UUID, list[tuple[Column, Item]]] = defaultdict(list)
    for column in found.columns:
        for item in column.items:
            if item.reservation_id and column.resource:
                rows[item.reservation_id].append((column, item))
    booked: dict[UUID, set[UUID]] = defaultdict(set)
    items = ReservationItem.objects.filter(reservation__in=list(rows))
    for reservation_id, resource in items.values_list("reservation_id", "resource__uuid"):
        booked[reservation_id].add(resource)
    made = []
    for reservation_id, places in rows.items():
        where = [column.resource for column, _item in places if column.resource]
        own = [each for each in where if each.uuid in booked[reservation_id]]
        made += [_event(places[0][1], own, chosen)] if own else []
        along = [each for each in where if each not in own]
        made += [_event(places[0][1], along, chosen, stays=True)] if along else []
    return made


def _event(item: Item, places: list[Resource], chosen: Selection, *, stays: bool = False) -> dict[str, Any]:
    can_move = chosen.manages and not stays and item.status in RESCHEDULABLE
    return {
        "id": f"{item.reservation_id}{'-along' if stays else ''}",
        "resourceIds": [str(each.uuid) for each in places],
        "start": _local(item.start),
        "end": _local(item.end),
        "title": item.text,
        "editable": can_move,
        "classNames": [f"planned-{item.kind}", *(["planned-along"] if stays else [])],
        "extendedProps": {
            "when": f"{item.starts}–{item.ends}",
            "note": " · ".join(filter(None, [item.note, item.status_label])),
            "place": ", ".join(each.name for each in places),
            "version": item.version,
            "edit": item.href,
            "move": reverse("calendar-move", args=[item.reservation_id]),
        },
    }


def _local(at: datetime) -> str:
    return at.strftime(LOCAL)
