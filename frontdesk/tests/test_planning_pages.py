"""Staff's forms: booking for somebody, taking time, moving, calling off; and who may not."""

import re
from datetime import UTC, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from calendars.tests.pages import local
from frontdesk.tests.planning_helpers import NEW, asked, changed, dragged, edit, signed_in, wall
from reservations.domain.values import Actor
from reservations.enums import Purpose, Source, Status
from reservations.models import Reservation, ReservationEvent
from reservations.services import check_in, complete_reservation, mark_no_show
from resources.enums import Approval, Role
from resources.models import Resource
from tests.factories import (
    at,
    book,
    make_member,
    make_resource,
    make_venue,
    open_always,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Linden")


@pytest.fixture
def planner(room: Resource) -> Client:
    return signed_in(make_member(room.venue, Role.STAFF))


def code_of(response: Any) -> str:
    found: str = response.context["problem"].code
    return found


# --- New ---------------------------------------------------------------------------------------------


def test_booking_for_somebody(room: Resource, planner: Client) -> None:
    form = planner.get(NEW, {"resource": str(room.uuid), "start": at(7).isoformat()})
    assert f'value="{wall(room, at(7))}"' in form.content.decode()

    response = planner.post(NEW, asked(room, party_size=3))

    made = Reservation.objects.get()
    day = made.local_start.date()
    assert response["Location"] == f"/calendar/timeline/{day}/?venue={room.venue.slug}"
    assert (made.starts_at, made.ends_at) == (at(7), at(7, 11))
    assert (made.customer_name, made.customer_email, made.party_size) == (
        "Grace Hopper",
        "grace@example.com",
        3,
    )
    assert (made.source, made.status, made.requests) == (Source.STAFF, Status.CONFIRMED, "By the window")


def test_staff_need_no_approval_and_no_notice(room: Resource, planner: Client) -> None:
    room.rules.approval, room.rules.min_notice = Approval.MANUAL, 20_000
    room.rules.save()

    planner.post(NEW, asked(room, at(1)))
    assert Reservation.objects.get().status == Status.CONFIRMED


@pytest.mark.parametrize("purpose", [Purpose.EVENT, Purpose.BLOCK])
def test_time_for_the_venue_itself(purpose: Purpose, room: Resource, planner: Client) -> None:
    no_one = {"name": "", "email": "", "party_size": ""}
    response = planner.post(NEW, asked(room, purpose=purpose, title="Floor polish") | no_one)

    assert response.status_code == 302
    made = Reservation.objects.get()
    assert (made.purpose, made.title, made.customer_email) == (purpose, "Floor polish", "")


def test_without_an_end_it_lasts_as_long_as_usual_or_as_said(room: Resource, planner: Client) -> None:
    room.rules.default_duration = 90
    room.rules.save()
    planner.post(NEW, asked(room, at(7, 8), end=""))
    planner.post(NEW, asked(room, at(7, 12), end="", duration="120"))

    lengths = [each.ends_at - each.starts_at for each in Reservation.objects.order_by("starts_at")]
    assert lengths == [timedelta(minutes=90), timedelta(minutes=120)]


def test_a_taken_time_is_refused_with_others_to_press(room: Resource, planner: Client) -> None:
    book(room, at(7))
    response = planner.post(NEW, asked(room))

    assert (response.status_code, code_of(response)) == (409, "taken")
    near = response.context["problem"].extra["alternatives"][0]
    assert f'name="instead" value="{near.isoformat()}"' in response.content.decode()

    planner.post(NEW, asked(room, instead=near.isoformat()))
    made = Reservation.objects.get(customer_name="Grace Hopper")
    assert (made.starts_at, made.ends_at - made.starts_at) == (near, timedelta(hours=1))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"start": ""}, "start"),
        ({"start": "soon"}, "start"),
        ({"start": "9999-12-31T10:00"}, "start"),
        ({"end": "2027-01-01T10:99"}, "end"),
        ({"end": "2020-01-01T10:00"}, "end"),
        ({"duration": "60"}, "duration"),
        ({"end": "", "duration": "0"}, "duration"),
        ({"end": "", "duration": "9" * 30}, "duration"),
        ({"name": " "}, "name"),
        ({"email": "grace"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"party_size": "-1"}, "party_size"),
        ({"party_size": "9" * 30}, "party_size"),
        ({"purpose": "party"}, "purpose"),
        ({"purpose": "event", "title": ""}, "title"),
        ({"requests": "x" * 2001}, "requests"),
    ],
)
def test_bad_input_is_said_beside_its_field(
    change: dict[str, str], field: str, room: Resource, planner: Client
) -> None:
    response = planner.post(NEW, asked(room) | change)

    assert response.status_code == 400
    assert field in response.context["form"].errors
    assert not Reservation.objects.exists()


