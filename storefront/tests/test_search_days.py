"""The search: which days it shows, today, at night and at first sight."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from common import clock
from common.templatetags.holdfast import short_day
from resources.enums import ResourceKind
from resources.models import Venue
from storefront.find.views import list_quick_days
from storefront.tests.search_steps import hours, make_mill, on, search, starts
from tests.factories import (
    at,
    book,
    make_group,
    make_lodging,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def venue() -> Venue:
    return make_mill()


@pytest.mark.usefixtures("early_2027")
def test_a_window_on_the_day_the_clocks_change(client: Client) -> None:
    """28 March 2027 has no 02:00 in Berlin: the window is that of the wall clock."""
    venue = make_venue(time_zone="Europe/Berlin")
    open_always(venue)
    make_resource(venue, rules=make_rules(venue, max_advance_days=None))

    found = search(client, date="2027-03-28", earliest="01:00", latest="04:00").page[0]

    local = [each.astimezone(venue.zone) for each in starts(found)]
    assert [f"{each:%H:%M}" for each in local] == ["01:00", "01:30", "03:00", "03:30", "04:00"]


def test_of_a_day_to_come_the_night_is_shown_last(client: Client) -> None:
    venue = make_venue(time_zone="Europe/Berlin")
    open_always(venue)
    make_resource(venue)

    found = search(client, days="7", duration="60").page[0]

    local = [each.astimezone(venue.zone) for each in starts(found)]
    assert [f"{each:%H:%M}" for each in (local[0], local[35], local[36], local[47])] == [
        "06:00",
        "23:30",
        "00:00",
        "05:30",
    ]
    assert len(set(local)) == 7 * 48
    assert [each.on for each in found.days()] == [at(3).date(), at(4).date()]


@pytest.mark.usefixtures("early_2027")
def test_nights_come_last_unless_it_is_night(client: Client) -> None:
    venue = make_venue(time_zone="UTC")
    open_always(venue)
    make_resource(venue)

    found = search(client, date="2027-01-04", days="7", duration="60").page[0]
    with time_machine.travel(datetime(2027, 1, 5, 1, tzinfo=UTC)):
        at_night = search(client, date="2027-01-05", duration="60").page[0]

    assert hours(found)[0] == "09:00"
    assert hours(found)[30:32] == ["06:00", "06:30"]  # of the next day
    assert hours(at_night)[0] == "01:00"


def test_a_stay_is_offered_by_nights_and_their_price(client: Client) -> None:
    room = make_lodging()
    book(room, at(4, 15), minutes=1200)

    response = client.get("/", {"date": on(3), "days": "7"})

    nights = response.context["results"].page[0].nights
    assert [night.start for night in nights] == [at(days, 15) for days in (3, 5, 6, 7, 8, 9)]
    assert {night.price for night in nights} == {Decimal(90)}
    html = " ".join(response.content.decode().split())
    assert f"{short_day(at(5))}</time> <span>€90</span>" in html
    assert ">15:00<" not in html
    tonight = " ".join(client.get("/", {"kind": "lodging"}).content.decode().split())
    assert ">Tonight</time>" in tonight or ">Tomorrow</time>" in tonight


@pytest.mark.usefixtures("early_2027")
def test_a_month_counts_the_places_free_each_day(
    client: Client, venue: Venue, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rooms = [make_resource(venue), make_resource(venue)]
    make_group(rooms)
    for room in rooms:
        book(room, at(3, 8), minutes=480)
    book(rooms[0], at(3, 16), minutes=240)

    def counts(**asked: str) -> dict[int, int]:
        with django_assert_max_num_queries(12):
            shown = client.get("/days/", asked)
        return {day.on.day: day.count for week in shown.context["weeks"] for day in week if day}

    assert [counts(month="2027-01")[number] for number in (3, 5, 7)] == [0, 2, 1]
    assert counts(month="2027-01", part="morning")[7] == 0
    shown = client.get("/days/", {"date": "2027-01-07", "party_size": "2", "days": "7"})
    html = shown.content.decode()
    assert '"/?date=2027-01-05&amp;party_size=2#day"' in html
    assert "1 place" in html
    assert '"/days/?month=2027-02&amp;party_size=2"' in html
    for odd in ({"month": "2027-13"}, {"party_size": "0"}):
        assert client.get("/days/", odd).status_code == 400


@pytest.mark.parametrize("rooms", [2, 9])
def test_first_sight_shows_each_kind_as_many_places_as_fit_and_the_venues(
    client: Client, venue: Venue, rooms: int
) -> None:
    for kind in (*[ResourceKind.ROOM] * rooms, ResourceKind.COURT):
        make_resource(venue, kind=kind)

    response = client.get("/")

    kinds = [found.row.kind for found in response.context["results"].page]
    assert sorted(kinds) == ["court", *["room"] * min(rooms, 5)]
    assert b"Locations" in response.content
    assert response.context["results"].first is not None


@pytest.mark.parametrize(("today", "saturday"), [(7, 9), (8, 16), (9, 16), (10, 16)])
def test_saturday_is_neither_today_nor_tomorrow(today: int, saturday: int) -> None:
    thursday_to_sunday = date(2027, 1, today)

    days = list_quick_days(thursday_to_sunday)

    tomorrow = thursday_to_sunday + timedelta(days=1)
    assert [day for _, day in days] == [thursday_to_sunday, tomorrow, date(2027, 1, saturday)]
    assert days[2][0] == ("Sat 16 Jan" if today in (8, 9) else "Saturday")


def test_without_any_venue_the_page_says_so(client: Client) -> None:
    assert b"There is nothing to book here yet." in client.get("/").content
    client.force_login(make_user(is_staff=True))
    assert b"Set up a venue" in client.get("/").content


def test_today_is_the_venues_day(client: Client) -> None:
    venue = make_venue(time_zone="Pacific/Kiritimati")  # 14 hours ahead of UTC
    open_always(venue)
    make_resource(venue)
    expected = clock.now().astimezone(venue.zone).date()
    assert client.get("/").context["today"] == expected
