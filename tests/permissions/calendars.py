"""Rows of the addresses of feeds and external calendars."""

from typing import Any

from tests.permissions.rows import (
    GUESTS,
    OUTSIDERS,
    Expected,
    Row,
    but,
    everyone,
    seen_by_members,
    signed_in,
)
from tests.permissions.world import World

PUBLIC = "https://93.184.215.14/club.ics"
"""An address as it is, so that no name has to be looked up."""


def just(**fields: Any) -> Any:
    return lambda world: dict(fields)


def _of_room(world: World) -> dict[str, Any]:
    return {"kind": "resource_staff", "resource_id": str(world.room.uuid)}


def _of_hidden(world: World) -> dict[str, Any]:
    return {"kind": "resource", "resource_id": str(world.hidden_room.uuid)}


def _of_venue(world: World) -> dict[str, Any]:
    return {"kind": "venue", "venue": str(world.venue.uuid)}


def _club(world: World) -> dict[str, Any]:
    return {"resource_id": str(world.room.uuid), "name": "Club", "url": PUBLIC}


def _hidden_club(world: World) -> dict[str, Any]:
    return _club(world) | {"resource_id": str(world.hidden_room.uuid)}


def own_only(status: int = 200) -> Expected:
    """Not even superusers have to do with other people's secret addresses."""
    return but(but(everyone(404), 401, *GUESTS), status, "customer")


def made_by_staff(status: int = 201) -> Expected:
    """Everybody knows the thing; who is there is the managers' and staff's to read."""
    return but(signed_in(status), 403, *OUTSIDERS, "facilitator")


def made_by_anyones_members(status: int = 201) -> Expected:
    return but(signed_in(status), 403, "customer", "other_customer")


def seen_by_staff(status: int = 200) -> Expected:
    return but(signed_in(status), 404, *OUTSIDERS, "facilitator")


FEED = "feeds/<uuid:id>"
EXTERNAL = "external-calendars/<uuid:id>"
CALENDARS = [
    Row("GET", "feeds", signed_in()),
    Row("POST", "feeds", signed_in(201), body=just(kind="customer")),
    Row("POST", "feeds", made_by_anyones_members(), body=just(kind="facilitator"), note="of what one leads"),
    Row("POST", "feeds", made_by_staff(), body=_of_room, note="of a resource"),
    Row("POST", "feeds", made_by_staff(), body=_of_venue, note="of a venue"),
    Row("POST", "feeds", seen_by_members(201), body=_of_hidden, note="of a hidden one", about="hidden_room"),
    Row("GET", FEED, own_only(), id="feed"),
    Row("DELETE", FEED, own_only(204), id="feed"),
    Row("POST", f"{FEED}/rotate", own_only(), id="feed"),
    Row("GET", "external-calendars", signed_in()),
    Row("POST", "external-calendars", made_by_staff(), body=_club),
    Row(
        "POST",
        "external-calendars",
        but(seen_by_members(201), 403, "facilitator"),
        body=_hidden_club,
        note="of a hidden one",
        about="hidden_room",
    ),
    Row("GET", EXTERNAL, seen_by_staff(), id="external_calendar"),
    Row(
        "PATCH",
        EXTERNAL,
        seen_by_staff(),
        id="external_calendar",
        body=just(name="Choir", url=PUBLIC, interval=30),
    ),
    Row("DELETE", EXTERNAL, seen_by_staff(204), id="external_calendar"),
    Row("POST", f"{EXTERNAL}/fetch", seen_by_staff(202), id="external_calendar"),
    Row("GET", f"{EXTERNAL}/events", seen_by_staff(), id="external_calendar"),
]
