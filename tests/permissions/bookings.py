"""Rows of the addresses of free times, reservations, holds and series."""

from typing import Any

from reservations.tests.api_helpers import CUSTOMER_INFO, local
from tests.permissions.rows import (
    Row,
    but,
    changed_by_staff,
    everyone,
    for_own,
    not_changed_by_leader,
    seen_by_leader,
    signed_in,
)
from tests.permissions.world import World

STAFF_ALONE = but(everyone(403), 200, "staff", "manager", "superuser")


def asked(**fields: Any) -> Any:
    """A query about a day of the blue room."""
    return lambda world: {"resource_id": str(world.room.uuid), "date": _day(), **fields}


def wanted(**fields: Any) -> Any:
    """A body that names an evening hour of the blue room."""
    when = {"date": _day(), "time": "20:00", "duration": 60}
    return lambda world: {"resource_id": str(world.room.uuid), **when, **fields}


def just(**fields: Any) -> Any:
    return lambda world: dict(fields)


def _day() -> str:
    return local(7).date().isoformat()


def _probes(world: World) -> dict[str, Any]:
    return {"resource_ids": [str(world.room.uuid)], "starts": [local(7, 20).isoformat()]}


def _written_out(world: World) -> dict[str, Any]:
    return {"probes": [{"resource_id": str(world.room.uuid), "start": local(7, 20).isoformat()}]}


def _spare(world: World) -> dict[str, Any]:
    return {"resource_id": str(world.spare.uuid)}


def _held_together(world: World) -> dict[str, Any]:
    return {"holds": [{"id": str(world.held.pk)}], "customer_info": CUSTOMER_INFO}


FREE_TIMES = [
    Row("GET", "timeslots", everyone(200), query=asked()),
    Row("GET", "availability", everyone(200), query=asked()),
    Row("POST", "availability", everyone(200), body=_probes),
    Row("POST", "availability", everyone(200), body=_written_out, note="one by one"),
    Row("GET", "search", everyone(200), query=just(date=_day())),
    Row("GET", "first-available", everyone(200)),
    Row("POST", "quotes", everyone(200), body=wanted()),
    Row("POST", "quotes", STAFF_ALONE, body=wanted(as_staff=True), note="as staff"),
    Row("GET", "calendar", everyone(200), query=just(date=_day(), view="month")),
]

HOLD = "holds/<uuid:id>"
HOLDS = [
    Row("POST", "holds", everyone(201), body=wanted()),
    Row(
        "POST",
        "holds",
        STAFF_ALONE | dict.fromkeys(("staff", "manager", "superuser"), 201),
        body=wanted(as_staff=True),
        note="as staff",
    ),
    Row("GET", HOLD, for_own(), id="held"),
    Row("DELETE", HOLD, for_own(), id="held"),
    Row("POST", f"{HOLD}/extend", for_own(), id="held"),
    Row("POST", f"{HOLD}/items", for_own(), id="held", body=_spare),
    Row("DELETE", f"{HOLD}/items/<uuid:resource_id>", for_own(), id="held", parts=("spare",)),
    Row(
        "POST",
        "holds/confirm",
        but(for_own(), 404, "token"),  # a guest's secrets stand in the body
        body=_held_together,
        about="held",
    ),
    Row(
        "POST",
        f"{HOLD}/confirm",
        for_own(),
        id="held",
        body=just(customer_info=CUSTOMER_INFO),
    ),
]

