"""Rows of the addresses of planning, the waitlist and accounts, and of the description of the API."""

from typing import Any

from reservations.tests.api_helpers import CUSTOMER_INFO, local
from tests.factories import PASSWORD, at
from tests.permissions.configuration import here, just, superusers_only
from tests.permissions.rows import (
    GUESTS,
    Row,
    but,
    changed_by_managers,
    changed_by_staff,
    everyone,
    for_own,
    signed_in,
)
from tests.permissions.world import World

NEW_PASSWORD = "staple battery horse correct"


def _on(world: World) -> dict[str, Any]:
    return {"resource_ids": [str(world.spare.uuid)], "starts_on": local(9).date().isoformat()}


def _in_hidden(world: World) -> dict[str, Any]:
    return _on(world) | {"resource_ids": [str(world.hidden_room.uuid)]}


def _relocation(world: World) -> dict[str, Any]:
    assert world.reservation
    start, end = local(7, 0).isoformat(), local(8, 0).isoformat()
    return {"resource_id": str(world.room.uuid), "start": start, "end": end, "to": [str(world.spare.uuid)]}


def _hidden_relocation(world: World) -> dict[str, Any]:
    return _relocation(world) | {"resource_id": str(world.hidden_room.uuid), "dry_run": True}


def _in_closed_venue(world: World) -> dict[str, Any]:
    return {"venue": str(world.closed_venue.uuid), "starts_on": local(9).date().isoformat()}


def _event(world: World) -> dict[str, Any]:
    times = {"start": local(9, 20).isoformat(), "duration": 60}
    return {"title": "Concert", "resource_ids": [str(world.spare.uuid)], **times}


PLANNING = [
    Row("POST", "schedule/closures", changed_by_managers(public=True), body=_on),
    Row(
        "POST",
        "schedule/closures",
        changed_by_managers(),
        body=_in_hidden,
        note="of a hidden one",
        about="hidden_room",
    ),
    Row(
        "POST",
        "schedule/closures",
        but(superusers_only(), 401, *GUESTS),
        body=_in_closed_venue,
        note="of a closed venue",
        about="closed_venue",
    ),
    Row(
        "POST",
        "schedule/relocations",
        changed_by_managers(),
        body=_hidden_relocation,
        note="of a hidden one",
        about="hidden_room",
    ),
    Row("POST", "schedule/shifts", changed_by_managers(public=True), body=here(start_by=0, end_by=0)),
    Row("POST", "schedule/relocations", changed_by_managers(public=True), body=_relocation),
    Row("POST", "special-events", changed_by_managers(201, public=True), body=_event),
]


def _wish(world: World) -> dict[str, Any]:
    day = local(9).date().isoformat()
    return {"resource_id": str(world.room.uuid), "preferred_date": day, "contact_info": CUSTOMER_INFO}


ENTRY = "waitlist/<uuid:id>"
WAITLIST = [
    Row("GET", "waitlist", signed_in()),
    Row("POST", "waitlist", everyone(201), body=_wish),
    Row("GET", ENTRY, for_own(), id="entry"),
    Row("GET", ENTRY, for_own(), id="offered", note="with an offer"),
    Row(
        "PATCH",
        ENTRY,
        for_own(),
        id="entry",
        body=just(party_size=3, contact_info={"name": "Ada"}),
        known=("status",),
    ),
    Row(
        "PATCH",
        ENTRY,
        changed_by_staff(),
        id="entry",
        body=just(priority=9),
        note="priority",
        known=("status",),
    ),
    Row(
        "PATCH",
        ENTRY,
        changed_by_staff(),
        id="entry",
        body=just(status="contacted"),
        note="status",
        known=("status",),
    ),
    Row("DELETE", ENTRY, for_own(), id="entry"),
    Row("GET", f"{ENTRY}/offers", for_own(), id="offered"),
    Row("POST", f"{ENTRY}/offers/<uuid:offer_id>/accept", for_own(), id="offered", parts=("offer",)),
    Row("POST", f"{ENTRY}/offers/<uuid:offer_id>/decline", for_own(), id="offered", parts=("offer",)),
]


def _credentials(world: World) -> dict[str, Any]:
    return {"login": world.customer.email, "password": PASSWORD}


def _email(world: World) -> dict[str, Any]:
    return {"email": world.customer.email}


def _own_key_only(status: int = 200) -> dict[str, int]:
    return but(everyone(404), status, "customer") | {"anonymous": 401, "token": 401}


PASSWORDS = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
ACCOUNTS = [
    Row("POST", "auth/register", everyone(201), body=just(email="new@people.example", password=PASSWORD)),
    Row("GET", "auth/csrf", everyone(200)),
    Row("POST", "auth/login", everyone(200), body=_credentials),
    Row(
        "POST",
        "v1/auth/token",
        everyone(200),
        body=lambda world: {"username": world.customer.email, "password": PASSWORD},
    ),
    Row("POST", "auth/google", everyone(400), body=just(credential="none", email="ada@example.com")),
    Row("POST", "auth/logout", signed_in()),
    Row(
        "POST", "auth/token/refresh", everyone(200), body=lambda world: {"refresh_token": world.refresh_token}
    ),
    Row("GET", "auth/user", signed_in()),
    Row("PUT", "auth/user", signed_in(), body=just(first_name="Ada", preferences={"newsletter": True})),
    Row("PATCH", "auth/user", signed_in(), body=just(first_name="Ada")),
    Row("GET", "auth/user/data", signed_in()),
    Row(
        "DELETE",
        "auth/user",
        but(signed_in(), 409, "manager", "other_manager", "superuser"),
        body=just(password=PASSWORD, cancel_bookings=True),
    ),
    Row("POST", "auth/password/change", signed_in(), body=just(**PASSWORDS)),
    Row("POST", "auth/password/reset", everyone(202), body=_email),
    Row(
        "POST",
        "auth/password/reset/confirm",
        everyone(200),
        body=lambda world: {"key": world.reset_key, "new_password": NEW_PASSWORD},
    ),
    Row("POST", "auth/email/verify", everyone(200), body=lambda world: {"key": world.verification_key}),
    Row("POST", "auth/email/verify/resend", everyone(202), body=_email),
    Row("GET", "auth/keys", signed_in()),
    Row(
        "POST",
        "auth/keys",
        signed_in(201),
        body=lambda _world: {"name": "Till", "scopes": ["read"], "expires_at": at(30).isoformat()},
    ),
    Row("DELETE", "auth/keys/<uuid:id>", _own_key_only(), id="key"),
]

JOBS = [
    Row("GET", "jobs", signed_in()),
    Row("GET", "jobs/<uuid:id>", _own_key_only(), id="job"),
]

DESCRIPTION = [
    Row("GET", "", everyone(200)),
    Row("GET", "schema", {"anonymous": 200, "manager": 200}),  # it takes a second to write
    Row("GET", "docs", everyone(200)),
    Row("GET", "errors", everyone(200)),
    Row("GET", "/health", everyone(200)),
]

OTHERS = [*PLANNING, *WAITLIST, *ACCOUNTS, *JOBS, *DESCRIPTION]
