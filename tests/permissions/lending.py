"""Rows of the addresses of lending, those at the root among them."""

from typing import Any

from tests.factories import PASSWORD
from tests.permissions.configuration import just, kept
from tests.permissions.rows import (
    GUESTS,
    OUTSIDERS,
    STRANGERS,
    Expected,
    Row,
    Values,
    but,
    everyone,
    seen_by_members,
    signed_in,
)
from tests.permissions.world import World

EVERYBODY_ELSE = ("other_customer", "facilitator", "staff", "manager", "other_manager", "superuser")


def for_borrower(status: int = 200) -> Expected:
    """And for staff."""
    return but(but(everyone(status), 404, *STRANGERS), 401, *GUESTS)


def for_staff(status: int = 200) -> Expected:
    """Of a loan that its borrower sees."""
    return but(for_borrower(status), 403, "customer")


def staff_alone(status: int = 200) -> Expected:
    """About what everybody sees."""
    return but(signed_in(status), 403, *OUTSIDERS, "facilitator")


def managers_alone(status: int = 200) -> Expected:
    return but(staff_alone(status), 403, "staff")


def borrower_alone(status: int = 200) -> Expected:
    """All others have nothing of this thing."""
    return but(signed_in(status), 404, *EVERYBODY_ELSE)


def of(attribute: str, **fields: Any) -> Values:
    """A body that names a thing."""
    return lambda world: {"resource_id": str(getattr(world, attribute).uuid), **fields}


def _on_behalf(world: World) -> dict[str, Any]:
    person = world.person("other_customer")
    assert person
    return {"resource_id": str(world.idle.uuid), "borrower": person.email}


def _hand_out_ready(world: World) -> dict[str, Any]:
    return {"condition": "As new", "version": world.ready.version}


THING, LOAN, COPY = "lending/things/<uuid:id>", "lending/loans/<uuid:id>", "lending/copies/<int:id>"
THINGS = [
    Row("GET", "lending/things", everyone(200)),
    Row("GET", THING, everyone(200), id="lent"),
    Row("GET", THING, but(everyone(200), 404, *GUESTS, *OUTSIDERS), id="hidden_lent", note="out of service"),
    Row("GET", f"{THING}/queue", signed_in(), id="lent"),
    Row("GET", f"{THING}/timeline", everyone(200), id="lent_out"),
]
LOANS = [
    Row("GET", "lending/loans", signed_in()),
    Row("POST", "lending/loans", signed_in(201), body=of("idle")),
    Row("POST", "lending/loans", staff_alone(201), body=_on_behalf, note="on behalf"),
    Row("POST", "lending/loans", staff_alone(201), body=of("idle", priority=5), note="with a priority"),
    Row(
        "POST",
        "lending/loans",
        but(signed_in(400), 404, *OUTSIDERS),
        body=of("hidden_lent"),
        note="of a hidden one",
        about="hidden_lent",
    ),
    Row("GET", LOAN, for_borrower(), id="waiting"),
    Row("PATCH", LOAN, for_borrower(), id="waiting", body=just(purpose="A demonstration")),
    Row("PATCH", LOAN, for_staff(), id="waiting", body=just(priority=5), note="priority"),
    Row("GET", f"{LOAN}/history", for_borrower(), id="borrowed"),
    Row("POST", f"{LOAN}/cancel", for_borrower(), id="waiting", body=just(reason="Not needed")),
    Row("POST", f"{LOAN}/suspend", for_borrower(), id="waiting", body=just()),
    Row("POST", f"{LOAN}/resume", for_borrower(), id="waiting", body=just()),
    Row("POST", f"{LOAN}/keep-alive", for_borrower(), id="waiting", body=just()),
    Row("POST", f"{LOAN}/return", for_borrower(), id="borrowed", body=just(condition="As it was")),
    Row("POST", f"{LOAN}/renew", for_borrower(), id="borrowed", body=just()),
    Row("POST", f"{LOAN}/renew", for_staff(), id="borrowed", body=just(override=True), note="all the same"),
    Row("POST", f"{LOAN}/approve", for_staff(), id="waiting", body=just()),
    Row("POST", f"{LOAN}/decline", for_staff(), id="waiting", body=just(reason="Closed")),
    Row("POST", f"{LOAN}/move", for_staff(), id="waiting", body=just(reason="Urgent")),
    Row("POST", f"{LOAN}/hand-out", for_staff(), id="ready", body=_hand_out_ready),
    Row("POST", f"{LOAN}/swap", for_staff(), id="ready", body=of("idle")),
    Row("POST", f"{LOAN}/recall", for_staff(), id="borrowed", body=just(reason="Needed")),
    Row("POST", f"{LOAN}/force-return", for_staff(), id="borrowed", body=just(reason="Needed")),
    Row("POST", f"{LOAN}/lost", for_staff(), id="borrowed", body=just(reason="In the canal")),
    Row("POST", f"{LOAN}/found", for_staff(), id="lost", body=just()),
]


