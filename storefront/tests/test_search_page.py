"""The search: windows, what fits, order, pages, proposals, and how it refuses."""

import re
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reservations.models import Reservation
from resources.enums import Audience, ResourceKind
from resources.models import Feature, Resource, Venue
from storefront.tests.search_steps import hours, make_mill, names, on, search, starts
from tests.factories import (
    at,
    book,
    make_group,
    make_member,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
    open_weekly,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def venue() -> Venue:
    return make_mill()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ({}, "08:00", "19:00"),
        ({"part": "morning"}, "08:00", "11:30"),
        ({"part": "afternoon"}, "12:00", "16:30"),
        ({"part": "evening"}, "17:00", "19:00"),
        ({"earliest": "10:10", "latest": "13:00"}, "10:30", "13:00"),
        ({"part": "morning", "earliest": "09:00"}, "09:00", "11:30"),
    ],
)
def test_a_part_of_the_day(
    client: Client, venue: Venue, asked: dict[str, str], first: str, last: str
) -> None:
    make_resource(venue)

    found = search(client, **asked).page[0]

    assert (hours(found)[0], hours(found)[-1]) == (first, last)


@pytest.mark.parametrize(("days", "count"), [("", 1), ("7", 7), ("14", 14)])
def test_flexible_days(client: Client, venue: Venue, days: str, count: int) -> None:
    make_resource(venue)

    found = search(client, days=days).page[0]

    assert {each.date() for each in starts(found)} == {at(3 + each).date() for each in range(count)}


def test_until_sunday(client: Client, venue: Venue) -> None:
    make_resource(venue)

    found = search(client, days="week").page[0]

    assert max(starts(found)).weekday() == 6
    assert max(starts(found)) - min(starts(found)) < timedelta(days=7)


def test_the_first_available_is_held_with_one_click(client: Client, venue: Venue) -> None:
    late, early = make_resource(venue, name="Late"), make_resource(venue, name="Early")
    book(late, at(3, 8))

    results = search(client, duration="60")
    first = results.first
    form = {
        "start": first.first_start.isoformat(),
        "duration": first.duration,
        "party_size": 1,
        "quantity": 1,
    }
    held = client.post(f"/resources/{first.row.uuid}/hold/", form)

    assert (first.row, first.first_start) == (early, at(3, 8))
    assert held.status_code == 302
    assert Reservation.objects.get(status="held").starts_at == at(3, 8)


def test_sorting(client: Client, venue: Venue) -> None:
    late = make_resource(venue, name="Anna", hourly_rate=Decimal(30))
    make_resource(venue, name="Berta", hourly_rate=Decimal(10))
    make_resource(venue, name="Clara", hourly_rate=Decimal(20))
    book(late, at(3, 8))

    assert names(search(client)) == ["Berta", "Clara", "Anna"]
    assert names(search(client, sort="price")) == ["Berta", "Clara", "Anna"]
    assert names(search(client, sort="name")) == ["Anna", "Berta", "Clara"]


def test_the_full_comes_after_the_free_with_its_next_time_and_the_waitlist(
    client: Client, venue: Venue
) -> None:
    full, free = make_resource(venue, name="Full"), make_resource(venue, name="Free")
    book(full, at(3, 8), minutes=480)
    book(full, at(3, 16), minutes=240)

    response = client.get("/", {"date": on(3), "party_size": "2"})
    results = response.context["results"]

    assert names(results) == ["Free", "Full"]
    assert results.page[1].first_start == at(4, 8)
    html = response.content.decode()
    assert f"/resources/{full.uuid}/waitlist/?date={on(3)}&amp;duration=60&amp;party_size=2" in html
    assert f"/resources/{free.uuid}/waitlist/" not in html


def test_filters(client: Client, venue: Venue) -> None:
    other = make_venue(name="Loft", city="Hamburg", time_zone="UTC")
    open_always(other)
    hall = make_resource(venue, name="Great hall", kind=ResourceKind.HALL, description="With an organ")
    make_resource(other, name="Court", kind=ResourceKind.COURT)
    stage = Feature.objects.create(venue=venue, name="Bühne", slug="stage")
    hall.features.add(stage)

    for asked in (
        {"kind": "hall"},
        {"venue": venue.slug},
        {"city": "Berlin"},
        {"features": ["stage"]},
        {"q": "organ great"},
        {"q": "bühne"},
        {"q": "berlin"},
    ):
        assert names(search(client, **asked)) == ["Great hall"], asked


def test_only_features_in_use_at_the_chosen_venue_are_offered(client: Client, venue: Venue) -> None:
    other = make_venue(name="Loft")
    used = Feature.objects.create(venue=venue, name="Organ", slug="organ")
    elsewhere = Feature.objects.create(venue=other, name="Vise", slug="vise")
    Feature.objects.create(venue=venue, name="Unused", slug="unused")
    make_resource(venue).features.add(used)
    make_resource(other).features.add(elsewhere)

    form = client.get("/", {"venue": venue.slug}).context["form"]
    assert form.fields["features"].choices == [("organ", "Organ")]
    assert len(client.get("/").context["form"].fields["features"].choices) == 2


