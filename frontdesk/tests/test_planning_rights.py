"""Who may change what is in a calendar."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from frontdesk.tests.planning_helpers import NEW, asked, changed, dragged, edit, signed_in
from reservations.domain.values import Actor, Customer
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_leader, make_member, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Linden")


@pytest.fixture
def planner(room: Resource) -> Client:
    return signed_in(make_member(room.venue, Role.STAFF))


@pytest.mark.parametrize(
    ("who", "status"),
    [("anonymous", 302), ("customer", 404), ("other staff", 404), (Role.FACILITATOR, 403), (Role.STAFF, 200)],
)
def test_only_the_venues_staff_may(who: str, status: int, room: Resource) -> None:
    user = make_user("ada@example.com")
    booked = book(room, customer=Customer.from_user(user), actor=Actor(user))
    client = Client()
    if who == "other staff":
        client.force_login(make_member(make_resource().venue, Role.MANAGER))
    elif who == "customer":
        client.force_login(user)
    elif who != "anonymous":
        client.force_login(make_leader(room) if who == Role.FACILITATOR else make_member(room.venue, who))

    assert client.get(edit(booked)).status_code == status
    assert client.get(NEW, {"resource": str(room.uuid)}).status_code == status
    done = 302 if status == 200 else status
    assert client.post(NEW, asked(room, at(9))).status_code == done
    drop = client.post(reverse("calendar-move", args=[booked.pk]), dragged(booked, at(8)))
    assert drop.status_code == status
    booked.refresh_from_db()
    assert (booked.starts_at == at(8)) == (status == 200)
    assert client.post(edit(booked), {"action": "cancel", "version": booked.version}).status_code == done


def test_to_facilitators_what_others_lead_is_not_there(room: Resource) -> None:
    booked = book(room)
    client = signed_in(make_member(room.venue, Role.FACILITATOR))

    assert client.get(edit(booked)).status_code == 404
    drop = client.post(reverse("calendar-move", args=[booked.pk]), dragged(booked, at(8)))
    assert drop.status_code == 404


def test_another_venues_things_are_no_place_to_move_to(room: Resource, planner: Client) -> None:
    foreign = make_resource(rules=None)
    booked = book(room)

    drop = dragged(booked, at(8), was=room.uuid, place=foreign.uuid)
    assert planner.post(reverse("calendar-move", args=[booked.pk]), drop).status_code == 404
    typed = changed(booked, at(8)) | {f"resource-{room.uuid}": str(foreign.uuid)}
    assert planner.post(edit(booked), typed).status_code == 400
    assert planner.post(NEW, asked(foreign)).status_code == 404
    booked.refresh_from_db()
    assert booked.starts_at == at(7)


def test_nothing_is_at_an_unknown_address(planner: Client) -> None:
    nowhere = uuid4()
    assert planner.get(reverse("calendar-edit", args=[nowhere])).status_code == 404
    assert planner.post(reverse("calendar-move", args=[nowhere])).json()["code"] == "not_found"
    assert planner.get(reverse("calendar-move", args=[nowhere])).status_code == 405
    assert signed_in(make_user()).get(NEW).status_code == 404


def test_forms_need_their_token(room: Resource) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_member(room.venue))
    booked = book(room)

    assert client.post(NEW, asked(room)).status_code == 403
    drop = client.post(reverse("calendar-move", args=[booked.pk]), dragged(booked, at(8)))
    assert drop.status_code == 403
