"""Lodging is priced, counted and ended by nights: the wall clock's, also where the clocks change."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from reservations.availability import Moment, Wish, find_violations, free_ranges
from reservations.availability.values import Probe
from reservations.domain.lengths import describe_booked_length, describe_line, end_after
from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.policies import Booker
from reservations.services import reschedule_reservation
from resources.bookables import Bookable
from resources.catalog import bookable
from resources.enums import PriceBasis, ResourceKind
from resources.models import PriceRule, Resource
from resources.pricing import quote_price
from resources.stays import cut_by_length, describe_length, end_of, length_of
from scheduling.zones import DAY, from_minute, to_minute
from tests.factories import at, book, make_resource, make_rules, make_venue, open_weekly

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 60
NIGHT = 20 * HOUR


@pytest.fixture
def weir_room() -> Resource:
    """EUR 90 a night, 130 from Friday and Saturday, and 25 for cleaning."""
    venue = make_venue()
    open_weekly(venue, time(15), time(15))
    rules = make_rules(
        venue,
        slot_step=DAY,
        min_duration=NIGHT,
        default_duration=NIGHT,
        max_duration=NIGHT + 13 * DAY,
        buffer_after=DAY - NIGHT,
        max_advance_days=None,
    )
    room = make_resource(
        venue,
        rules=rules,
        kind=ResourceKind.LODGING,
        name="Weir Room",
        hourly_rate=Decimal("4.50"),
        capacity=2,
    )
    hourly = {"venue": venue, "basis": PriceBasis.HOUR}
    PriceRule.objects.create(name="Weekend", amount=Decimal("6.50"), weekdays="45", **hourly)
    PriceRule.objects.create(venue=venue, name="Cleaning", basis=PriceBasis.BOOKING, amount=Decimal(25))
    return room


def arrive(on: date) -> datetime:
    return datetime.combine(on, time(15), BERLIN)


def stay(room: Bookable, on: date, nights: int) -> Any:
    start = to_minute(arrive(on))
    end = end_of(room, start, NIGHT + (nights - 1) * DAY)
    return quote_price(room, start=start, end=end, party_size=2, units=1)


MONDAY = date(2027, 6, 7)
SPRING, AUTUMN = date(2027, 3, 27), date(2027, 10, 30)  # the nights on which the clocks change


@pytest.mark.parametrize(
    ("on", "nights", "total"),
    [
        (MONDAY, 1, "115"),
        (MONDAY, 2, "205"),
        (MONDAY, 3, "295"),
        (MONDAY, 7, "735"),
        (MONDAY + timedelta(days=4), 1, "155"),
        (SPRING - timedelta(days=1), 3, "375"),
        (AUTUMN - timedelta(days=1), 3, "375"),
    ],
)
def test_each_night_costs_its_own_rate(weir_room: Resource, on: date, nights: int, total: str) -> None:
    quote = stay(bookable(weir_room), on, nights)
    assert quote.total == Decimal(total)
    assert sum(line.nights for line in quote.lines) == nights


@pytest.mark.parametrize(("on", "hours"), [(MONDAY, 68), (SPRING, 67), (AUTUMN, 69)])
def test_the_hour_of_departure_stays(weir_room: Resource, on: date, hours: int) -> None:
    room, start = bookable(weir_room), to_minute(arrive(on))
    end = end_of(room, start, NIGHT + 2 * DAY)

    assert end - start == hours * HOUR
    assert from_minute(end, "Europe/Berlin").hour == 11
    assert length_of(room, start, end) == NIGHT + 2 * DAY
    assert describe_length(room, NIGHT + 2 * DAY) == "3 nights"


@pytest.mark.parametrize("on", [SPRING, AUTUMN])
def test_what_is_offered_over_a_change_of_clocks_can_be_booked(weir_room: Resource, on: date) -> None:
    room, moment, booker = bookable(weir_room), Moment(to_minute(at(0)), 0), Booker()
    wish = Wish(NIGHT + 2 * DAY, 2, 1, booker)
    first, last = (to_minute(arrive(on + timedelta(days=days))) for days in (-4, 4))

    ranges = free_ranges(room, wish, start=first, end=last, moment=moment)
    starts = [minute for starts in ranges for minute in starts]

    arrivals = [to_minute(arrive(on + timedelta(days=days))) for days in range(-4, 4)]
    assert set(arrivals) <= set(starts)
    probes = [Probe(room, start, end_of(room, start, wish.duration), 2) for start in arrivals]
    assert find_violations(probes, booker, moment) == [None] * len(probes)


def test_every_start_has_one_length(weir_room: Resource) -> None:
    room = bookable(weir_room)
    for on in (MONDAY, SPRING, AUTUMN):
        first, last = to_minute(arrive(on - timedelta(days=4))), to_minute(arrive(on + timedelta(days=4)))
        cuts = cut_by_length(room, first, last, NIGHT + DAY)
        for start in range(first, last, 30):
            lengths = [minutes for begin, end, minutes in cuts if begin <= start < end]
            end = end_of(room, start, NIGHT + DAY)
            # None would end within the hour that the clocks skip.
            exists = length_of(room, start, end) == NIGHT + DAY
            assert lengths == ([end - start] if exists else []), from_minute(start, "Europe/Berlin")


def test_a_stay_says_nights(client: Client, weir_room: Resource) -> None:
    body = {"resource_id": weir_room.slug, "start": f"{SPRING}T15:00", "duration": NIGHT + 2 * DAY}
    quote = client.post("/api/quotes", body, content_type="application/json").json()

    assert (quote["end"], quote["total"]) == ("2027-03-30T11:00:00+02:00", "335.00")
    assert [(line["label"], line["amount"]) for line in quote["lines"]] == [
        ("Weir Room, 1 night × 130.00", "130.00"),
        ("Weir Room, 2 nights × 90.00", "180.00"),
        ("Cleaning", "25.00"),
    ]
    slots = client.get(
        f"/api/timeslots?resource_id={weir_room.slug}&date={SPRING}&duration={NIGHT + 2 * DAY}"
    ).json()["slots"]
    assert (slots[0]["end"], slots[0]["price"]) == ("2027-03-30T11:00:00+02:00", "335.00")


def test_moving_a_stay_keeps_its_nights(weir_room: Resource) -> None:
    before = arrive(SPRING - timedelta(days=10))
    booked: Reservation = book(weir_room, before, minutes=NIGHT + 2 * DAY, party_size=2)
    assert describe_booked_length(booked) == "3 nights"
    assert describe_line(booked.price_lines[0], "EUR") == "Weir Room, 2 nights × €90.00"

    start = arrive(SPRING)
    end = end_after(booked, start)
    moved = reschedule_reservation(reservation_id=booked.pk, start=start, end=end, actor=Actor())

    assert moved.local_end == datetime(2027, 3, 30, 11, tzinfo=BERLIN)
    assert describe_booked_length(moved) == "3 nights"
