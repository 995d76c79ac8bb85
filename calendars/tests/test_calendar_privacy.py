"""Who sees what in a calendar: in the pages, and in what the timeline fetches."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from calendars.tests.pages import address, board_of, column_of, html_of, kinds, text_of
from reservations.domain.values import Actor, Customer, all_units_of
from reservations.enums import Purpose, Source
from reservations.models import Reservation
from reservations.services import block_time
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, hold, make_leader, make_member, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
VIEWS = ("day", "week", "month", "timeline")
SECRETS = ("Ada Lovelace", "ada@example.com", "+4930", "Wheelchair", "Bob Customer")


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Linden")


@pytest.fixture
def owner() -> User:
    return make_user("bob@example.com", first_name="Bob", last_name="Customer")


@pytest.fixture
def booked(room: Resource, owner: User) -> Reservation:
    """Ada's, Bob's, somebody's hold, and an event that everybody may know of."""
    book(room, at(7, 12), requests="Wheelchair")
    hold(room, at(7, 15))
    block(room, 17)
    return book(room, at(7, 10), customer=Customer.from_user(owner), actor=Actor(owner))


def block(room: Resource, hour: int) -> Reservation:
    start = at(7, hour)
    return block_time(
        venue_id=room.venue_id,
        items=all_units_of([room.pk]),
        start=start,
        end=start + timedelta(hours=1),
        title="Summer concert",
        purpose=Purpose.EVENT,
        actor=Actor(source=Source.IMPORT),
        requests="Wheelchair",
    )


def viewer(who: str, room: Resource, owner: User) -> Client:
    client = Client()
    if who == "owner":
        client.force_login(owner)
    elif who == "another customer":
        client.force_login(make_user())
    elif who == "another venue's staff":
        client.force_login(make_member(make_resource().venue))
    elif who in (Role.STAFF, Role.MANAGER, Role.FACILITATOR):
        client.force_login(make_member(room.venue, who))
    elif who == "superuser":
        client.force_login(User.objects.create_superuser("root@example.com", "x"))
    return client


def on() -> str:
    return at(7).date().isoformat()


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("who", ["anonymous", "another customer", "another venue's staff"])
def test_strangers_learn_when_and_not_who(
    who: str, view: str, room: Resource, owner: User, booked: Reservation
) -> None:
    html = html_of(viewer(who, room, owner), view, on(), venue=room.venue.slug)

    assert not [each for each in [*SECRETS, booked.code, str(booked.pk)] if each in html]
    assert "Summer concert" in html
    assert "</strong> booked" not in html, "not even how many"


@pytest.mark.parametrize("who", ["anonymous", "another customer", "another venue's staff"])
def test_strangers_see_busy_time_as_one(who: str, room: Resource, owner: User, booked: Reservation) -> None:
    found = column_of(board_of(viewer(who, room, owner), "day", on(), venue=room.venue.slug), room)

    assert kinds(found).count("busy") == 3
    assert [each.text for each in found.items if each.kind == "event"] == ["Summer concert"]
    assert {each.reservation_id for each in found.items if each.kind == "busy"} == {None}
    assert all(not each.href for each in found.items if each.kind in ("busy", "event"))


@pytest.mark.parametrize("view", VIEWS)
def test_customers_see_their_own_in_full_and_no_one_elses(
    view: str, room: Resource, owner: User, booked: Reservation
) -> None:
    html = html_of(viewer("owner", room, owner), view, on(), resource=room.uuid)

    assert "Your booking" in html
    assert f"/bookings/{booked.pk}/" in html
    assert not [each for each in SECRETS[:4] if each in html]
    assert "/calendar/reservations/" not in html


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("who", [Role.STAFF, Role.MANAGER, "superuser"])
def test_staff_see_and_reach_everybodys(
    who: str, view: str, room: Resource, owner: User, booked: Reservation
) -> None:
    html = html_of(viewer(who, room, owner), view, on(), resource=room.uuid, hours="all")

    assert "Ada Lovelace" in html
    assert f"/calendar/reservations/{booked.pk}/edit/" in html
    assert f"/bookings/{booked.pk}/" not in html, "the secret link is the customer's"


