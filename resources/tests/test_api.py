"""``GET /api/resources`` and ``GET /api/resources/<id>``."""

from datetime import time
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from resources.enums import PriceBasis, ResourceKind
from resources.models import Feature, PriceRule, Resource
from tests.factories import (
    PASSWORD,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
    open_weekly,
)

pytestmark = pytest.mark.django_db


def listed(client: Client, **query: str | int) -> list[str]:
    answer = client.get("/api/resources", query)
    assert answer.status_code == 200, answer.content
    return [each["name"] for each in answer.json()["results"]]


def full_resource() -> Resource:
    venue = make_venue(slug="tower", name="The Tower")
    open_weekly(venue, time(9), time(17), weekdays=range(5))
    policy = make_policy(venue, (48, "100", "0"), (24, "50", "5"))
    room = make_resource(venue, name="Attic", slug="attic", cancellation_policy=policy, capacity=6)
    view = Feature.objects.create(venue=venue, name="Sea view", slug="sea-view")
    room.features.add(view)
    PriceRule.objects.create(
        venue=venue,
        name="Evening",
        basis=PriceBasis.HOUR,
        amount=Decimal(40),
        weekdays="01234",
        start_time=time(17),
        end_time=time(22),
    )
    return room


def test_a_resource_answers_with_all_one_should_know(client: Client) -> None:
    room = full_resource()

    found = client.get("/api/resources").json()["results"][0]

    assert client.get(f"/api/resources/{room.uuid}").json() == found
    assert (found["id"], found["type"], found["kind"]) == (str(room.uuid), "room", "room")
    assert found["venue"] == {
        "id": str(room.venue.uuid),
        "name": "The Tower",
        "slug": "tower",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
    }
    assert found["features"] == [{"name": "Sea view", "slug": "sea-view"}]
    assert (found["hourly_rate"], found["currency"]) == ("25.00", "EUR")
    assert found["pricing"]["rules"][0]["amount"] == "40.00"
    assert found["pricing"]["rules"][0]["days_of_week"] == [0, 1, 2, 3, 4]
    assert found["availability"]["source"] == "venue"
    hours = found["availability"]["weekly_hours"]
    assert [(row["day_of_week"], row["start_time"], row["end_time"]) for row in hours] == [
        (day, "09:00", "17:00") for day in range(5)
    ]
    assert found["rules"]["slot_step"] == 30
    assert found["rules"]["audience"] == "everyone"
    assert [tier["hours_before"] for tier in found["cancellation_policy"]["tiers"]] == [48, 24]


def test_hours_of_its_own_replace_the_venues(client: Client) -> None:
    room = full_resource()
    open_weekly(room.venue, time(20), time(2), weekdays=[5], resource=room)

    shown = client.get(f"/api/resources/{room.uuid}").json()["availability"]

    assert shown["source"] == "resource"
    assert [(row["day_of_week"], row["start_time"]) for row in shown["weekly_hours"]] == [(5, "20:00")]


def test_filters(client: Client) -> None:
    attic = full_resource()
    hall = make_resource(
        name="Hall", slug="hall", kind=ResourceKind.HALL, capacity=200, hourly_rate=Decimal(90)
    )

    assert listed(client) == ["Attic", "Hall"]
    assert listed(client, type="hall") == listed(client, kind="hall") == ["Hall"]
    assert listed(client, capacity=7) == ["Hall"]
    assert listed(client, features="sea-view") == ["Attic"]
    assert listed(client, features="sea-view,piano") == []
    assert listed(client, venue="tower") == listed(client, venue=str(attic.venue.uuid)) == ["Attic"]
    assert listed(client, q="hal") == ["Hall"]
    assert listed(client, q="tower attic") == ["Attic"]
    assert listed(client, ordering="-price") == ["Hall", "Attic"]
    assert listed(client, ordering="capacity") == ["Attic", "Hall"]
    hall.is_active = False
    hall.save()
    assert listed(client) == ["Attic"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capacity", "many"),
        ("capacity", "1" + "0" * 40),
        ("capacity", "-1"),
        ("kind", "castle"),
        ("ordering", "secret"),
        ("q", "a\x00b"),
        ("q", "x" * 300),
        ("features", ",".join(f"f{number}" for number in range(30))),
    ],
)
def test_filters_that_make_no_sense(client: Client, name: str, value: str) -> None:
    answer = client.get("/api/resources", {name: value})

    assert answer.status_code == 400
    body = answer.json()
    assert body["code"] == "invalid"
    assert list(body["fields"]) == [name]


def test_inactive_resources_are_for_their_own_staff(client: Client) -> None:
    room = make_resource(is_active=False)
    address = f"/api/resources/{room.uuid}"
    staff, other = make_member(room.venue), make_member(make_venue())

    assert client.get(address).json()["code"] == "not_found"
    assert listed(client, is_active="false") == []
    client.login(username=other.email, password=PASSWORD)
    assert client.get(address).status_code == 404
    client.login(username=staff.email, password=PASSWORD)
    assert client.get(address).status_code == 200
    assert listed(client) == []
    assert listed(client, is_active="false") == [room.name]


def test_pages_have_the_documented_form_and_a_stable_order(client: Client) -> None:
    venue = make_venue()
    for _ in range(3):
        make_resource(venue, name="Same", hourly_rate=Decimal(10))

    first = client.get("/api/resources?page_size=2&ordering=price").json()
    second = client.get(first["next"]).json()

    assert (first["count"], first["previous"], second["next"]) == (3, None, None)
    ids = [each["id"] for each in first["results"] + second["results"]]
    assert len(set(ids)) == 3
    refused = {"9": (404, "not_found")} | dict.fromkeys(("0", "x", "9" * 5000), (400, "invalid"))
    for page, expected in refused.items():
        answer = client.get("/api/resources", {"page": page})
        assert (answer.status_code, answer.json()["code"]) == expected


def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def queries(expected: int) -> None:
        with django_assert_num_queries(7):
            assert len(client.get("/api/resources").json()["results"]) == expected

    full_resource()
    queries(1)
    venue = make_venue()
    open_always(venue)
    for _ in range(2):
        make_resource(venue, cancellation_policy=make_policy(venue, (1, "10", "0")), rules=make_rules(venue))
    queries(3)


def test_a_customer_sees_what_everybody_sees(client: Client) -> None:
    full_resource()
    client.force_login(make_user())

    assert listed(client) == ["Attic"]


@pytest.mark.once
@pytest.mark.parametrize("address", ["/api/resources/", "/api/resources"])
def test_with_and_without_slash(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


@pytest.mark.once
def test_other_methods_and_unknown_addresses(client: Client) -> None:
    answer = client.delete("/api/resources")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    for address in ("/api/nonsense", "/api/x/", "/api/resources/7", "/api/resources/x/y/"):
        for method in ("get", "post", "delete"):
            answer = getattr(client, method)(address)
            assert answer.status_code == 404
            assert answer.json()["code"] == "not_found"