def _scanned(world: World) -> dict[str, Any]:
    return {"venue": world.venue.slug, "code": world.copy.code}


def _period(world: World) -> dict[str, Any]:
    return {"venue": world.venue.slug, "from": "2026-01-01"}


def written_by_staff(status: int = 200) -> Expected:
    return but(seen_by_members(status), 403, "facilitator")


COPIES = [
    Row("GET", "lending/copies", signed_in()),
    Row("POST", "lending/copies", staff_alone(201), body=of("idle", code="B-2")),
    Row("GET", COPY, seen_by_members(), id="copy"),
    Row("PUT", COPY, written_by_staff(), id="copy", body=just(state="repair")),
    Row("PATCH", COPY, written_by_staff(), id="copy", body=just(state="repair")),
    Row("DELETE", COPY, written_by_staff(204), id="copy"),
    Row("GET", "lending/scan", staff_alone(), query=_scanned),
    Row("GET", "lending/reports/fairness", staff_alone(), query=_period),
    Row("GET", "lending/reports/use", staff_alone(), query=_period),
]
RULES = kept("lending/rules", "lending_rules", {"name": "Weekend"}, {"name": "New name"})


def _person(world: World) -> dict[str, Any]:
    return {"name": "John Doe", "email": "john@people.example", "password": "staple battery horse"}


def _new_address(world: World) -> dict[str, Any]:
    return {"user_id": str(world.customer.pk), "email": "hopper@people.example"}


def _of_customer(world: World) -> dict[str, Any]:
    return {"resource_id": str(world.borrowed.resource.uuid), "user_id": str(world.customer.pk)}  # type: ignore[union-attr]


def _had(world: World) -> dict[str, Any]:
    return {"resource_id": str(world.borrowed.resource.uuid)}  # type: ignore[union-attr]


def _wanted(world: World) -> dict[str, Any]:
    return {"resource_id": str(world.waiting.resource.uuid)}  # type: ignore[union-attr]


AT_ROOT = [
    Row("GET", "/info/is_alive", everyone(200)),
    Row("GET", "/info/get_version", everyone(200)),
    Row("GET", "/info/resources", everyone(200)),
    Row("GET", "/info/users", but(signed_in(), 403, "customer", "other_customer", "facilitator")),
    Row(
        "POST",
        "/session/login",
        everyone(200),
        body=lambda world: {"name": world.customer.email, "password": PASSWORD},
    ),
    Row("POST", "/session/logout", everyone(200)),
    Row("GET", "/session/status", signed_in()),
    Row(
        "POST",
        "/admin/user/add",
        but(signed_in(201), 403, "customer", "other_customer", "facilitator", "staff"),
        body=_person,
    ),
    Row(
        "POST",
        "/admin/user/modify",
        but(but(everyone(403), 401, *GUESTS), 200, "superuser"),
        body=_new_address,
        takes=("user_id",),
    ),
    Row(
        "POST",
        "/admin/resource/add",
        managers_alone(201),
        body=lambda world: {"name": "Meeting Room", "venue": world.venue.slug},
    ),
    Row("POST", "/admin/resource/modify", managers_alone(), body=of("idle", name="Bench")),
    Row("POST", "/reservation/request", signed_in(201), body=of("idle")),
    Row("POST", "/reservation/cancel", borrower_alone(), body=_wanted, about="lent"),
    Row("POST", "/reservation/keep_alive", borrower_alone(), body=_wanted, about="lent"),
    Row("POST", "/reservation/release", borrower_alone(), body=_had, about="lent_out", takes=("user_id",)),
    Row(
        "POST",
        "/reservation/release",
        but(but(signed_in(), 403, "other_customer", "facilitator"), 404, "other_manager"),
        body=_of_customer,
        note="of someone",
        about="lent_out",
        takes=("user_id",),
    ),
    Row("GET", "/reservation/active", signed_in()),
    Row("GET", "/reservation/active/all_users", signed_in()),
    Row("GET", "/reservation/active/user", signed_in(), query=_wanted),
]
LENDING = [*THINGS, *LOANS, *COPIES, *RULES, *AT_ROOT]
