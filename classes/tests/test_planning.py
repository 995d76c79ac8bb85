"""The facilitator's pages that change what is planned: new sessions, moved ones, and what is called off."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from classes import services
from classes.drafts import SessionDraft
from classes.models import Session
from classes.services.scheduling import copy_draft
from classes.tests.helpers import STAFF, House, fresh, make_house, take
from classes.tests.test_pages import read, send
from classes.tests.test_teaching import about, enter, page_of, post
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Purpose, Source
from reservations.exceptions import SeriesRefused
from reservations.services import block_time, record_payment
from tests.factories import at, make_member

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def house() -> House:
    return make_house(time_zone="UTC", name="Stillwater")


@pytest.fixture
def client(house: House) -> Client:
    """Mia's."""
    return enter(house.mia.user)


def test_calling_off_says_first_what_it_means(house: House, client: Client) -> None:
    session = house.add_session(at(2))
    for quantity in (1, 3):
        seat = take(session, quantity=quantity)
        record_payment(reservation_id=seat.reservation_id, amount=Decimal(25), actor=STAFF)
    page = read(client, page_of(session, "teach-call-off"))
    assert ">4<" in page
    assert "€50.00" in page
    assert Session.objects.get(pk=session.pk).is_active
    assert send(client, page_of(session, "teach-call-off"), reason="Ill") == "/teach/"
    ended = Session.objects.get(pk=session.pk)
    assert (ended.status, ended.cancel_reason) == ("cancelled", "Ill")
    # Of a series: one, those after it, or all.
    made = services.create_series(
        venue=house.venue, draft=copy_of(session), rule="FREQ=WEEKLY;COUNT=3", actor=STAFF
    )
    second = made.sessions[1]
    assert "Call off 2 sessions" in read(client, f"{page_of(second, 'teach-call-off')}?scope=following")
    send(client, page_of(second, "teach-call-off"), scope="following")
    assert [row.is_active for row in Session.objects.filter(series=made.series)] == [True, False, False]
    begun = house.add_session(at(3))
    with time_machine.travel(begun.starts_at + timedelta(minutes=1)):
        assert "already begun" in read(enter(house.mia.user), page_of(begun, "teach-call-off"), 400)


def copy_of(session: Session) -> Any:
    return copy_draft(session)


def shown(session: Session, **changes: object) -> dict[str, object]:
    """What the form of a session sends."""
    start = session.local_start
    values: dict[str, object] = {
        "title": session.title,
        "day": start.date().isoformat(),
        "at": f"{start:%H:%M}",
        "minutes": 60,
        "place": session.place_id,
        "capacity": session.capacity,
        "price": session.price,
        "version": session.version,
    }
    return values | changes


def test_moving_asks_when_people_have_booked(house: House, client: Client) -> None:
    session, loft = house.add_session(at(2)), house.add_studio()
    change = page_of(session, "teach-change")
    assert 'value="10:00"' in read(client, change)
    assert send(client, change, **shown(session, title="Yin", place=loft.pk)) == page_of(session)
    session.refresh_from_db()
    assert (session.title, session.place_id) == ("Yin", loft.pk)
    seat = take(session, quantity=2)
    later = shown(session, at="12:00", capacity=8)
    assert "2 people who have booked move along" in post(client, change, 200, **later)
    assert Session.objects.get(pk=session.pk).starts_at == session.starts_at
    send(client, change, **later, confirmed="yes")
    session.refresh_from_db()
    assert (session.starts_at, session.capacity) == (at(2, 12), 8)
    assert fresh(seat).reservation.starts_at == at(2, 12)
    house.add_session(at(3), place=loft)
    for status, wrong in (
        (409, {"day": at(3).date().isoformat(), "at": "10:30"}),
        (409, {"capacity": 1}),
        (409, {"version": 1}),
        (400, {"at": "noon"}),
        (400, {"day": at(-3).date().isoformat()}),
        (400, {"place": 2**70}),
        (400, {"price": "NaN"}),
    ):
        post(client, change, status, **shown(session, confirmed="yes", **wrong))
    session.refresh_from_db()
    assert (session.starts_at, session.capacity) == (at(2, 12), 8)


def test_new_sessions_name_each_obstacle(house: House, client: Client) -> None:
    yoga = house.add_type(title="Yoga", capacity=12, duration=75)
    usual = {"at": "09:00", "day": at(3).date().isoformat(), "place": house.studio.pk, "weeks": 1}
    send(client, "/teach/new/", class_type=yoga.pk, **usual)
    made = Session.objects.get(title="Yoga")
    assert (made.capacity, made.price, made.facilitator) == (12, Decimal(25), house.mia)
    assert made.ends_at - made.starts_at == timedelta(minutes=75)
    again = post(client, "/teach/new/", 409, class_type=yoga.pk, **usual)
    assert ("already taken" in again, "Mia teaches Yoga" in again) == (True, True)
    # Every week: shown first, with what is in the way; that is left out.
    weekly = usual | {"weeks": 3, "title": "Sit", "minutes": 30, "capacity": 5, "price": "7.50"}
    preview = post(client, "/teach/new/", 200, **weekly)
    assert "2 of 3 dates are free" in preview
    assert "Mia teaches Yoga" in preview
    assert "Add the others" in preview
    assert not Session.objects.filter(title="Sit").exists()
    assert "2 of 3" in post(client, "/teach/new/", 409, **weekly, confirmed="yes")
    send(client, "/teach/new/", **weekly, confirmed="yes", skip=usual["day"])
    assert [row.starts_at for row in Session.objects.filter(title="Sit")] == [at(10, 9), at(17, 9)]
    online = usual | {
        "place": "online",
        "title": "Far",
        "minutes": 30,
        "capacity": 500,
        "at": "20:00",
        "price": 0,
    }
    send(client, "/teach/new/", **online)
    assert Session.objects.get(title="Far").place.kind == "online"
    for wrong in (
        {"title": ""},
        {"capacity": 0},
        {"capacity": 21},
        {"minutes": 1441},
        {"price": "-1"},
        {"price": "1.005"},
        {"day": at(-1).date().isoformat()},
        {"at": "25:00"},
        {"weeks": 53},
        {"class_type": 2**70},
    ):
        post(client, "/teach/new/", 400, **(weekly | {"weeks": 1, "at": "22:00"} | wrong))
    assert Session.objects.count() == 4


