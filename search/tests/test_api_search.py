"""Search, first available, bulk probes and quotes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from reservations.domain.values import Customer
from reservations.models import Reservation
from reservations.tests.api_helpers import local, post
from resources.enums import Approval, ResourceKind
from resources.models import Feature, Resource
from tests.factories import (
    book,
    make_group,
    make_member,
    make_policy,
    make_resource,
    make_user,
    make_venue,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource()


def day(days: int = 7) -> str:
    return f"{local(days):%Y-%m-%d}"


def test_which_are_free(client: Client, room: Resource) -> None:
    small = make_resource(room.venue, rules=room.rules, capacity=2)
    full = make_resource(room.venue, rules=room.rules)
    book(full, local(7, 0), minutes=480)
    book(full, local(7, 8), minutes=480)
    book(full, local(7, 16), minutes=480)
    query = f"venue={room.venue.slug}&date={day()}&party_size=4&duration=60"

    found = client.get(f"/api/search?{query}").json()
    only = client.get(f"/api/search?{query}&available_only=true").json()

    by_id = {row["resource"]["id"]: row for row in found["results"]}
    assert found["results"][0]["resource"]["id"] == str(room.uuid)
    assert (by_id[str(room.uuid)]["available"], by_id[str(room.uuid)]["price"]) == (True, "25.00")
    assert len(by_id[str(room.uuid)]["starts"]) == 48
    assert by_id[str(small.uuid)]["reason"] == "party_too_large"
    assert by_id[str(full.uuid)]["next_free"] == local(8, 0).isoformat()
    assert [row["resource"]["id"] for row in only["results"]] == [str(room.uuid)]


def test_free_at_one_time(client: Client, room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules)
    book(room, local(7, 10))
    query = f"date={day()}&time=10:00&duration=60"
    found = client.get(f"/api/search?{query}").json()["results"]
    assert [row["resource"]["id"] for row in found] == [str(other.uuid)]


def test_the_first_free_time(client: Client, room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules, capacity=20)
    make_resource(room.venue, rules=room.rules, kind=ResourceKind.TABLE)
    book(room, local(7, 0), minutes=120)
    book(other, local(7, 0), minutes=60)
    query = f"kind=room&party_size=6&duration=60&from={day()}"

    found = client.get(f"/api/first-available?{query}").json()
    later = client.get(
        f"/api/first-available?kind=room&duration=60&from={local(7, 1, 30).isoformat().replace('+', '%2B')}"
    ).json()

    assert [row["resource"]["id"] for row in found["results"]] == [str(other.uuid), str(room.uuid)]
    assert found["first"]["start"] == local(7, 1).isoformat()
    assert (found["first"]["end"], found["first"]["price"]) == (local(7, 2).isoformat(), "25.00")
    assert later["first"]["start"] == local(7, 1, 30).isoformat()
    assert client.get(f"/api/first-available?{query}&limit=1").json()["results"] == found["results"][:1]
    assert client.get("/api/first-available?kind=hall").json() == {"first": None, "results": []}


def test_members_of_a_group_only(client: Client, room: Resource) -> None:
    make_resource(room.venue, rules=room.rules)
    group = make_group([room])
    for address in ("search", "first-available"):
        found = client.get(f"/api/{address}?group_id={group.uuid}").json()["results"]
        assert [row["resource"]["id"] for row in found] == [str(room.uuid)]


def test_features(client: Client, room: Resource) -> None:
    make_resource(room.venue, rules=room.rules)
    room.features.add(Feature.objects.create(venue=room.venue, name="Beamer", slug="beamer"))
    found = client.get("/api/search?features=beamer").json()["results"]
    assert [row["resource"]["id"] for row in found] == [str(room.uuid)]


@pytest.mark.parametrize("address", ["search?date=", "first-available?from="])
def test_search_queries_do_not_grow(client: Client, room: Resource, address: str) -> None:
    client.get(f"/api/{address}{day()}")
    with CaptureQueriesContext(connection) as one:
        client.get(f"/api/{address}{day()}")
    for _number in range(4):
        make_resource(room.venue, rules=room.rules)
    client.get(f"/api/{address}{day()}")
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(f"/api/{address}{day()}").json()["results"]) == 5
    assert len(one) == len(many)


@pytest.mark.once
@pytest.mark.parametrize(
    "query",
    [
        "search?date=x",
        "search?time=25:00",
        "search?party_size=0",
        "search?duration=x",
        "search?venue=a\x00b",
        "search?group_id=x",
        "first-available?from=x",
        "first-available?from=2027-02-30T10:00",
        "first-available?days=0",
        "first-available?days=366",
        "first-available?limit=x",
    ],
)
def test_nonsense(client: Client, room: Resource, query: str) -> None:
    assert client.get(f"/api/{query}").status_code == 400


# --- Bulk -----------------------------------------------------------------------------------------


def test_every_resource_at_every_time(client: Client, room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules)
    book(room, local(7, 10))
    body = {
        "resource_ids": [str(room.uuid), other.slug],
        "starts": [f"{day()}T10:00", local(7, 11).isoformat()],
        "duration": 60,
    }

    found = post(client, "/api/availability", body).json()

    assert [row["available"] for row in found["results"]] == [False, True, True, True]
    assert [row["reason"] for row in found["results"]] == ["taken", None, None, None]
    assert (found["count"], found["available_count"]) == (4, 3)


def test_different_questions(client: Client, room: Resource) -> None:
    at = local(7, 10).isoformat()
    probes = [
        {"resource_id": room.slug, "start": at},
        {"resource_id": room.slug, "start": at, "duration": 600},
        {"resource_id": room.slug, "start": at, "end": local(7, 12).isoformat(), "party_size": 99},
        {"resource_id": room.slug, "start": local(-1, 10).isoformat()},
    ]
    found = post(client, "/api/availability", {"probes": probes}).json()["results"]
    assert [row["reason"] for row in found] == [None, "too_long", "party_too_large", "past"]


def test_ten_thousand_in_a_constant_number_of_queries(client: Client, room: Resource) -> None:
    others = [room, *(make_resource(room.venue, rules=room.rules) for _number in range(9))]
    starts = [(local(7, 0) + timedelta(minutes=30 * step)).isoformat() for step in range(1000)]
    names = [str(each.uuid) for each in others]
    written_out = [
        {"resource_id": name, "start": start, "duration": 60} for name in names for start in starts
    ]
    book(room, local(7, 10))
    post(client, "/api/availability", {"resource_ids": names, "starts": starts[:1]})

    with CaptureQueriesContext(connection) as few:
        post(client, "/api/availability", {"resource_ids": names[:1], "starts": starts[:1]})
    with CaptureQueriesContext(connection) as many:
        answer = post(client, "/api/availability", {"probes": written_out})

    body = answer.json()
    assert (answer.status_code, body["count"], body["available_count"]) == (200, 10_000, 9_997)
    assert len(many) == len(few)
    over = post(client, "/api/availability", {"probes": [*written_out, written_out[0]]})
    assert over.status_code == 400


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "probes"),
        ({"probes": []}, "probes"),
        ({"probes": {}}, "probes"),
        ({"probes": [7]}, "probes.0"),
        ({"probes": [{"start": "2027-01-01T10:00"}]}, "probes.0"),
        ({"probes": [{"resource_id": "ROOM", "start": "x"}]}, "probes.0.start"),
        ({"probes": [{"resource_id": "ROOM"}]}, "probes.0.date"),
        ({"probes": [{"resource_id": "ROOM", "start": "2027-01-01T10:00", "price": 1}]}, "probes.0.price"),
        (
            {"probes": [{"resource_id": "ROOM", "start": "2027-01-01T10:00", "duration": "x"}]},
            "probes.0.duration",
        ),
        ({"resource_ids": ["ROOM"]}, "probes"),
        ({"resource_ids": "ROOM", "starts": []}, "resource_ids"),
        ({"resource_ids": ["ROOM"] * 101, "starts": ["2027-01-01T10:00"] * 100}, "probes"),
        ({"probes": [], "starts": []}, "probes"),
    ],
)
def test_bad_probes(client: Client, room: Resource, body: dict[str, Any], field: str) -> None:
    text = str(body).replace("ROOM", room.slug).replace("'", '"')
    answer = post(client, "/api/availability", text)
    assert answer.status_code == 400, answer.content
    assert field in answer.json()["fields"]


def test_probes_of_what_is_not_there(client: Client, room: Resource) -> None:
    body = {"resource_ids": ["nowhere"], "starts": ["2027-01-01T10:00"]}
    assert post(client, "/api/availability", body).status_code == 404
    assert post(client, "/api/availability", "[]").json()["code"] == "malformed"


def test_five_megabytes_are_too_many(client: Client, room: Resource) -> None:
    answer = post(client, "/api/availability", '{"probes": "' + "x" * 4_200_000 + '"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


# --- Quotes ---------------------------------------------------------------------------------------


def test_what_a_booking_would_cost(client: Client, room: Resource) -> None:
    room.cancellation_policy = make_policy(room.venue, (24, "100", "5"))
    room.rules.approval = Approval.MANUAL
    room.rules.save()
    room.save()
    body = {"resource_id": room.slug, "date": day(), "time": "10:00", "duration": 90}

    found = post(client, "/api/quotes", body).json()
    book(room, local(7, 11))
    taken = post(client, "/api/quotes", body).json()

    assert (found["total"], found["available"], found["needs_approval"]) == ("37.50", True, True)
    assert found["lines"] == [{"label": room.name, "amount": "37.50"}]
    assert found["cancellation_policy"][0]["tiers"][0]["hours_before"] == 24
    assert (taken["available"], taken["reason"], taken["total"]) == (False, "taken", "37.50")
    assert Reservation.objects.count() == 1


@pytest.fixture
def mine(client: Client, room: Resource) -> Reservation:
    user: User = make_user()
    client.force_login(user)
    return book(room, local(7, 10), customer=Customer.from_user(user))


def test_what_another_time_would_cost(client: Client, room: Resource, mine: Reservation) -> None:
    book(room, local(7, 14))
    address = f"/api/reservations/{mine.pk}/reschedule-quote"

    free = post(client, address, {"time": "12:00", "duration": 120}).json()
    taken = post(client, address, {"time": "14:00"}).json()

    assert (free["old_price"], free["new_price"], free["difference"]) == ("25.00", "50.00", "25.00")
    assert (free["available"], free["start"]) == (True, local(7, 12).isoformat())
    assert (taken["available"], taken["reason"], len(taken["alternatives"])) == (False, "taken", 3)
    mine.refresh_from_db()
    assert (mine.starts_at, mine.version, mine.events.count()) == (local(7, 10), 1, 1)
    assert post(client, address, {}).status_code == 400


def test_what_cancelling_would_cost(client: Client, room: Resource, mine: Reservation) -> None:
    found = client.get(f"/api/reservations/{mine.pk}/cancellation-quote").json()
    nothing = dict.fromkeys(("fee", "paid", "refund", "due", "credit"), "0.00")
    assert found == nothing | {"currency": "EUR"}
    client.force_login(make_member(make_resource().venue))
    assert client.get(f"/api/reservations/{mine.pk}/cancellation-quote").status_code == 404


# --- groups, words, windows ---------------------------------------------------------------------


def test_groups_come_only_if_asked_for_and_only_if_all_members_are_within_the_filters(
    client: Client,
) -> None:
    rooms = [make_resource(capacity=8)]
    rooms.append(make_resource(rooms[0].venue, rules=rooms[0].rules, capacity=4))
    group = make_group(rooms, name="Any room")
    venue = rooms[0].venue.slug

    def group_names(address: str, **asked: str) -> list[str] | None:
        body = client.get(address, {"venue": venue} | asked).json()
        return [each["group"]["name"] for each in body["groups"]] if "groups" in body else None

    for address in ("/api/search", "/api/first-available"):
        assert group_names(address) is None
        assert group_names(address, include_groups="false") is None
        assert group_names(address, include_groups="true", capacity="4") == [group.name]
        assert group_names(address, include_groups="true", capacity="5") == []
        assert group_names(address, include_groups="true", text="any") == [group.name]
        assert group_names(address, include_groups="true", q="other") == []


def test_words_are_looked_for_in_features_and_city(client: Client) -> None:
    venue = make_venue(city="Hamburg")
    hall, _court = make_resource(venue, name="Hall"), make_resource(venue, name="Court")
    hall.features.add(Feature.objects.create(venue=venue, name="Organ", slug="organ"))

    def resource_names(**asked: str) -> list[str]:
        results = client.get("/api/search", asked).json()["results"]
        return sorted(each["resource"]["name"] for each in results)

    assert resource_names(text="hamburg organ") == ["Hall"]
    assert resource_names(text="hamburg") == resource_names(city="Hamburg") == ["Court", "Hall"]
    assert resource_names(city="Berlin") == resource_names(q="organ") == []


@pytest.mark.once
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"earliest": "12:00", "latest": "11:59"}, "latest"),
        ({"earliest": "noon"}, "earliest"),
        ({"days": "32"}, "days"),
        ({"include_groups": "maybe"}, "include_groups"),
    ],
)
def test_windows_without_any_time_are_refused(client: Client, asked: dict[str, str], field: str) -> None:
    answer = client.get("/api/search", asked)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