@pytest.mark.usefixtures("early_2027")
def test_a_time_that_comes_twice_is_asked_for() -> None:
    venue = make_venue(time_zone="Europe/Berlin")
    open_always(venue)
    room = make_resource(venue)
    planner = signed_in(make_member(venue))
    twice = asked(room, start=None) | {"start": "2027-10-31T02:00", "end": "", "duration": "60"}

    response = planner.post(NEW, twice)
    assert response.status_code == 400
    assert "02:00, UTC+01:00" in response.content.decode()
    planner.post(NEW, twice | {"which": "1"})
    assert Reservation.objects.get().starts_at == local(room, "2027-10-31 02:00*").astimezone(UTC)

    never = planner.post(NEW, twice | {"start": "2027-03-28T02:30"})
    assert "this time doesn" in str(never.context["form"].errors)


# --- Change ------------------------------------------------------------------------------------------


def test_moving_to_another_time_and_place(room: Resource, planner: Client) -> None:
    other = make_resource(room.venue, rules=room.rules, name="Oak")
    booked = book(room)
    move = changed(booked, at(8), 90, party_size=4) | {f"resource-{room.uuid}": str(other.uuid)}

    assert planner.get(edit(booked)).status_code == 200
    assert planner.post(edit(booked), move).status_code == 302
    booked.refresh_from_db()
    assert (booked.starts_at, booked.ends_at, booked.party_size) == (at(8), at(8, 11, 30), 4)
    assert [item.resource for item in booked.items.all()] == [other]
    assert ReservationEvent.objects.filter(
        reservation=booked, kind="rescheduled", source=Source.STAFF
    ).exists()


def test_what_is_refused_stays_where_it_was(room: Resource, planner: Client) -> None:
    booked = book(room)
    book(room, at(8))
    response = planner.post(edit(booked), changed(booked, at(8)))

    assert (response.status_code, code_of(response)) == (409, "taken")
    near = response.context["problem"].extra["alternatives"][0]
    booked.refresh_from_db()
    assert booked.starts_at == at(7)
    planner.post(edit(booked), changed(booked, at(8), instead=near.isoformat()))
    booked.refresh_from_db()
    assert booked.starts_at == near


def test_somebody_elses_change_in_between_is_said_and_shown(room: Resource, planner: Client) -> None:
    booked = book(room)
    Reservation.objects.filter(pk=booked.pk).update(version=5, party_size=7)
    response = planner.post(edit(booked), changed(booked, at(9)))

    assert (response.status_code, code_of(response)) == (409, "stale_version")
    html = response.content.decode()
    assert 'name="version" value="5"' in html
    assert 'name="party_size" value="7"' in html
    booked.refresh_from_db()
    assert booked.starts_at == at(7)


@pytest.mark.parametrize(
    ("status", "action", "becomes"),
    [
        (Status.PENDING, "confirm", Status.CONFIRMED),
        (Status.PENDING, "decline", Status.DECLINED),
        (Status.CONFIRMED, "check_in", Status.CHECKED_IN),
        (Status.CHECKED_IN, "complete", Status.COMPLETED),
        (Status.CONFIRMED, "cancel", Status.CANCELLED),
    ],
)
def test_what_else_can_be_done(
    status: Status, action: str, becomes: Status, room: Resource, planner: Client
) -> None:
    booked = book(room)
    Reservation.objects.filter(pk=booked.pk).update(status=status)

    with time_machine.travel(at(7, 8)):
        assert f'value="{action}"' in planner.get(edit(booked)).content.decode()
        assert planner.post(edit(booked), {"action": action, "version": booked.version}).status_code == 302
    booked.refresh_from_db()
    assert booked.status == becomes


def test_what_cannot_be_done_is_said(room: Resource, planner: Client) -> None:
    booked = book(room)
    refusals = {"no_show": "too_soon", "complete": "too_soon", "undo": "transition_not_allowed"}
    for action, code in refusals.items():
        response = planner.post(edit(booked), {"action": action, "version": booked.version})
        assert (response.status_code, code_of(response)) == (400, code), action
    assert planner.post(edit(booked), {"action": "save"}).status_code == 400


def test_events_are_moved_like_bookings(room: Resource, planner: Client) -> None:
    planner.post(NEW, asked(room, purpose="event", title="Concert", name="", email=""))
    event = Reservation.objects.get()
    html = planner.get(edit(event)).content.decode()
    assert 'name="party_size"' not in html

    assert planner.post(edit(event), changed(event, at(9))).status_code == 302
    event.refresh_from_db()
    assert (event.starts_at, event.title) == (at(9), "Concert")


# --- Dragging ----------------------------------------------------------------------------------------


