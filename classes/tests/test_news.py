"""What programs, open pages and calendars hear of sessions and seats."""

from datetime import timedelta

import pytest
from django.test import Client

from calendars.tests.helpers import events, feed_path
from classes.services import SessionChanges, cancel_booking, cancel_session, change_session, substitute
from classes.tests.helpers import STAFF, House, make_house, take
from common.errors import Forbidden
from tests.factories import at, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_house()


def test_a_teachers_calendar_says_how_many_have_booked(house: House) -> None:
    john = house.add_facilitator()
    session = house.add_session()
    off = house.add_session(at(8), title="Yin Yoga")
    house.add_session(at(9), facilitator=john)
    path = feed_path(house.mia.user, "sessions")
    first = Client().get(path)["ETag"]
    take(session, quantity=3)
    gone = take(session)
    second = Client().get(path)["ETag"]
    cancel_booking(booking_id=gone.pk, actor=STAFF)
    third = Client().get(path)["ETag"]
    assert len({first, second, third}) == 3
    assert Client().get(path, headers={"If-None-Match": third}).status_code == 304
    change_session(
        session_id=session.pk,
        changes=SessionChanges(ends_at=session.ends_at + timedelta(minutes=30)),
        actor=STAFF,
    )
    cancel_session(session_id=off.pk, actor=STAFF)
    moved, called_off = events(path)
    assert (moved["summary"], moved["sequence"]) == ("Morning Meditation (3/10)", 1)
    assert called_off["summary"] == "Yin Yoga (0/10)"
    assert (called_off["status"], called_off["sequence"]) == ("CANCELLED", 1)
    substitute(session_id=session.pk, facilitator=john, actor=STAFF)
    assert [each["uid"] for each in events(path)] == [called_off["uid"]]
    assert moved["uid"] in [each["uid"] for each in events(feed_path(john.user, "sessions"))]
    customer = make_user()
    take(session, customer)
    with pytest.raises(Forbidden):
        feed_path(customer, "sessions")
    [own] = events(feed_path(customer, "customer"))
    assert own["summary"] == f"Morning Meditation · {house.venue.name}"
