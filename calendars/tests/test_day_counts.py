"""The database counts a month's bookings as somebody would who lists all that this viewer may see."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from calendars.day_counts import count_bookings
from calendars.day_totals import Midnights
from calendars.entries import read_entries
from reservations.availability import moment_now
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import OF_VENUE, Purpose
from reservations.services import block_time, cancel_reservation
from resources.catalog import catalog
from resources.enums import Role
from resources.models import Resource
from tests.factories import (
    at,
    book,
    hold,
    make_leader,
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
    venue = make_venue()
    open_always(venue)
    return make_resource(venue)


def test_counts_are_those_of_the_list(room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules)
    customer, staff = make_user(), make_member(room.venue, Role.STAFF)
    midnight = Midnights([at(8).date()], "Europe/Berlin").span[0]
    to_midnight = at(8) - timedelta(minutes=int(at(8).timestamp()) // 60 - midnight)
    book(room, at(7, 10))
    book(other, at(7, 10), customer=Customer.from_user(customer))
    book(room, at(9, 10), items=[ItemRequest(room.pk), ItemRequest(other.pk)])
    book(room, to_midnight - timedelta(hours=1))  # ends where the next day begins
    book(other, to_midnight - timedelta(minutes=30))  # is on both days
    hold(room, at(10, 10))
    cancel_reservation(reservation_id=book(room, at(11, 10)).pk, actor=Actor())
    for day, days in ((12, 1), (20, 4)):
        block_time(
            venue_id=room.venue_id,
            items=[ItemRequest(room.pk)],
            start=at(day),
            end=at(day + days),
            title="Works",
            purpose=Purpose.EVENT,
            actor=Actor(staff),
        )
    whole = make_whole([room, other])
    leader = make_leader(other)
    ids = [room.pk, other.pk, whole.pk]
    for user in (staff, customer, leader, make_user(), AnonymousUser()):
        for shown in (ids, ids[:1], ids[1:2]):
            compare(room, shown, user)


def compare(room: Resource, ids: list[int], user: Any) -> None:
    bookables = [catalog(room.venue_id).bookables[id] for id in ids]
    days = [at(6).date() + timedelta(days=number) for number in range(12)]
    midnights = Midnights(days, "Europe/Berlin")
    moment = moment_now()
    listed = read_entries(bookables, midnights.span, user, moment)
    entries = {entry.reservation_id: entry for found in listed.values() for entry in found}
    expected = [
        sum(
            entry.purpose not in OF_VENUE and entry.start < last and entry.end > first
            for entry in entries.values()
        )
        for first, last in midnights.spans
    ]
    assert count_bookings(bookables, midnights, user, moment) == expected


def test_nothing_is_nothing() -> None:
    midnights = Midnights([date(2027, 1, 1)], "UTC")
    assert count_bookings([], midnights, AnonymousUser(), moment_now()) == [0]
