"""What programs, open pages and calendars hear of sessions and seats."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from calendars.tests.helpers import events, feed_path
from classes.enums import Attendance
from classes.services import (
    SessionChanges,
    cancel_booking,
    cancel_session,
    change_session,
    record_attendance,
    substitute,
)
from classes.services.sweeping import complete_sessions
from classes.tests.helpers import STAFF, House, make_house, take
from common.clock import now
from common.errors import Forbidden
from reservations.domain.values import Customer
from resources.models import VenueMembership
from tests.factories import at, make_user
from webhooks.sending import send_due_deliveries
from webhooks.services import create_endpoint
from webhooks.tests.conftest import own_network, receiver
from webhooks.tests.receiver import Receiver

__all__ = ["own_network", "receiver"]
pytestmark = pytest.mark.django_db
ADA = Customer(name="Ada", email="ada@example.com")


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


def test_programs_hear_of_sessions_seats_and_who_came(
    house: House, receiver: Receiver, settings: Settings
) -> None:
    """By a real request to a real server, each body whole."""
    settings.CRM_SERVICE_URL = f"{receiver.url}/crm"
    _endpoint, _secret = create_endpoint(venue=house.venue, url=receiver.url)
    john = house.add_facilitator()
    start = now().replace(second=0, microsecond=0) + timedelta(minutes=20)
    session, off = house.add_session(start, capacity=4), house.add_session(at(8), title="Yin")
    seat = take(session, ADA, quantity=2)
    longer = SessionChanges(ends_at=session.ends_at + timedelta(minutes=30))
    change_session(session_id=session.pk, changes=longer, actor=STAFF)
    substitute(session_id=session.pk, facilitator=john, actor=STAFF)
    marks = {seat.pk: Attendance.LATE}
    record_attendance(session_id=session.pk, marks=marks, actor=STAFF, now=start)
    cancel_session(session_id=off.pk, reason="Mia is ill.", actor=STAFF)
    complete_sessions(now=start + timedelta(hours=2))
    while send_due_deliveries(now=now()):
        pass
    told = [each.json for each in receiver.taken]
    by_type = {name: [each["data"] for each in told if each.get("type") == name] for name in EVENTS}
    assert {name: len(bodies) for name, bodies in by_type.items()} == EVENTS
    created, put_off = sorted(by_type["session.created"], key=lambda each: each["id"])
    [over], [cancelled], [came] = (by_type[name] for name in list(EVENTS)[2:])
    assert (created["title"], created["price"], created["currency"], created["bookings_count"]) == (
        *("Morning Meditation", 25, "EUR"),
        0,
    )
    changed, swapped = sorted(by_type["session.changed"], key=lambda each: each["version"])
    assert changed["end_time"] == longer["ends_at"].astimezone(house.venue.zone).isoformat()
    assert (changed["bookings_count"], changed["available_spots"]) == (2, 2)
    assert (swapped["facilitator"], swapped["substitute_for"]) == ("John", "Mia")
    assert (cancelled["id"], cancelled["status"], cancelled["cancel_reason"]) == (
        *(put_off["id"], "cancelled"),
        "Mia is ill.",
    )
    assert (over["id"], over["status"], "booked_by_me" in over) == (session.pk, "completed", False)
    assert came["session"]["id"] == session.pk
    assert came["bookings"] == [
        {
            "id": seat.pk,
            "reservation_id": str(seat.reservation_id),
            "attendance": "late",
            "quantity": 2,
        }
    ]
    # The CRM hears of customers' bookings alone, with their session, as it was led then.
    to_crm = [each for each in told if "customer" in each]
    assert {each["customer"]["email"] for each in to_crm} == {ADA.email}
    names = [(each["type"], each["booking"]["session"]["facilitator"]) for each in to_crm]
    assert names == [
        ("reservation.confirmed", "Mia"),
        ("reservation.changed", "Mia"),
        ("reservation.checked_in", "John"),
    ]
    assert {each["booking"]["session"]["id"] for each in to_crm} == {session.pk}


EVENTS = {
    "session.created": 2,
    "session.changed": 2,
    "session.completed": 1,
    "session.cancelled": 1,
    "attendance.recorded": 1,
}


def test_whoever_leads_a_session_hears_of_it_live(house: House) -> None:
    """``leads=1``: one's own, also if somebody steps in; nobody else's, and nothing once one has left."""
    john = house.add_facilitator()
    mine, theirs = house.add_session(), house.add_session(at(8), facilitator=john)
    mia = Client()
    address, last = "/api/changes", ""
    assert mia.get(address, {"leads": "1"}).status_code == 401
    mia.force_login(house.mia.user)

    def hear() -> list[tuple[str, str]]:
        nonlocal last
        query = {"leads": "1", **({"after": last} if last else {})}
        answer = mia.get(address, query).json()
        last = answer["last_id"]
        return [(each["id"], each["status"]) for each in answer["changes"] if each["type"] == "reservation"]

    assert hear() == []
    seat, _foreign = take(mine, ADA), take(theirs)
    assert hear() == [(str(seat.reservation_id), "confirmed")]
    substitute(session_id=mine.pk, facilitator=john, actor=STAFF)
    cancel_booking(booking_id=seat.pk, actor=STAFF)
    assert (str(seat.reservation_id), "cancelled") in hear()
    customer = Client()
    customer.force_login(make_user())
    begin = customer.get(address, {"leads": "1"}).json()["last_id"]
    take(mine)
    assert len(hear()) == 1
    assert customer.get(address, {"leads": "1", "after": begin}).json()["changes"] == []
    VenueMembership.objects.filter(user=house.mia.user).delete()
    take(mine)
    assert hear() == []
