"""Rows of the addresses of classes."""

from dataclasses import replace
from typing import Any

from reservations.tests.api_helpers import local
from tests.permissions.configuration import just, kept
from tests.permissions.lending import managers_alone, staff_alone
from tests.permissions.rows import OUTSIDERS, Expected, Row, but, everyone, signed_in
from tests.permissions.world import World

TEAM = ("staff", "manager", "other_manager", "superuser")


def leading(status: int = 200) -> Expected:
    """Who leads it, managers and staff; the session itself is public."""
    return but(signed_in(status), 403, *OUTSIDERS)


def own_profile(status: int = 200) -> Expected:
    """Others have none."""
    return but(but(signed_in(status), 404, *TEAM), 403, "customer", "other_customer")


def for_seat(status: int = 200) -> Expected:
    return but(signed_in(status), 404, "other_customer", "other_manager")


def changed_seat(status: int = 200) -> Expected:
    """Who leads the session looks at it."""
    return but(for_seat(status), 403, "facilitator")


def _new_lesson(world: World) -> dict[str, Any]:
    start, end = local(30, 10).isoformat(), local(30, 11).isoformat()
    times = {"start_time": start, "end_time": end, "place": world.studio.name}
    return {"title": "Yoga", "facilitator_id": world.teacher.pk, **times}


def _colleague(world: World) -> dict[str, Any]:
    return {"facilitator_id": world.colleague.pk}


def _marks(world: World) -> dict[str, Any]:
    return {"marks": [{"booking_id": world.seat.pk, "attendance": "unknown"}]}


def _for_customer(world: World) -> dict[str, Any]:
    return {"kind_id": world.pass_kind.pk, "customer": world.customer.email}


SESSION, BOOKING, LED = "sessions/<int:id>", "bookings/<int:id>", "facilitator/sessions/<int:id>"
SESSIONS = [
    Row("GET", "sessions", signed_in()),
    Row("POST", "sessions", leading(201), body=_new_lesson, about="teacher", takes=("price",)),
    Row("GET", SESSION, signed_in(), id="lesson"),
    Row("GET", SESSION, but(signed_in(), 404, *OUTSIDERS), id="draft_lesson", note="not published"),
    Row("PUT", SESSION, leading(), id="lesson", body=just(title="Yin"), takes=("price",)),
    Row("POST", f"{SESSION}/cancel", leading(), id="lesson", body=just(reason="Ill")),
    Row("GET", f"{SESSION}/waitlist", signed_in(), id="lesson"),
    Row("POST", f"{SESSION}/waitlist", signed_in(201), id="quiet_lesson", body=just()),
    Row("DELETE", f"{SESSION}/waitlist", signed_in(), id="lesson"),
    Row("GET", f"{SESSION}/substitute", leading(), id="lesson"),
    Row("POST", f"{SESSION}/substitute", leading(), id="lesson", body=just(note="Ill")),
    Row("PUT", f"{SESSION}/substitute", staff_alone(), id="wanted_lesson", body=_colleague),
    Row("DELETE", f"{SESSION}/substitute", leading(), id="wanted_lesson"),
    Row("POST", f"{SESSION}/attendance", leading(), id="lesson", body=_marks, takes=("status",)),
    Row("GET", "timetable", everyone(200), query=lambda world: {"venue": world.studio.venue.slug}),
]
SEATS = [
    Row("POST", "bookings", signed_in(201), body=lambda world: {"session_id": world.quiet_lesson.pk}),
    Row("GET", "bookings/my", signed_in()),
    Row("GET", BOOKING, for_seat(), id="seat"),
    Row("PATCH", BOOKING, changed_seat(), id="seat", body=just(quantity=2)),
    Row("DELETE", BOOKING, changed_seat(), id="seat"),
    Row("GET", f"{BOOKING}/cancellation-quote", for_seat(), id="seat"),
    Row("POST", f"{BOOKING}/again", changed_seat(201), id="given_up"),
]
FACILITATORS = [
    Row("GET", "facilitator/bookings", own_profile()),
    Row("GET", "facilitator/dashboard", own_profile()),
    Row("GET", "facilitator/sessions", own_profile()),
    Row("DELETE", LED, leading(), id="lesson"),
    Row("GET", f"{LED}/bookings", leading(), id="lesson"),
    Row("GET", "facilitator/profile", own_profile()),
    Row("POST", "facilitator/profile", signed_in(201), body=lambda world: {"venue": world.venue.slug}),
    Row("PATCH", "facilitator/profile", own_profile(), body=just(bio="Calm")),
    Row("GET", "facilitator/payouts", signed_in()),
    Row("GET", "facilitator/payouts.csv", signed_in()),
    Row(
        "POST",
        "facilitator/payouts/settle",
        but(but(managers_alone(), 404, *OUTSIDERS, "staff"), 403, "facilitator"),
        body=lambda world: {"ids": [world.payout.pk]},
    ),
    Row("GET", "facilitators", everyone(200)),
    Row("GET", "facilitators/<int:id>", everyone(200), id="teacher"),
    Row(
        "POST",
        "facilitators/<int:id>/approve",
        but(managers_alone(), 404, *OUTSIDERS),
        id="pending_teacher",
    ),
]
TYPES = [
    replace(row, takes=("price",)) if row.body else row
    for row in kept("class-types", "class_type", {"title": "Yin"}, {"title": "Yang"}, is_public=True)
]
PASSES = [
    Row("GET", "pass-kinds", everyone(200)),
    Row("GET", "passes", signed_in()),
    Row(
        "POST",
        "passes",
        signed_in(201),
        body=lambda world: {"kind_id": world.pass_kind.pk},
        takes=("customer",),
    ),
    Row(
        "POST",
        "passes",
        staff_alone(201),
        body=_for_customer,
        note="for somebody",
        takes=("customer",),
    ),
    Row(
        "POST",
        "passes/<int:id>/pay",
        but(but(for_seat(403), 404, "facilitator"), 400, "customer"),
        id="sold_pass",
        body=just(token="tok"),
    ),
]
MONEY = [
    Row("GET", "instalments", signed_in()),
    Row("GET", "instalments/<int:id>", but(for_seat(), 404, "facilitator"), id="instalment"),
    Row("GET", "pay-rates", signed_in()),
    Row(
        "GET", "pay-rates/<int:id>", but(signed_in(), 404, *OUTSIDERS, "facilitator", "staff"), id="pay_rate"
    ),
]
CLASSES = [*SESSIONS, *SEATS, *FACILITATORS, *TYPES, *PASSES, *MONEY]
