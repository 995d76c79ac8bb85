"""A form that does one of several things does nothing when none of them is named."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from frontdesk.tests.planning_helpers import NEW, asked, changed, signed_in
from frontdesk.tests.test_stranding import close
from reservations.models import Reservation
from resources.enums import Role
from resources.models import AvailabilityOverride, Resource
from tests.factories import at, book, make_member, make_resource, payments_for

pytestmark = [pytest.mark.django_db, pytest.mark.once]

REFUSED = "Nothing was changed"
UNNAMED: list[dict[str, str]] = [{}, {"action": ""}, {"action": "explode"}, {"action": "PAY"}]


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def manager(room: Resource) -> Client:
    return signed_in(make_member(room.venue, Role.MANAGER))


def state_of(reservation: Reservation) -> tuple[Any, ...]:
    reservation.refresh_from_db()
    charges = list(payments_for(reservation).values_list("kind", "amount"))
    return (reservation.status, reservation.version, reservation.starts_at, charges)


def test_a_booking_is_left_alone_where_no_action_is_named(room: Resource, manager: Client) -> None:
    booked = book(room)
    pages = {
        name: reverse(name, args=[booked.pk])
        for name in ("calendar-edit", "admin:reservations_reservation_money")
    }
    money = {"amount": "5.00", "key": str(uuid4())}
    manager.post(pages["calendar-edit"], money | {"action": "pay"})
    before = state_of(booked)
    for page in pages.values():
        for action in UNNAMED:
            typed = changed(booked, at(9)) | money | {"key": str(uuid4())}
            del typed["action"]
            answer = manager.post(page, typed | action)
            shown = answer if answer.status_code == 400 else manager.get(page)
            assert REFUSED in shown.content.decode(), (page, action)
            assert state_of(booked) == before, (page, action)


def test_an_answer_that_was_not_offered_is_none(room: Resource, manager: Client) -> None:
    booked = book(room)
    before = state_of(booked)

    block = asked(room, at(8), purpose="block", title="Paint", name="", email="")
    answer = manager.post(NEW, block | {"in_the_way": "explode"})
    assert (answer.status_code, REFUSED in answer.content.decode()) == (400, True)
    assert Reservation.objects.count() == 1

    for unoffered in ("", "explode"):
        page = close(manager, room, stranded_bookings=unoffered)
        assert booked.code in page.content.decode(), "asked once more"
        assert not AvailabilityOverride.objects.exists()
    assert state_of(booked) == before