def test_a_group_is_one_result_and_any_of_it_is_booked(client: Client, venue: Venue) -> None:
    rules = make_rules(venue)
    one, two = make_resource(venue, rules=rules, name="One"), make_resource(venue, rules=rules, name="Two")
    group = make_group([one, two], name="Any room")
    book(one, at(3, 8))

    results = search(client, duration="60", q="any room")
    assert names(results) == ["Any room"]
    assert hours(results.page[0])[0] == "08:00"

    day = client.get(f"/groups/{group.uuid}/", {"date": on(3), "duration": "60"})
    assert [slot.remaining for slot in day.context["slots"]][:3] == [1, 1, 2]
    form = {"start": at(3, 8).isoformat(), "duration": 60, "party_size": 1, "quantity": 1}
    assert client.post(f"/groups/{group.uuid}/hold/", form).status_code == 302
    item = Reservation.objects.get(status="held").items.get()
    assert (item.resource, item.group) == (two, group)
    refused = client.post(f"/groups/{group.uuid}/hold/", form)
    assert refused.status_code == 409
    assert b'data-code="taken"' in refused.content


def test_a_group_needs_the_features_in_every_member(client: Client, venue: Venue) -> None:
    one, two = make_resource(venue, name="One"), make_resource(venue, name="Two")
    make_group([one, two], name="Any")
    feature = Feature.objects.create(venue=venue, name="Organ", slug="organ")
    one.features.add(feature)
    assert "Any" not in names(search(client, features=["organ"]))
    two.features.add(feature)
    assert "Any" in names(search(client, features=["organ"]))


def test_what_is_not_meant_for_it_says_why(client: Client, venue: Venue) -> None:
    make_resource(venue, name="Small", capacity=2)
    make_resource(venue, name="Long", rules=make_rules(venue, min_duration=120, default_duration=120))
    make_resource(venue, name="Fits")

    results = search(client, party_size=4, duration="60")

    assert names(results) == ["Fits"]
    reasons = {found.row.name: found.obstacle.reason for found in results.unfit}
    assert reasons == {"Small": "party_too_large", "Long": "too_short"}


def test_proposals_keep_their_promise(client: Client, venue: Venue) -> None:
    make_resource(venue, name="Small", capacity=2)

    response = client.get("/", {"date": on(3), "party_size": "4", "q": "small"})
    proposals = response.context["proposals"]

    assert [str(text) for text, _query in proposals] == ["Fewer people (1 place)"]
    assert names(client.get(f"/?{proposals[0][1]}").context["results"]) == ["Small"]


def test_proposals_of_other_times_days_and_lengths(client: Client, venue: Venue) -> None:
    room = make_resource(venue)
    book(room, at(3, 8), minutes=240)
    found = client.get("/", {"date": on(3), "part": "morning", "duration": "240", "kind": "room"})
    texts = {str(text) for text, _query in found.context["proposals"]}
    assert texts == {"Other times of day (1 place)", "Next 7 days (1 place)"}


def test_hidden_things_are_not_found_and_members_only_say_so(client: Client, venue: Venue) -> None:
    make_resource(venue, name="Hidden", is_active=False)
    closed = make_venue(is_active=False)
    make_resource(closed, name="Closed")
    make_resource(venue, name="Club", rules=make_rules(venue, audience=Audience.MEMBERS))

    results = search(client)
    assert names(results) == ["Club"]
    assert results.page[0].obstacle.reason == "members_only"

    client.force_login(make_user())
    assert search(client).page[0].obstacle.reason == "members_only"
    client.force_login(make_member(venue))
    as_member = search(client)
    assert as_member.page[0].obstacle is None
    assert (names(as_member), as_member.unfit) == (["Club"], [])


def test_twenty_to_a_page(client: Client, venue: Venue) -> None:
    rules = make_rules(venue)
    for number in range(23):
        make_resource(venue, rules=rules, name=f"Room {number:02}")

    first, second, beyond = (search(client, sort="name", page=page) for page in (1, 2, 999))

    assert len(names(first)) == 20
    assert names(second) == names(beyond) == ["Room 20", "Room 21", "Room 22"]


