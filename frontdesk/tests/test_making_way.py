"""Bookings in the way of a block: staff see them, and say whether they are moved or cancelled."""

from typing import Any

import pytest
from django.test import Client

from frontdesk.tests.planning_helpers import NEW, asked, signed_in
from frontdesk.views import planning
from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.services import check_in
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_member, make_resource, make_whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Linden")


@pytest.fixture
def planner(room: Resource) -> Client:
    return signed_in(make_member(room.venue, Role.STAFF))


def answered(planner: Client, block: dict[str, Any], answer: str, page: Any = None) -> Any:
    """Press a button under the bookings that the page shows."""
    page = page or planner.post(NEW, block)
    shown = {"way_shown": page.context["problem"].extra["way_shown"], "in_the_way": answer}
    return planner.post(NEW, block | shown)


def test_a_block_lists_what_is_in_the_way_and_makes_way(room: Resource, planner: Client) -> None:
    booked = book(room)
    block = asked(room, purpose="block", title="Paint", name="", email="")
    answer = planner.post(NEW, block)
    assert answer.status_code == 409
    assert booked.code in answer.content.decode()
    assert 'name="in_the_way" value="move"' in answer.content.decode()

    twin = make_resource(room.venue, rules=room.rules, capacity=room.capacity)
    assert answered(planner, block, "move").status_code == 302
    assert booked.items.get().resource == twin
    block = asked(twin, purpose="block", title="Paint", name="", email="")
    assert answered(planner, block, "cancel").status_code == 302
    booked.refresh_from_db()
    assert (booked.status, booked.cancel_reason) == (Status.CANCELLED, "Paint")


def test_a_block_makes_way_among_parts_and_wholes(room: Resource, planner: Client) -> None:
    """A booking of a part goes to an equivalent outside the whole, never into another part of it."""
    other_part = make_resource(room.venue, rules=room.rules, capacity=room.capacity)
    hall = make_whole([room, other_part])
    of_part, of_whole = book(room, at(7, 10)), book(hall, at(7, 14))
    block = asked(hall, at(7, 10), purpose="block", title="Paint", name="", email="")
    assert of_part.code in planner.post(NEW, block).content.decode()
    assert answered(planner, block, "move").status_code == 409, "nothing outside is free"
    twin = make_resource(room.venue, rules=room.rules, capacity=room.capacity)
    assert answered(planner, block, "move").status_code == 302
    assert of_part.items.get().resource == twin

    block = asked(room, at(7, 14), purpose="block", title="Paint", name="", email="")
    assert of_whole.code in planner.post(NEW, block).content.decode()
    assert answered(planner, block, "cancel").status_code == 302
    of_whole.refresh_from_db()
    assert of_whole.status == Status.CANCELLED


@pytest.mark.parametrize("answer", ["move", "cancel"])
def test_nobody_makes_way_for_a_block_that_is_refused(room: Resource, planner: Client, answer: str) -> None:
    make_resource(room.venue, rules=room.rules, capacity=room.capacity)
    booked, here = book(room, at(7, 10)), book(room, at(7, 11))
    check_in(reservation_id=here.pk, actor=Actor(), now=here.starts_at)
    block = asked(room, at(7, 10), 120, purpose="block", title="Paint", name="", email="")
    response = answered(planner, block, answer)
    assert (response.status_code, response.context["problem"].code) == (409, "taken")
    booked.refresh_from_db()
    assert (booked.status, booked.items.get().resource) == (Status.CONFIRMED, room)


def test_an_answer_holds_for_the_bookings_that_were_shown(
    room: Resource, planner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_NAMED", 1)
    booked = book(room, at(7, 10))
    block = asked(room, at(7, 10), 180, purpose="block", title="Paint", name="", email="")
    page = planner.post(NEW, block)
    later = book(room, at(7, 12))
    for answer in ("move", "cancel"):
        again = answered(planner, block, answer, page)
        assert again.status_code == 409
        assert "These bookings have changed in the meantime" in again.content.decode()
        assert "and 1 more" in again.content.decode()
    for untouched in (booked, later):
        untouched.refresh_from_db()
        assert untouched.status == Status.CONFIRMED
    assert answered(planner, block, "cancel", again).status_code == 302
    later.refresh_from_db()
    assert later.status == Status.CANCELLED
