"""A full month of many resources: what the pages weigh and how many queries they take."""

import json
from datetime import UTC, datetime, timedelta

import brotli
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calendars.tests.pages import address
from common.clock import now
from reservations import guard
from reservations.models import Allocation, Reservation, ReservationItem
from resources.enums import Role
from resources.models import Resource
from tests.factories import make_member, make_resource, make_rules, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]
RESOURCES, BOOKINGS = 50, 5000
MONTH = datetime(2027, 1, 1, 6, tzinfo=UTC)


@pytest.fixture
def staff() -> Client:
    """Of a venue where fifty resources have a hundred bookings each in January."""
    venue = make_venue(slug="full")
    open_always(venue)
    rules = make_rules(venue)
    rooms = [make_resource(venue, rules=rules, name=f"Room {number}") for number in range(RESOURCES)]
    guard.remove()
    try:
        fill(rooms)
    finally:
        guard.install()
    client = Client()
    client.force_login(make_member(venue, Role.STAFF))
    return client


def fill(rooms: list[Resource]) -> None:
    per_room, per_day = BOOKINGS // len(rooms), 4
    made: list[tuple[Resource, Reservation]] = []
    for room in rooms:
        for number in range(per_room):
            start = MONTH + timedelta(days=number // per_day, hours=number % per_day * 3)
            made.append((room, reservation(room, start)))
    Reservation.objects.bulk_create([each for _room, each in made], batch_size=1000)
    ReservationItem.objects.bulk_create(
        [ReservationItem(venue_id=room.venue_id, reservation=each, resource=room) for room, each in made],
        batch_size=2000,
    )
    Allocation.objects.bulk_create([allocation(room, each) for room, each in made], batch_size=2000)
    Resource.objects.update(longest_span=60)


def reservation(room: Resource, start: datetime) -> Reservation:
    return Reservation(
        venue_id=room.venue_id,
        customer_name="Ada Lovelace",
        starts_at=start,
        ends_at=start + timedelta(hours=1),
        status="confirmed",
        currency="EUR",
        created_at=now(),
    )


def allocation(room: Resource, booked: Reservation) -> Allocation:
    b0 = int(booked.starts_at.timestamp()) // 60
    return Allocation(venue_id=room.venue_id, reservation=booked, resource=room, b0=b0, b1=b0 + 60)


def test_a_month_of_five_thousand_bookings_is_a_light_page(staff: Client) -> None:
    for view, most in (("month", 60_000), ("week", 220_000)):
        page = address(view, "2027-01-13", venue="full")
        staff.get(page)  # the venue's configuration is read once
        with CaptureQueriesContext(connection) as asked:
            response = staff.get(page)
        assert (response.status_code, len(response.content) <= most) == (200, True), view
        assert len(asked) <= 18, view
    cell = staff.get(address("month", "2027-01-13", venue="full")).context["cells"][12]
    assert cell.bookings == RESOURCES * 4


def test_the_month_counts_bookings_in_the_database(staff: Client) -> None:
    """What is booked on fifty resources is never listed, however much that is."""
    page = address("month", "2027-01-13", venue="full")
    with CaptureQueriesContext(connection) as asked:
        staff.get(page)
    listing = [query["sql"] for query in asked if "customer_name" in query["sql"]]
    assert all('"purpose" IN' in sql.split("WHERE")[1] for sql in listing)


def test_programs_read_the_month_whole_in_as_many_queries_as_a_day(staff: Client) -> None:
    counted = {}
    for view, most in (("day", 20_000), ("month", 300_000)):
        question = f"/api/calendar?venue=full&date=2027-01-13&page_size={RESOURCES}&view={view}"
        staff.get(question)
        with CaptureQueriesContext(connection) as asked:
            answer = staff.get(question, headers={"Accept-Encoding": "br"})
        counted[view] = len(asked)
        assert answer.headers["Content-Encoding"] == "br"
        assert len(answer.content) <= most
        body = json.loads(brotli.decompress(answer.content))
    assert (len(body["reservations"]), body["reservations_truncated"]) == (BOOKINGS, False)
    assert counted["day"] == counted["month"] <= 12