@pytest.mark.parametrize("asked", [{}, {"date": on(3)}, {"date": on(3), "days": "7", "part": "evening"}])
def test_one_and_five_cost_the_same(
    client: Client,
    venue: Venue,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    asked: dict[str, str],
) -> None:
    def queries() -> int:
        client.get("/", asked)
        with django_assert_max_num_queries(20) as counted:
            client.get("/", asked)
        return len(counted)

    def add() -> Resource:
        """With a length of its own; full on the day, so that the next time is looked for."""
        durations = {"min_duration": 30, "default_duration": 30 + 30 * Resource.objects.count()}
        room = make_resource(venue, rules=make_rules(venue, **durations))
        book(room, at(3, 8), minutes=480)
        book(room, at(3, 16), minutes=240)
        return room

    make_group([add()])
    one = queries()
    for _each in range(4):
        make_group([add()])
    assert queries() == one


@pytest.mark.parametrize(
    "query",
    [
        {"date": "2027-02-30"},
        {"days": "400"},
        {"part": "night"},
        {"earliest": "25:00"},
        {"latest": "soon"},
        {"earliest": "18:00", "latest": "09:00"},
        {"part": "morning", "earliest": "13:00"},
        {"city": "Atlantis"},
        {"features": "no-such"},
        {"sort": "colour"},
        {"q": "x" * 300},
        {"q": "\x00"},
        {"party_size": ["2", "x"]},
    ],
)
def test_bad_input_is_marked_and_kept(client: Client, venue: Venue, query: dict[str, Any]) -> None:
    make_resource(venue)
    response = client.get("/", query | {"duration": "90"})

    assert response.status_code == 400
    assert response.content.count(b'class="error"') == 1
    assert b'<option value="90" selected>' in response.content

    swapped = client.get("/", query, headers={"HX-Request": "true"})
    assert (swapped.status_code, swapped.headers["HX-Retarget"]) == (200, "#finder")


@pytest.mark.parametrize("query", ["page=x", "page=-1", "page=" + "9" * 40, "utm=1", "date="])
def test_odd_but_harmless_input_is_answered(client: Client, venue: Venue, query: str) -> None:
    make_resource(venue)
    assert client.get(f"/?{query}", follow=True).status_code == 200


def test_addresses_name_only_what_was_asked(client: Client, venue: Venue) -> None:
    """A form sends every field, a link tells somebody else what was looked for."""
    room = make_resource(venue)
    asked, short = f"date={on(3)}&party_size=&duration=&kind=room&features=&q=", f"date={on(3)}&kind=room"

    plain = client.get(f"/?{asked}")
    swapped = client.get(f"/?{asked}", headers={"HX-Request": "true"})
    place = client.get(f"/resources/{room.uuid}/?date=&duration=60")

    assert (plain.status_code, plain.headers["Location"]) == (302, f"/?{short}")
    assert (swapped.status_code, swapped.headers["HX-Push-Url"]) == (200, f"/?{short}")
    links = re.findall(r'href="(\?[^"]*)"', swapped.content.decode())
    assert [each for each in links if "kind=room" not in each or "party_size" in each] == []
    assert client.get("/?q=").headers["Location"] == "/"
    assert place.headers["Location"] == f"/resources/{room.uuid}/?duration=60"
    assert not client.get(f"/?{short}", headers={"HX-Request": "true"}).has_header("HX-Push-Url")


def test_the_next_time_is_at_the_hours_asked_for(client: Client, venue: Venue) -> None:
    evenings = make_resource(venue, name="Evenings")
    closed = make_resource(venue, name="Closed", rules=make_rules(venue, max_advance_days=None))
    open_weekly(venue, time(8), time(12), resource=closed)
    for days in range(3, 13):
        book(evenings, at(days, 16), minutes=240)

    results = search(client, part="evening", duration="60")

    assert results.first.row == evenings
    assert results.first.first_start == at(13, 17)
    by_name = {found.row.name: found.first_start for found in results.page}
    assert by_name == {"Evenings": at(13, 17), "Closed": None}
    # With mornings as well, whoever is free then comes first.
    assert search(client, duration="60").first.first_start == at(3, 8)


def test_one_row_of_times_is_shown_of_one_day_or_two(client: Client, venue: Venue) -> None:
    room = make_resource(venue)

    def shown(**asked: str) -> list[tuple[int, int]]:
        days = search(client, duration="60", **asked).page[0].days()
        return [(len(each.times), each.more) for each in days]

    assert shown() == [(8, 15)]
    assert shown(days="7") == [(4, 19), (4, 19)]
    for days in (3, 4):
        book(room, at(days, 9), minutes=480)
        book(room, at(days, 17), minutes=120)
        assert days == 4 or shown(days="7") == [(2, 0), (6, 17)]
    assert shown(days="7") == [(2, 0), (2, 0)]


def test_a_duration_has_one_name(client: Client, venue: Venue) -> None:
    room = make_resource(venue)

    of_room = f"/resources/{room.uuid}/"
    for address in ("/", of_room, f"{of_room}repeat/", f"{of_room}waitlist/"):
        page = client.get(address, {"duration": "90"})
        assert '<option value="90" selected>1 hour 30 minutes</option>' in page.content.decode()
