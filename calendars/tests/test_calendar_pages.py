"""The calendar's pages: what they show, where they lead, and what they refuse."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from calendars.tests.pages import address, board_of, column_of, html_of, kinds, local, said, text_of
from common.clock import now
from common.templatetags.holdfast import short_day
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.models import Reservation
from resources.enums import Audience, ResourceKind, Role, UnitsBy
from resources.models import AvailabilityOverride, Holiday, Resource
from tests.factories import (
    at,
    book,
    make_member,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    make_whole,
    open_always,
    open_weekly,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]
VIEWS = ("day", "week", "month", "timeline")


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Mill")
    open_weekly(venue, time(9), time(17))
    return make_resource(venue, name="Linden")


def soon() -> date:
    return at(7).date()


def staff(room: Resource) -> Client:
    client = Client()
    client.force_login(make_member(room.venue, Role.STAFF))
    return client


@pytest.mark.parametrize("view", VIEWS)
def test_a_venue_without_places_says_what_is_missing(view: str) -> None:
    venue = make_venue(name="Empty house")
    make_resource(make_venue(), name="Elsewhere")
    for role, may_add in ((Role.MANAGER, True), (Role.STAFF, False)):
        client = Client()
        client.force_login(make_member(venue, role))
        page = html_of(client, view, soon(), venue=venue.slug)
        assert "Add a place to see its times here" in page
        assert ("Add a place</a>" in page.replace(" </a>", "</a>")) == may_add
        assert "event-calendar" not in page, "nothing to drag on"
    narrowed = html_of(client, view, soon(), venue=venue.slug, kind="room")
    assert "No places match these filters." in narrowed


def test_what_is_always_open_says_so(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    room = make_resource(venue)
    for language, words in (("en-US", "Open 24 hours"), ("de", "Rund um die Uhr geöffnet")):
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        assert column_of(board_of(client, "day", soon(), venue=venue.slug), room).opened == [words]


def test_what_is_free_leads_to_booking_it(client: Client, room: Resource) -> None:
    book(room, local(room, f"{soon()} 11:00"))
    column = column_of(board_of(client, "day", soon(), venue=room.venue.slug), room)

    assert [said(each) for each in column.items if not each.is_quiet] == [
        "09:00–11:00 Available",
        "11:00–12:00 Busy",
        "12:00–17:00 Available",
    ]
    free = [each.href for each in column.items if each.kind == "free"]
    day = reverse("resource-day", args=[room.uuid])
    assert free == [f"{day}?date={soon()}#at-0900", f"{day}?date={soon()}#at-1200"]
    assert column.opened == ["09:00–17:00"]


def test_staff_get_from_free_time_to_a_new_booking(room: Resource) -> None:
    column = column_of(board_of(staff(room), "day", soon(), venue=room.venue.slug), room)

    (free,) = [each for each in column.items if each.kind == "free"]
    assert free.href.startswith(f"/calendar/new/?resource={room.uuid}&start={soon()}T09%3A00%3A00%2B0")


def test_nothing_is_free_for_those_who_may_not_book(client: Client, room: Resource) -> None:
    room.rules.audience = Audience.MEMBERS
    room.rules.save()

    assert "free" not in kinds(column_of(board_of(client, "day", soon(), venue=room.venue.slug), room))


def test_closures_are_told_with_their_reason(client: Client, room: Resource) -> None:
    venue = room.venue
    AvailabilityOverride.objects.create(
        venue=venue,
        resource=room,
        starts_on=soon(),
        ends_on=soon(),
        start_time=time(12),
        end_time=time(13),
        is_available=False,
        reason="Deep cleaning",
    )
    AvailabilityOverride.objects.create(
        venue=venue,
        starts_on=soon() + timedelta(days=1),
        ends_on=soon() + timedelta(days=1),
        is_available=False,
        reason="Company outing",
    )
    for view in VIEWS:
        assert "Deep cleaning" in html_of(client, view, soon(), resource=room.uuid), view
    assert "12:00–13:00 Closed · Deep cleaning" in text_of(
        html_of(client, "day", soon(), venue=venue.slug).replace('<span class="item-note">', "· ")
    )
    month = html_of(client, "month", soon() + timedelta(days=1), venue=venue.slug)
    assert "Company outing" in month


def test_public_holidays_have_names(client: Client) -> None:
    Holiday.objects.create(country="DE", date=date(2027, 10, 3), name="Unity Day")
    venue = make_venue(country="DE")
    open_always(venue)
    room = make_resource(venue, observes_holidays=True)

    text = text_of(html_of(client, "day", "2027-10-03", resource=room.uuid, show="list"))
    assert "All day Public holiday Unity Day" in text


def test_shared_resources_tell_how_full_they_are(client: Client, room: Resource) -> None:
    pool = make_resource(room.venue, units=12, units_by=UnitsBy.PERSON, capacity=12, name="Studio")
    for people in (3, 4):
        book(pool, local(pool, f"{soon()} 10:00"), party_size=people)
    book(pool, local(pool, f"{soon()} 11:00"), party_size=12)
    column = column_of(board_of(client, "day", soon(), venue=room.venue.slug), pool)

    assert [(each.kind, said(each)) for each in column.items if each.kind in ("used", "busy")] == [
        ("used", "10:00–11:00 7 of 12 taken"),
        ("busy", "11:00–12:00 12 of 12 taken"),
    ]
    assert (column.peak, column.limit) == (12, 12)
    assert "up to 12 of 12 taken" in html_of(staff(room), "day", soon(), venue=room.venue.slug)


def test_a_whole_shows_what_is_booked_of_its_parts_and_the_reverse(room: Resource) -> None:
    other = make_resource(room.venue, name="Oak", rules=room.rules)
    hall = make_whole([room, other], name="Hall")
    book(hall, local(room, f"{soon()} 10:00"))
    book(room, local(room, f"{soon()} 14:00"))
    board = board_of(staff(room), "day", soon(), venue=room.venue.slug)

    shown = {each.resource.name: kinds(each).count("booking") for each in board.columns if each.resource}
    assert shown == {"Linden": 2, "Oak": 1, "Hall": 2}


def test_buffers_and_quantities_are_told_to_staff(room: Resource) -> None:
    rules = make_rules(room.venue, buffer_before=15, buffer_after=30)
    room = make_resource(room.venue, rules=rules, name="Court")
    book(room, local(room, f"{soon()} 10:00"), party_size=2)
    (item,) = [
        each
        for each in column_of(board_of(staff(room), "day", soon(), venue=room.venue.slug), room).items
        if each.kind == "booking"
    ]
    assert item.note == "2 people · 15 min before · 30 min after"


def test_full_days_of_a_month_have_a_way_to_the_rest(room: Resource) -> None:
    for hour in (9, 10, 11, 12, 13):
        book(room, local(room, f"{soon()} {hour:02}:00"))
    html = html_of(staff(room), "month", soon(), resource=room.uuid)

    assert f'<a href="/calendar/day/{soon()}/?resource={room.uuid}"> +2 more </a>' in html


def test_a_month_of_many_counts(room: Resource) -> None:
    make_resource(room.venue, rules=room.rules)
    book(room, local(room, f"{soon()} 10:00"))
    response = staff(room).get(address("month", soon(), venue=room.venue.slug))

    cell = next(each for each in response.context["cells"] if each.day == soon())
    assert (cell.bookings, cell.free, cell.open) == (1, 2, 2)
    assert "<strong>1</strong> booked" in response.content.decode()


def test_lists_and_pictures_are_the_same_content(client: Client, room: Resource) -> None:
    drawn = html_of(client, "day", soon(), venue=room.venue.slug)
    listed = html_of(client, "day", soon(), venue=room.venue.slug, show="list")

    assert "calendar-drawn" in drawn
    assert "calendar-drawn" not in listed
    assert drawn.count('class="item item-free') == listed.count('class="item item-free') == 1
    assert drawn.count("09:00–17:00") == listed.count("09:00–17:00")


def test_choices_stay_with_every_way(client: Client, room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules)
    make_resource(room.venue, rules=room.rules, name="Third")
    asked = {"resource": [room.uuid, other.uuid], "show": "list", "hours": "all"}
    html = html_of(client, "day", soon(), **asked)

    kept = f"?resource={room.uuid}&resource={other.uuid}&show=list&hours=all"
    for way in (address("day", soon() - timedelta(days=1)), address("week", soon())):
        assert f"{way}{kept}" in html
    assert "Third</a>" not in html
    kinds_only = html_of(client, "day", soon(), venue=room.venue.slug, kind=ResourceKind.COURT)
    assert "Nothing to show" in kinds_only


def test_the_calendar_opens_where_it_suits_the_visitor(client: Client, room: Resource) -> None:
    today = now().astimezone(room.venue.zone).date()

    def opened(visitor: Client, **asked: str) -> str:
        return str(visitor.get(reverse("calendar", query=asked))["Location"])

    assert opened(client) == f"/calendar/day/{today}/?venue={room.venue.slug}"
    assert opened(staff(room)) == f"/calendar/timeline/{today}/?venue={room.venue.slug}"
    chosen = {"view": "month", "date": "2027-02-03", "venue": room.venue.slug, "kind": "room"}
    assert opened(client, **chosen) == f"/calendar/month/2027-02-03/?venue={room.venue.slug}&kind=room"
    customer = Client()
    customer.force_login(make_user())
    assert opened(customer, mine="1").startswith("/calendar/week/")


def test_without_any_venue_there_is_a_page_all_the_same(client: Client) -> None:
    assert "Nothing to show" in html_of(client, "day", soon())


@pytest.mark.parametrize("view", [*VIEWS, "events"])
@pytest.mark.parametrize("day", ["0000-01-01", "1999-12-31", "9999-12-31", "2027-02-30", "now", "2027-1-1"])
def test_dates_that_are_none_are_refused(view: str, day: str, room: Resource) -> None:
    assert staff(room).get(address(view, day)).status_code == 400


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("day", ["2000-01-01", "2100-12-31"])
def test_the_years_end_somewhere(view: str, day: str, client: Client, room: Resource) -> None:
    html = html_of(client, view, day)

    assert ('rel="prev"' in html) == (day.startswith("2100"))
    assert ('rel="next"' in html) == (day.startswith("2000"))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"venue": "nowhere"}, 404),
        ({"resource": "nothing"}, 404),
        ({"resource": "\x00"}, 404),
        ({"resource": ["x"] * 99}, 400),
        ({"kind": "castle"}, 400),
        ({"show": "film"}, 400),
        ({"hours": "few"}, 400),
        ({"mine": "perhaps"}, 400),
        ({"page": "-1"}, 400),
        ({"page": "99999"}, 200),
        ({"page": "9" * 40}, 400),
        ({"venue": ["nowhere", "mill"]}, 404),
    ],
)
def test_bad_choices_are_refused(asked: dict[str, Any], status: int, client: Client, room: Resource) -> None:
    for view in VIEWS:
        assert client.get(address(view, soon(), **asked)).status_code == status
    if status != 200:
        assert client.get(reverse("calendar", query=asked)).status_code == status


def test_resources_of_two_venues_share_no_clock(client: Client, room: Resource) -> None:
    of_two = address("day", soon(), resource=[room.uuid, make_resource().uuid])
    of_another = address("day", soon(), venue=make_venue().slug, resource=room.uuid)

    assert [client.get(each).status_code for each in (of_two, of_another)] == [400, 400]


@pytest.mark.parametrize("view", [*VIEWS, "events"])
def test_more_rows_cost_no_more_queries(
    view: str, room: Resource, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = staff(room)
    rooms = [room, *(make_resource(room.venue, rules=room.rules) for _ in range(2))]
    book(room, local(room, f"{soon()} 10:00"))
    page = address(view, soon(), venue=room.venue.slug)
    client.get(page)
    with CaptureQueriesContext(connection) as first:
        client.get(page)
    for each in rooms:
        for hour in (11, 12, 13):
            book(each, local(each, f"{soon()} {hour}:00"))
    # With the list for paper; two of them ask which products the menu names.
    assert len(first) <= (20 if view in ("day", "timeline") else 18)
    with django_assert_num_queries(len(first)):
        client.get(page)


def test_own_calendars_cost_the_same_for_one_and_for_four(
    room: Resource, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, user = Client(), make_user()
    client.force_login(user)

    def take(hour: int, thing: Resource) -> None:
        start = local(thing, f"{soon()} {hour}:00")
        who = Customer.from_user(user)
        book(thing, start, customer=who, actor=Actor(user), items=[ItemRequest(thing.pk)])

    take(10, room)
    page = address("month", soon(), mine=1)
    client.get(page)
    with CaptureQueriesContext(connection) as first:
        client.get(page)
    for hour in (11, 12, 13):
        take(hour, make_resource(room.venue, rules=room.rules))
    assert len(first) <= 17
    with django_assert_num_queries(len(first)):
        client.get(page)


def test_a_day_prints_as_a_list_for_staff(client: Client) -> None:
    room = make_resource(name="Linden room")
    open_always(room.venue)
    guest = Customer(name="Ada Lovelace", email="ada@example.com", phone="+493023125123")
    booked = book(room, at(7, 10), customer=guest)
    Reservation.objects.filter(pk=booked.pk).update(total_amount=45, requests="High chair")
    day = booked.starts_at.astimezone(room.venue.zone).date()
    assert "day-list" not in html_of(client, "timeline", day, venue=room.venue.slug)
    client.force_login(make_member(room.venue, Role.STAFF))
    for view in ("timeline", "day"):
        html = html_of(client, view, day, venue=room.venue.slug)
        listed = text_of(html[html.index("day-list") :])
        for part in ("Linden room", "Ada Lovelace", "+49 30 23125123", booked.code, "€45.00", "High chair"):
            assert part in listed
    assert "day-list" not in html_of(client, "week", day, venue=room.venue.slug)
    book(room, at(7, 22), minutes=120)
    html = html_of(client, "timeline", day + timedelta(days=1), venue=room.venue.slug)
    assert f"{short_day(day)}," in text_of(html[html.index("day-list") :])
