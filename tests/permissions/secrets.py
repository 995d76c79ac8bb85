"""Texts that some may read and others may not; each is in a row of its own."""

from collections.abc import Iterable
from typing import Any

from calendars.links import token_for
from tests.permissions.rows import Row
from tests.permissions.world import World

MANAGING = frozenset({"staff", "manager", "superuser"})
MEMBERS = MANAGING | {"facilitator"}
OTHERS = frozenset({"other_manager", "superuser"})
HOUSE = ("rules", "policy", "price_rule", "question", "override", "hidden_room", "hidden_group")
RESERVATIONS = ("reservation", "pending", "begun", "checked_in", "held", "led")
ENTRIES = ("entry", "offered")


def readers(world: World) -> dict[str, frozenset[str]]:
    """Makes every row there is and says of each secret which roles may read it."""
    house = {_name(world, each): MEMBERS for each in HOUSE}
    codes = {getattr(world, each).code: MANAGING | {"customer"} for each in RESERVATIONS}
    codes |= {each.code: MANAGING | {"customer"} for each in world.series.reservations.all()}
    codes[world.led.code] = MEMBERS | {"customer"}
    waiting = {str(getattr(world, each).pk): MANAGING | {"customer"} for each in ENTRIES}
    elsewhere = (world.other_reservation.code, "stranger@", str(world.other_entry.pk), "waiter@")
    return {
        **house,
        **codes,
        **waiting,
        **dict.fromkeys(elsewhere, OTHERS),
        world.closed_venue.name: frozenset({"superuser"}),
        world.customer.email: MEMBERS | {"customer"},
        world.reservation.requests: MANAGING | {"customer"},
        world.others_reservation.code: MANAGING | {"other_customer"},
        "other_customer@": MANAGING | {"other_customer"},
        world.seat.notes: MEMBERS | {"customer"},
        world.seat_elsewhere.notes: MANAGING | {"customer"},
        world.webhook.description: frozenset({"manager", "superuser"}),
        world.external_calendar.name: MANAGING,
        world.external_calendar.events.get().summary: MANAGING,
        "secret-path": frozenset(),
        token_for(world.feed): frozenset({"customer"}),
        world.key.name: frozenset({"customer"}),
        world.key.prefix: frozenset({"customer"}),
        "superuser@": frozenset({"superuser"}),
    }


def _name(world: World, attribute: str) -> str:
    thing = getattr(world, attribute)
    return str(getattr(thing, "name", "") or getattr(thing, "reason", "") or thing.text)


def found(secrets: Iterable[str], answer: Any) -> set[str]:
    """Those that stand in the answer."""
    body = answer.content.decode()
    return {text for text in secrets if text in body}


def allowed(role: str, row: Row, world: World, secrets: dict[str, frozenset[str]]) -> set[str]:
    if role == "token":
        return by_token(world, row)
    return {text for text, roles in secrets.items() if role in roles}


def by_token(world: World, row: Row) -> set[str]:
    """What a guest with the secret of the row's thing may read: that, and whose it is."""
    if row.id in ENTRIES:
        return {str(getattr(world, row.id).pk), world.customer.email}
    if row.id not in RESERVATIONS:
        return set()
    wish = {world.reservation.requests} if row.id == "reservation" else set()
    return {getattr(world, row.id).code, world.customer.email} | wish