def test_teachers_read_what_is_in_the_way_as_far_as_they_may(house: House, client: Client) -> None:
    """Of colleagues what is on the timetable; staff read of all. Where no date is left none can be added."""
    john, boss = house.add_facilitator("John"), Actor(make_member(house.venue), Source.STAFF)
    told: list[tuple[int, dict[str, Any]]] = [
        (9, {"title": "Tai Chi"}),
        (11, {"title": "Secret", "is_published": False}),
    ]
    for hour, fields in told:
        house.add_session(at(3, hour), facilitator=john, **fields)
    block_time(
        venue_id=house.venue.pk,
        items=[ItemRequest(house.mia.resource_id)],
        start=at(3, 13),
        end=at(3, 14),
        title="Private",
        purpose=Purpose.BLOCK,
        actor=STAFF,
    )
    usual: dict[str, Any] = {
        "day": at(3).date().isoformat(),
        "place": house.studio.pk,
        "title": "Sit",
        "minutes": 30,
    }
    usual |= {"capacity": 5, "price": 0}
    found = {}
    for hour in (9, 11, 13):
        once = {**usual, "at": f"{hour:02}:00", "weeks": 1}
        page = post(client, "/teach/new/", 409, **once)
        found[hour] = [text in page for text in ("Lake is taken by Tai Chi", "Lake is taken then.")]
        assert ("Secret" in page, "Private" in page) == (False, False)
    assert found == {9: [True, False], 11: [False, True], 13: [False, False]}
    assert "Mia has something else then." in page
    draft = SessionDraft(house.mia, at(3, 11), at(3, 12), "Sit", house.studio)
    series: Any = {"venue": house.venue, "draft": draft, "actor": boss, "rule": "FREQ=DAILY;COUNT=2"}
    first, second = services.create_series(**series, dry_run=True).occurrences
    assert (str(first.message)[:23], second.is_free) == ("Lake is taken by Secret", True)
    with pytest.raises(SeriesRefused) as refused:
        services.create_series(**series)
    assert refused.value.extra["refused"][0]["message"] == first.message
    moving = house.add_session(at(5, 15), facilitator=house.mia)
    changes: Any = {"starts_at": at(3, 11), "ends_at": at(3, 12)}
    with pytest.raises(SeriesRefused) as refused:
        services.change_session(session_id=moving.pk, changes=changes, actor=Actor(house.mia.user))
    assert {row["message"] for row in refused.value.extra["refused"]} == {"Lake is taken then."}
    house.add_session(at(10, 11), facilitator=john)
    none = post(client, "/teach/new/", 200, **usual, at="11:00", weeks=2)
    assert ("0 of 2 dates are free" in none, "Add the others" in none) == (True, False)


def test_a_week_is_copied_after_it_was_shown(house: House, client: Client) -> None:
    monday = (at(7) - timedelta(days=at(7).weekday())).date()
    first = at(7) - timedelta(days=at(7).weekday())
    sessions = [house.add_session(first + timedelta(days=day), title=f"Day {day}") for day in range(3)]
    house.add_session(first + timedelta(days=7), title="In the way")
    Session.objects.filter(pk=sessions[2].pk).update(status="completed")
    week = {"from": monday.isoformat(), "to": (monday + timedelta(days=7)).isoformat()}
    page = read(client, f"/teach/copy/?from={week['from']}&to={week['to']}")
    assert "2 of 3 can be copied" in page
    assert "Mia teaches In the way, " in about(page, "Day 0")
    assert f'name="session" value="{sessions[1].pk}"' in page
    chosen = [sessions[1].pk, sessions[2].pk]
    assert send(client, "/teach/copy/", session=chosen, **week) == "/teach/"
    copies = Session.objects.filter(starts_at__gte=first + timedelta(days=8)).order_by("starts_at")
    assert [row.title for row in copies] == ["Day 1", "Day 2"]
    post(client, "/teach/copy/", 404, **week)
    assert "Choose another week" in read(client, f"/teach/copy/?from={week['to']}&to={week['to']}", 400)


def test_fewer_seats_are_fewer_online(house: House) -> None:
    session = house.add_session(online_capacity=8)
    services.change_session(session_id=session.pk, changes={"capacity": 9}, actor=STAFF)
    assert Session.objects.get().online_capacity == 8
    services.change_session(session_id=session.pk, changes={"capacity": 6}, actor=STAFF)
    assert Session.objects.get().online_capacity == 6
