"""Rows of the addresses of venues, resources and their configuration."""

from typing import Any

from tests.permissions.rows import (
    GUESTS,
    OUTSIDERS,
    Expected,
    Row,
    but,
    changed_by_managers,
    everyone,
    seen_by_members,
    signed_in,
)
from tests.permissions.world import World

HOURS = {"start_time": "10:00", "end_time": "12:00"}


def here(**fields: Any) -> Any:
    """A body that names the venue."""
    return lambda world: {"venue": str(world.venue.uuid), **fields}


def just(**fields: Any) -> Any:
    return lambda world: dict(fields)


def kept(
    route: str,
    id: str,
    create: dict[str, Any],
    change: dict[str, Any],
    hidden: str = "",
    *,
    is_public: bool = False,
) -> list[Row]:
    """List, creation and single row of one sort; with ``hidden`` the sort is public and this row is not."""
    public = is_public or bool(hidden)
    key = "<uuid:id>" if hidden else "<int:id>"
    one = f"{route}/{key}"
    rows = [
        Row("GET", route, everyone(200) if public else signed_in()),
        Row("POST", route, changed_by_managers(201, public=True), body=here(**create)),
        *_single(one, id, change, everyone(200) if public else seen_by_members(), public=public),
    ]
    if hidden:
        expected = but(everyone(200), 404, "anonymous", "token", *OUTSIDERS)
        rows += _single(one, hidden, change, expected, public=False, note="out of service")
    return rows


def _single(
    route: str, id: str, change: dict[str, Any], seen: Expected, *, public: bool, note: str = ""
) -> list[Row]:
    changed = changed_by_managers(public=public)
    removed = changed_by_managers(204, public=public)
    return [
        Row("GET", route, seen, id=id, note=note),
        Row("PUT", route, changed, id=id, body=just(**change), note=note),
        Row("PATCH", route, changed, id=id, body=just(**change), note=note),
        Row("DELETE", route, removed, id=id, note=note),
    ]


def _in_room(world: World) -> dict[str, Any]:
    return {"resource_id": str(world.room.uuid), "day_of_week": 1, **HOURS}


def _in_hidden_room(world: World) -> dict[str, Any]:
    return {"resource_id": str(world.hidden_room.uuid), "day_of_week": 1, **HOURS}


def _in_closed_venue(world: World) -> dict[str, Any]:
    return {"venue": str(world.closed_venue.uuid), "name": "Bar"}


def superusers_only(status: int = 200) -> Expected:
    """Nobody of the others works there."""
    return but(everyone(404), status, "superuser")


def _of_resources(route: str) -> list[Row]:
    """Weekly hours of one resource instead of a venue's."""
    return [
        Row("POST", route, changed_by_managers(201, public=True), body=_in_room, note="of a resource"),
        Row(
            "POST",
            route,
            changed_by_managers(201),
            body=_in_hidden_room,
            note="of a hidden one",
            about="hidden_room",
        ),
    ]


CLOSED = "closed_venue"
VENUES = [
    Row("GET", "venues", everyone(200)),
    Row("GET", "venues/<uuid:id>", superusers_only(), id=CLOSED, note="closed"),
    Row(
        "PATCH",
        "venues/<uuid:id>",
        but(superusers_only(), 401, *GUESTS),
        id=CLOSED,
        body=just(name="New"),
        note="closed",
    ),
    Row("GET", "venues/<uuid:id>", everyone(200), id="venue"),
    Row("PATCH", "venues/<uuid:id>", changed_by_managers(public=True), id="venue", body=just(name="New")),
]

HOLIDAYS = [
    Row("GET", "holidays", everyone(200)),
    Row(
        "POST",
        "holidays/import",
        changed_by_managers(201, public=True),
        body=just(country="DE", years=[2027]),
    ),
]

CONFIGURATION = [
    *VENUES,
    *HOLIDAYS,
    *kept(
        "resources",
        "spare",
        {
            "name": "Attic",
            "type": "room",
            "pricing": {"hourly_rate": "9", "rules": [{"name": "Peak", "amount": "12"}]},
            "weekly_hours": [{"day_of_week": 0, **HOURS}],
        },
        {"capacity": 3},
        hidden="hidden_room",
    ),
    *kept("groups", "group", {"name": "Any"}, {"choice_rule": "least_booked"}, hidden="hidden_group"),
    *kept("timeslot-templates", "template", {"day_of_week": 1, **HOURS}, {"end_time": "18:00"}),
    *_of_resources("timeslot-templates"),
    Row("POST", "timeslots", changed_by_managers(201, public=True), body=here(day_of_week=1, **HOURS)),
    *_of_resources("timeslots"),
    Row(
        "POST",
        "features",
        but(superusers_only(201), 401, *GUESTS),
        body=_in_closed_venue,
        note="of a closed venue",
        about=CLOSED,
    ),
    *kept("rules", "rules", {"name": "Short"}, {"buffer_after": 15}),
    *kept(
        "cancellation-policies",
        "policy",
        {"name": "Strict", "tiers": [{"hours_before": 24, "refund_percentage": "50"}]},
        {"tiers": [{"hours_before": 48, "refund_percentage": "50"}]},
    ),
    *kept("price-rules", "price_rule", {"name": "Low", "amount": "5"}, {"priority": 3}),
    *kept("questions", "question", {"text": "Vegan?", "kind": "yes_no"}, {"is_required": True}),
    *kept("overrides", "override", {"date": "2030-02-01"}, {"reason": "Party"}),
    *kept("features", "feature", {"name": "Bar"}, {"name": "Grand piano"}, is_public=True),
]