ONE = "reservations/<uuid:id>"
CASH = {"payment": {"amount": "5.00"}}
RESERVATIONS = [
    Row("POST", "reservations/recover", everyone(202), body=just(code="ABCDEF", email="ada@example.com")),
    Row("GET", "reservations", signed_in()),
    Row("GET", "reservations/my", signed_in()),
    Row("POST", "reservations", everyone(201), body=wanted(customer_info=CUSTOMER_INFO)),
    Row(
        "POST",
        "reservations",
        STAFF_ALONE | dict.fromkeys(("staff", "manager", "superuser"), 201),
        body=wanted(customer_info=CUSTOMER_INFO, as_staff=True),
        note="as staff",
    ),
    Row("GET", ONE, for_own(), id="reservation"),
    *(
        Row(
            method,
            ONE,
            for_own(),
            id="reservation",
            body=just(time="15:00", customer_info={"name": "Ada"}),
        )
        for method in ("PUT", "PATCH")
    ),
    Row("PATCH", ONE, changed_by_staff(), id="reservation", body=just(as_staff=True), note="as staff"),
    Row("DELETE", ONE, for_own(), id="reservation"),
    Row("POST", f"{ONE}/cancel", for_own(), id="reservation", body=just(reason="Flu")),
    Row(
        "POST",
        f"{ONE}/cancel",
        changed_by_staff(),
        id="reservation",
        body=just(waive_fee=True),
        note="without fee",
    ),
    Row("GET", f"{ONE}/cancellation-quote", for_own(), id="reservation"),
    Row("POST", f"{ONE}/reschedule-quote", for_own(), id="reservation", body=just(time="15:00")),
    Row(
        "POST",
        f"{ONE}/reschedule-quote",
        changed_by_staff(),
        id="reservation",
        body=just(time="15:00", as_staff=True),
        note="as staff",
    ),
    Row("POST", f"{ONE}/confirm", changed_by_staff(), id="pending", body=just()),
    Row("POST", f"{ONE}/confirm", for_own(), id="held", body=just(), note="a hold"),
    Row(
        "POST",
        f"{ONE}/confirm",
        changed_by_staff(),
        id="pending",
        body=just(**CASH),
        note="for cash",
        scope="manage",
    ),
    Row("POST", f"{ONE}/checkout", for_own(400), id="pending", body=just(), note="without a provider"),
    Row("POST", f"{ONE}/decline", changed_by_staff(), id="pending", body=just(reason="Closed")),
    Row("POST", f"{ONE}/check-in", changed_by_staff(), id="begun"),
    Row("POST", f"{ONE}/undo", changed_by_staff(), id="checked_in"),
    Row("POST", f"{ONE}/complete", changed_by_staff(), id="begun"),
    Row("POST", f"{ONE}/no-show", changed_by_staff(), id="begun"),
    Row("GET", f"{ONE}/history", for_own(), id="reservation"),
    Row("GET", f"{ONE}/payments", for_own(), id="reservation"),
    Row("POST", f"{ONE}/payments", changed_by_staff(201), id="reservation", body=just(amount="5.00")),
    Row("POST", f"{ONE}/refunds", changed_by_staff(400), id="reservation", body=just(amount="5.00")),
]

LED = [
    *(
        Row("GET", route, seen_by_leader(), id="led", note="led")
        for route in (ONE, f"{ONE}/cancellation-quote", f"{ONE}/history", f"{ONE}/payments")
    ),
    Row("PATCH", ONE, not_changed_by_leader(for_own()), id="led", body=just(time="15:00"), note="led"),
    Row("POST", f"{ONE}/cancel", not_changed_by_leader(for_own()), id="led", body=just(), note="led"),
    Row(
        "POST",
        f"{ONE}/payments",
        not_changed_by_leader(changed_by_staff(201)),
        id="led",
        body=just(amount="5.00"),
        note="led",
    ),
]


def _recurring(**fields: Any) -> Any:
    return wanted(rule="FREQ=WEEKLY;COUNT=2", **fields)


SERIES_ONE = "series/<uuid:id>"
OWN_SERIES = but(for_own(), 401, "anonymous", "token")
SERIES = [
    Row("POST", "series", signed_in(201), body=_recurring(customer_info=CUSTOMER_INFO)),
    Row("POST", "series/preview", everyone(200), body=_recurring()),
    Row("POST", "series/preview", STAFF_ALONE, body=_recurring(as_staff=True), note="as staff"),
    Row("GET", SERIES_ONE, but(for_own(), 401, "anonymous", "token"), id="series"),
    Row("PATCH", SERIES_ONE, OWN_SERIES, id="series", body=just(scope="all", time="11:00")),
    Row(
        "PATCH",
        SERIES_ONE,
        but(OWN_SERIES, 403, "customer"),
        id="series",
        body=just(scope="all", time="11:00", as_staff=True),
        note="as staff",
    ),
    Row("POST", f"{SERIES_ONE}/cancel", OWN_SERIES, id="series", body=just(scope="all")),
]

BOOKINGS = [*FREE_TIMES, *HOLDS, *RESERVATIONS, *LED, *SERIES]