def test_staff_see_holds_states_and_parties(room: Resource, owner: User, booked: Reservation) -> None:
    Reservation.objects.filter(pk=booked.pk).update(status="pending", party_size=4)
    found = column_of(board_of(viewer(Role.STAFF, room, owner), "day", on(), venue=room.venue.slug), room)

    shown = {each.kind: each for each in found.items}
    assert (shown["pending"].note, shown["pending"].status_label) == ("4 people", "Awaiting approval")
    assert (shown["held"].text, shown["held"].status_label) == ("Held", "Held")
    assert "busy" not in shown


@pytest.mark.parametrize("view", VIEWS)
def test_facilitators_look_at_what_they_lead_and_change_nothing(
    view: str, room: Resource, owner: User, booked: Reservation
) -> None:
    other = make_resource(room.venue, name="Oak")
    secret = book(other, at(7, 11), customer=Customer(name="Eve Elsewhere", email="eve@example.com"))
    client = Client()
    client.force_login(make_leader(room))
    html = html_of(client, view, on(), resource=room.uuid)

    assert "Ada Lovelace" in html
    html += html_of(client, view, on(), venue=room.venue.slug)
    assert "Eve Elsewhere" not in html
    assert str(secret.pk) not in html
    assert "/calendar/reservations/" not in html
    assert "/calendar/new/" not in html
    assert 'id="planner"' not in html


def test_the_rest_of_the_venue_is_busy_to_facilitators(
    room: Resource, owner: User, booked: Reservation
) -> None:
    other = make_resource(room.venue, name="Oak")
    book(other, at(7, 11))
    client = Client()
    client.force_login(make_leader(room))
    board = board_of(client, "day", on(), venue=room.venue.slug)

    led, rest = column_of(board, room), column_of(board, other)
    assert {"Ada Lovelace", "Bob Customer", "Summer concert"} < {item.text for item in led.items}
    assert "busy" not in kinds(led)
    assert [item.text for item in rest.items if item.kind in ("busy", "booking")] == ["Busy"]


def test_my_calendar_has_all_my_venues_and_nobody_else(
    room: Resource, owner: User, booked: Reservation
) -> None:
    elsewhere = make_resource(name="Oak")
    book(elsewhere, at(7, 20), customer=Customer.from_user(owner), actor=Actor(owner))
    html = html_of(viewer("owner", room, owner), "week", on(), mine=1)

    assert "Linden" in html
    assert "Oak" in html
    assert "Ada" not in html
    assert "Summer concert" not in html


def test_my_calendar_has_what_is_booked_with_me(room: Resource, owner: User, booked: Reservation) -> None:
    coach = make_leader(room)
    client = Client()
    client.force_login(coach)
    assert "Linden: Ada Lovelace" in text_of(html_of(client, "day", on(), mine=1))

    coach.memberships.all().delete()
    assert "Ada Lovelace" not in html_of(client, "day", on(), mine=1)


def test_ones_own_are_asked_for_after_signing_in(client: Client) -> None:
    response = client.get(address("week", on(), mine=1))

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=/calendar/week/")


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("anonymous", 302),
        ("another customer", 404),
        ("another venue's staff", 404),
        (Role.FACILITATOR, 404),
        (Role.STAFF, 200),
    ],
)
def test_what_the_timeline_fetches_is_the_venues_own(
    who: str, status: int, room: Resource, owner: User, booked: Reservation
) -> None:
    response = viewer(who, room, owner).get(address("events", on(), venue=room.venue.slug))

    assert response.status_code == status
    assert ("Ada Lovelace" in response.content.decode()) == (status == 200)
    if status == 200:
        assert {each["editable"] for each in shown(response)} <= {who == Role.STAFF, False}


def shown(response: Any) -> list[Any]:
    return [each for each in response.json()["events"] if "editable" in each]


def test_closed_venues_and_resources_are_their_own_peoples(room: Resource, owner: User) -> None:
    Resource.objects.filter(pk=room.pk).update(is_active=False)
    for who, status in (("anonymous", 404), ("another venue's staff", 404), (Role.STAFF, 200)):
        asked = viewer(who, room, owner).get(address("day", on(), resource=room.uuid))
        assert asked.status_code == status

    room.venue.is_active = False
    room.venue.save()
    for who, status in (("owner", 404), (Role.MANAGER, 200)):
        asked = viewer(who, room, owner).get(address("month", on(), venue=room.venue.slug))
        assert asked.status_code == status
