"""``allowed_actions`` names ``undo``, and a late check-in, only where they would be accepted now."""

from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from reservations.domain.values import Actor
from reservations.enums import Source, Status
from reservations.models import Reservation
from reservations.services import check_in, complete_reservation, mark_no_show, undo_attendance
from reservations.tests.api_helpers import post
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_leader, make_member, make_resource

pytestmark = pytest.mark.django_db
LIST = "/api/reservations"


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def staff(client: Client, room: Resource) -> User:
    member = make_member(room.venue, Role.STAFF)
    client.force_login(member)
    return member


def actor(user: User) -> Actor:
    return Actor(user, Source.STAFF)


def offered(client: Client, reservation: Reservation) -> list[str]:
    """What the detail and the list both say."""
    one: list[str] = client.get(f"{LIST}/{reservation.pk}").json()["allowed_actions"]
    rows = {
        row["id"]: row["allowed_actions"]
        for row in client.get(LIST, {"expand": "allowed_actions"}).json()["results"]
    }
    assert rows[str(reservation.pk)] == one
    return one


def accepted(client: Client, reservation: Reservation, action: str) -> bool:
    answer = post(client, f"{LIST}/{reservation.pk}/{action}")
    assert answer.status_code in (200, 400, 409), answer.content
    return bool(answer.status_code == 200)


def test_what_was_a_mistake_and_what_was_not(client: Client, room: Resource, staff: User) -> None:
    came = book(room, at(7, 10))
    with time_machine.travel(at(7, 10)):
        check_in(reservation_id=came.pk, actor=actor(staff))
        assert offered(client, came) == ["complete", "undo"]
        complete_reservation(reservation_id=came.pk, actor=actor(staff))
        assert offered(client, came) == ["undo"]
        undo_attendance(reservation_id=came.pk, actor=actor(staff))
        undo_attendance(reservation_id=came.pk, actor=actor(staff))
        assert "undo" not in offered(client, came)


def test_a_state_that_no_step_led_to(client: Client, room: Resource, staff: User) -> None:
    """As it is after an import: there is nothing to take back to."""
    imported = book(room, at(7, 10))
    Reservation.objects.filter(pk=imported.pk).update(status=Status.COMPLETED)
    assert offered(client, imported) == []
    assert not accepted(client, imported, "undo")


def test_a_no_show_whose_time_is_taken(client: Client, room: Resource, staff: User) -> None:
    missed, later = book(room, at(7, 10)), at(7, 10, 30)
    with time_machine.travel(at(7, 10, 5)):
        mark_no_show(reservation_id=missed.pk, actor=actor(staff))
        assert offered(client, missed) == ["check_in", "undo"]
        book(room, later, minutes=30, actor=actor(staff))
        assert offered(client, missed) == []
        assert not accepted(client, missed, "undo")
        assert not accepted(client, missed, "check-in")


def test_a_no_show_beside_others(client: Client, staff: User, room: Resource) -> None:
    """Of three units one is left, then none."""
    desks = make_resource(room.venue, units=3)
    missed, later = book(desks, at(7, 10)), at(7, 10, 30)
    with time_machine.travel(at(7, 10, 5)):
        mark_no_show(reservation_id=missed.pk, actor=actor(staff))
        for _other in range(2):
            book(desks, later, minutes=30, actor=actor(staff))
        assert offered(client, missed) == ["check_in", "undo"]
        book(desks, later, minutes=30, actor=actor(staff))
        assert offered(client, missed) == []
        assert not accepted(client, missed, "undo")


def test_not_for_those_who_only_look(client: Client, room: Resource, staff: User) -> None:
    came = book(room, at(7, 10))
    with time_machine.travel(at(7, 10)):
        check_in(reservation_id=came.pk, actor=actor(staff))
        client.force_login(make_leader(room))
        assert offered(client, came) == []


def test_a_list_asks_once_for_all(client: Client, room: Resource, staff: User) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            rows: list[Any] = client.get(LIST, {"expand": "allowed_actions"}).json()["results"]
        assert all("undo" in row["allowed_actions"] for row in rows)
        return len(captured)

    def miss(hour: int) -> None:
        missed = book(room, at(7, hour))
        with time_machine.travel(at(7, hour, 5)):
            mark_no_show(reservation_id=missed.pk, actor=actor(staff))

    miss(8)
    client.get(LIST)
    first = count_queries()
    for hour in (9, 10, 11):
        miss(hour)
    assert count_queries() == first