def test_dragging_moves_resizes_and_changes_the_place(room: Resource, planner: Client) -> None:
    other = make_resource(room.venue, rules=room.rules)
    booked = book(room)
    drop = dragged(booked, at(8), 120, was=room.uuid, place=other.uuid)

    response = planner.post(reverse("calendar-move", args=[booked.pk]), drop)
    booked.refresh_from_db()
    assert response.json() == {"message": "Saved.", "version": booked.version}
    assert (booked.starts_at, booked.ends_at) == (at(8), at(8, 12))
    assert [item.resource for item in booked.items.all()] == [other]


def test_a_drop_that_is_refused_says_why_and_what_would_do(room: Resource, planner: Client) -> None:
    booked = book(room)
    book(room, at(8))
    response = planner.post(reverse("calendar-move", args=[booked.pk]), dragged(booked, at(8)))

    told = response.json()
    assert (response.status_code, told["code"]) == (409, "taken")
    assert told["message"]
    assert len(told["alternatives"]) > 0
    booked.refresh_from_db()
    assert booked.starts_at == at(7)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"version": "99"}, 409),
        ({"version": "x"}, 400),
        ({"version": ""}, 400),
        ({"start": "x"}, 400),
        ({"end": "2001-01-01T00:00"}, 400),
        ({"end": "9999-01-01T00:00"}, 400),
        ({"was": "nothing", "place": "nowhere"}, 404),
        ({"was": str(uuid4()), "place": "\x00"}, 404),
    ],
)
def test_bad_drops_change_nothing(
    change: dict[str, str], status: int, room: Resource, planner: Client
) -> None:
    booked = book(room)
    response = planner.post(reverse("calendar-move", args=[booked.pk]), dragged(booked, at(8)) | change)

    assert response.status_code == status
    assert response.json()["message"]
    booked.refresh_from_db()
    assert booked.starts_at == at(7)


def test_a_dialog_is_told_and_closes(room: Resource, planner: Client) -> None:
    response = planner.post(NEW, asked(room), headers={"HX-Request": "true"})

    assert response.status_code == 204
    assert "calendar:changed" in response["HX-Trigger"]


def test_forms_lead_back_to_a_calendar_of_this_site_only(room: Resource, planner: Client) -> None:
    ways = {
        "/calendar/week/2027-01-04/?venue=x": "/calendar/week/2027-01-04/?venue=x",
        "https://evil.example/calendar/day/": None,
        "//evil.example/calendar/day/": None,
        "/admin/": None,
    }
    for number, (way, expected) in enumerate(ways.items()):
        response = planner.post(NEW, asked(room, at(10 + number), next=way))
        found = response["Location"]
        assert found == expected if expected else found.startswith("/calendar/timeline/")
    came = planner.get(NEW, headers={"Referer": "http://testserver/calendar/day/2027-01-04/?kind=room"})
    assert came.context["back"] == came.context["came_from"] == "/calendar/day/2027-01-04/?kind=room"


def test_a_form_opened_by_itself_leads_to_the_day_that_was_booked(room: Resource, planner: Client) -> None:
    form = planner.get(NEW, {"venue": room.venue.slug})
    sent = asked(room, at(9), next=hidden_next(form.content.decode()))

    booked = planner.post(NEW, sent, headers={"Referer": f"http://testserver{NEW}"})

    day = at(9).astimezone(room.venue.zone).date().isoformat()
    assert booked["Location"].startswith(f"/calendar/timeline/{day}/")


def hidden_next(html: str) -> str:
    found = re.search(r'name="next" value="([^"]*)"', html)
    assert found
    return found[1]


def test_a_no_show_taken_back_too_late_names_who_has_the_time(room: Resource, planner: Client) -> None:
    booked = book(room)
    mark_no_show(reservation_id=booked.pk, actor=Actor(), now=booked.starts_at)
    other = book(room)
    response = planner.post(edit(booked), {"action": "undo", "version": booked.version + 1})
    assert (response.status_code, code_of(response)) == (409, "taken")
    page = response.content.decode()
    assert other.code in page
    assert "in_the_way" not in page, "nobody is moved from here"


def test_take_back_sent_twice_takes_one_step_back(room: Resource, planner: Client) -> None:
    booked = book(room)
    check_in(reservation_id=booked.pk, actor=Actor(), now=booked.starts_at)
    seen = complete_reservation(reservation_id=booked.pk, actor=Actor(), now=booked.starts_at).version
    assert f'name="version" value="{seen}"' in planner.get(edit(booked)).content.decode()
    sent: list[dict[str, Any]] = [{"version": seen}, {"version": seen}, {}]
    answers = [planner.post(edit(booked), {"action": "undo"} | version) for version in sent]
    assert [answer.status_code for answer in answers] == [302, 409, 400]
    booked.refresh_from_db()
    assert booked.status == Status.CHECKED_IN
