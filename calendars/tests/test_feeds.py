"""What each feed shows, and to whom."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from calendars.kinds import BuiltInKind
from calendars.links import feed_url
from calendars.models import CalendarFeed
from calendars.services import make_feed, revoke_feed, rotate_feed
from calendars.tests.helpers import address, as_customer, body, busy_path, events, feed_path, fetch
from common.clock import now
from common.errors import Forbidden
from reservations.domain.values import Actor, all_units_of
from reservations.enums import Purpose, Source
from reservations.models import Reservation
from reservations.services import block_time, cancel_reservation, reschedule_reservation
from resources.enums import ResourceKind as Sort
from resources.enums import Role
from resources.models import Resource
from tests.factories import (
    at,
    book,
    hold,
    make_member,
    make_resource,
    make_user,
    make_venue,
    make_whole,
    open_always,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    venue = make_venue(
        name="Mill", street="Main Street 1", postal_code="12345", city="Town", email="mill@example.com"
    )
    open_always(venue)
    return make_resource(venue, name="Blue room", slug="blue")


def test_a_customer_reads_their_own_bookings_and_nobody_elses(room: Resource) -> None:
    ada = make_user("ada@people.example")
    mine = book(room, at(7, 10), **as_customer(ada))
    book(room, at(7, 14), **as_customer(make_user()))
    (event,) = events(feed_path(ada, BuiltInKind.CUSTOMER))
    assert event["uid"] == f"{mine.pk}@localhost"
    assert event["summary"] == "Blue room · Mill"
    assert event["location"] == "Blue room, Mill, Main Street 1, 12345 Town"
    assert event.decoded("dtstart") == mine.starts_at
    assert event["dtstart"].params["TZID"] == "Europe/Berlin"
    assert event["organizer"] == "mailto:mill@example.com"
    assert "attendee" not in event
    assert mine.code in event["description"]
    assert f"/bookings/{mine.pk}/" in event["url"]


def test_the_link_in_ones_own_feed_opens_the_booking(room: Resource) -> None:
    ada = make_user()
    book(room, **as_customer(ada))
    (event,) = events(feed_path(ada, BuiltInKind.CUSTOMER))
    assert Client().get(address(str(event["url"]))).status_code == 200


@pytest.mark.parametrize(("wants", "hours"), [(True, 6), (False, 24)])
def test_the_alarm_follows_the_customers_wish(room: Resource, wants: bool, hours: int) -> None:
    ada = make_user(wants_reminders=wants, reminder_hours=hours)
    book(room, **as_customer(ada))
    (event,) = events(feed_path(ada, BuiltInKind.CUSTOMER))
    alarms = [alarm.decoded("trigger") for alarm in event.walk("VALARM")]
    assert alarms == ([-timedelta(hours=hours)] if wants else [])


def test_moving_and_cancelling_raise_the_sequence_of_the_same_event(room: Resource) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    booked = book(room, at(7, 10), **as_customer(ada))
    (before,) = events(path)
    reschedule_reservation(reservation_id=booked.pk, start=at(8, 10), end=at(8, 11), actor=Actor(ada))
    (moved,) = events(path)
    cancel_reservation(reservation_id=booked.pk, actor=Actor(ada))
    (gone,) = events(path)
    assert before["uid"] == moved["uid"] == gone["uid"]
    assert before["sequence"] < moved["sequence"] < gone["sequence"]
    assert moved.decoded("dtstart") == at(8, 10)
    assert [each["status"] for each in (before, moved, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert gone["transp"] == "TRANSPARENT"
    assert not gone.walk("VALARM")


def test_what_is_long_over_far_ahead_or_long_cancelled_is_left_out(room: Resource) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    booked = [book(room, at(7 + number, 10), **as_customer(ada)) for number in range(3)]
    cancel_reservation(reservation_id=booked[0].pk, actor=Actor(ada))
    rows = Reservation.objects
    rows.filter(pk=booked[0].pk).update(updated_at=now() - timedelta(days=31))
    rows.filter(pk=booked[1].pk).update(starts_at=at(-92), ends_at=at(-91))
    rows.filter(pk=booked[2].pk).update(starts_at=at(367), ends_at=at(368))
    assert events(path) == []


def test_a_hold_is_tentative_until_it_expires(room: Resource) -> None:
    member = make_member(room.venue)
    path = feed_path(member, BuiltInKind.VENUE, venue=room.venue)
    held = hold(room)
    assert [each["status"] for each in events(path)] == ["TENTATIVE"]
    Reservation.objects.filter(pk=held.pk).update(expires_at=now() - timedelta(seconds=1))
    assert events(path) == []


def test_staff_see_who_comes_and_what_they_asked_for(room: Resource) -> None:
    member = make_member(room.venue)
    booked = book(room, party_size=4, requests="Window; please")
    other = book(make_resource(room.venue), at(7, 14))
    (event,) = events(feed_path(member, BuiltInKind.RESOURCE_STAFF, resource=room))
    assert event["summary"] == "Blue room: Ada Lovelace (4)"
    assert "ada@example.com" in event["description"]
    assert "Window; please" in event["description"]
    assert booked.code in event["description"]
    assert "/bookings/" not in event.to_ical().decode()  # the customer's secret is theirs
    uids = {event["uid"] for event in events(feed_path(member, BuiltInKind.VENUE, venue=room.venue))}
    assert uids == {f"{each.pk}@localhost" for each in (booked, other)}


def test_a_part_is_taken_by_its_whole(room: Resource) -> None:
    whole = make_whole([room, make_resource(room.venue)])
    member = make_member(room.venue)
    booked = book(whole)
    (event,) = events(feed_path(member, BuiltInKind.RESOURCE_STAFF, resource=room))
    assert event["uid"] == f"{booked.pk}@localhost"
    assert len(events(busy_path(room))) == 1


def test_facilitators_see_what_they_lead_while_they_work_there(room: Resource) -> None:
    coach = make_member(room.venue, Role.FACILITATOR)
    person = make_resource(room.venue, kind=Sort.PERSON, person=coach)
    book(room, at(7, 14))
    booked = book(person)
    path = feed_path(coach, BuiltInKind.FACILITATOR)
    (event,) = events(path)
    assert event["uid"] == f"{booked.pk}@localhost"
    coach.memberships.all().delete()
    assert fetch(path).status_code == 404


@pytest.mark.parametrize("kind", [BuiltInKind.RESOURCE, BuiltInKind.RESOURCE_STAFF, BuiltInKind.VENUE])
def test_staff_feeds_end_with_the_membership(room: Resource, kind: str) -> None:
    member = make_member(room.venue)
    thing = {"venue": room.venue} if kind == BuiltInKind.VENUE else {"resource": room}
    path = feed_path(member, kind, **thing)
    assert fetch(path).status_code == 200
    member.memberships.all().delete()
    assert fetch(path).status_code == 404
    with pytest.raises(Forbidden):
        make_feed(user=User.objects.get(pk=member.pk), kind=kind, **thing)


def test_blocks_are_shown_by_their_title(room: Resource) -> None:
    member = make_member(room.venue)
    block_time(
        venue_id=room.venue_id,
        items=all_units_of([room.pk]),
        start=at(7, 10),
        end=at(7, 12),
        title="New floor",
        purpose=Purpose.BLOCK,
        actor=Actor(member, Source.STAFF),
    )
    (event,) = events(feed_path(member, BuiltInKind.VENUE, venue=room.venue))
    assert event["summary"] == "Blue room: New floor"


def test_the_public_feed_tells_when_and_nothing_else(room: Resource) -> None:
    booked = book(room, at(7, 10), requests="Secret wish")
    book(room, at(7, 14))
    response = fetch(busy_path(room))
    text = body(response).decode()
    for secret in (str(booked.pk), booked.code, "Ada", "ada@example.com", "Secret wish", "/bookings/"):
        assert secret not in text
    found = events(busy_path(room))
    assert [each["summary"] for each in found] == ["Busy", "Busy"]
    assert found[0].decoded("dtstart") == booked.starts_at
    assert len({each["uid"] for each in found}) == 2
    assert "public" in response["Cache-Control"]


def test_a_pool_is_busy_when_nothing_is_left_of_it() -> None:
    pool = make_resource(units=2)
    book(pool, at(7, 10))
    assert events(busy_path(pool)) == []
    book(pool, at(7, 10), minutes=30)
    assert len(events(busy_path(pool))) == 1


def test_what_cannot_be_booked_has_no_public_feed(room: Resource) -> None:
    path = busy_path(room)
    assert fetch(path).status_code == 200
    Resource.objects.filter(pk=room.pk).update(is_active=False)
    assert fetch(path).status_code == 404
    assert fetch("/calendars/resources/no/where/busy.ics").status_code == 404


def test_wrong_revoked_and_renewed_addresses_are_not_there(room: Resource) -> None:
    ada = make_user()
    feed = make_feed(user=ada, kind=BuiltInKind.CUSTOMER)
    first = address(feed_url(feed))
    assert fetch(first).status_code == 200
    assert fetch(first.replace(".ics", "0.ics")).status_code == 404
    assert fetch(first.replace(str(feed.pk), str(uuid4()))).status_code == 404
    second = address(feed_url(rotate_feed(feed_id=feed.pk, user=ada)))
    assert [fetch(path).status_code for path in (first, second)] == [404, 200]
    revoke_feed(feed_id=feed.pk, user=ada)
    assert fetch(second).status_code == 404


def test_a_closed_accounts_feed_ends(room: Resource) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    ada.is_active = False
    ada.save()
    assert fetch(path).status_code == 404


def test_the_database_holds_no_secret() -> None:
    feed = make_feed(user=make_user(), kind=BuiltInKind.CUSTOMER)
    token = feed_url(feed).rsplit("/", 1)[1].removesuffix(".ics")
    assert len(token) >= 32
    assert token not in str(CalendarFeed.objects.filter(pk=feed.pk).values().get())


def test_reading_is_noted_to_the_hour(room: Resource) -> None:
    feed = make_feed(user=make_user(), kind=BuiltInKind.CUSTOMER)
    path = address(feed_url(feed))
    fetch(path)
    feed.refresh_from_db()
    first = feed.last_used_at
    assert first is not None
    fetch(path)
    feed.refresh_from_db()
    assert feed.last_used_at == first


def test_reading_too_often_is_put_off(settings: Settings) -> None:
    settings.API_RATES = {"read_guest": "2/m"}
    path = feed_path(make_user(), BuiltInKind.CUSTOMER)
    answers = [fetch(path) for _turn in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0
