"""Resources are created, changed and deleted through the API."""

from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from resources.models import BookingRules, OpeningHours, PriceRule, Resource
from resources.services import ResourceParts, change_resource
from resources.stranding import stranded_listers
from resources.tests.api_helpers import created, managing, send
from tests.factories import book, make_policy, make_resource, make_rules, open_always, open_weekly

pytestmark = pytest.mark.django_db
HOURS = [{"day_of_week": 0, "start_time": "10:00", "end_time": "12:00"}]
EVENING = {"name": "Evening", "amount": "40.00", "start_time": "18:00", "end_time": "22:00"}


def test_a_resource_with_everything(client: Client) -> None:
    venue = managing(client)
    rules, policy = make_rules(venue), make_policy(venue, (24, "50", "5"))
    body = {
        "name": "Attic",
        "type": "room",
        "slug": "the-attic",
        "venue": venue.slug,
        "description": "Under the roof",
        "capacity": 6,
        "units": 3,
        "units_by": "person",
        "overbooking_percent": 10,
        "pricing": {"hourly_rate": "25.00", "currency": "EUR", "rules": [EVENING | {"days_of_week": [5, 4]}]},
        "weekly_hours": HOURS,
        "features": ["sea-view", "Step-free access"],
        "rules_id": rules.pk,
        "cancellation_policy_id": policy.pk,
        "is_active": False,
        "observes_holidays": False,
    }

    answer = send(client, "POST", "/api/resources/", body)

    assert answer.status_code == 201, answer.content
    shown = answer.json()
    resource = Resource.objects.get()
    assert answer["Location"] == f"http://testserver/api/resources/{resource.uuid}"
    read = send(client, "GET", answer["Location"])
    assert (read.json(), read["ETag"]) == (shown, answer["ETag"])
    plain = ("name", "type", "slug", "description", "capacity", "units", "units_by", "is_active")
    assert {name: shown[name] for name in plain} == {name: body[name] for name in plain}
    assert shown["observes_holidays"] is False
    assert shown["hourly_rate"] == "25.00"
    assert [(each["name"], each["amount"], each["days_of_week"]) for each in shown["pricing"]["rules"]] == [
        ("Evening", "40.00", [4, 5])
    ]
    assert shown["availability"]["source"] == "resource"
    assert shown["availability"]["weekly_hours"][0]["start_time"] == "10:00"
    assert shown["features"] == [
        {"name": "Sea view", "slug": "sea-view"},
        {"name": "Step-free access", "slug": "step-free-access"},
    ]
    assert (shown["rules"]["id"], shown["cancellation_policy"]["id"]) == (rules.pk, policy.pk)
    assert (resource.overbooking_percent, resource.history.count()) == (10, 1)


def test_a_name_and_a_type_are_enough(client: Client) -> None:
    venue = managing(client)
    open_weekly(venue, time(9), time(17), weekdays=[0])

    shown = [created(client, "/api/resources", {"name": "Attic", "kind": "room"}) for _ in range(3)]

    assert [each["slug"] for each in shown] == ["attic", "attic-2", "attic-3"]
    assert shown[0]["availability"]["source"] == "venue"
    assert (shown[0]["capacity"], shown[0]["units"], shown[0]["hourly_rate"]) == (1, 1, "0.00")
    assert BookingRules.objects.get().name == "Standard"
    assert {each["rules"]["id"] for each in shown} == {BookingRules.objects.get().pk}
    assert created(client, "/api/resources", {"name": "部屋", "type": "hall"})["slug"] == "hall"


@pytest.mark.once
@pytest.mark.parametrize("pricing", ["30", 30, {"hourly_rate": "30.00"}])
def test_pricing_may_be_a_bare_rate(client: Client, pricing: Any) -> None:
    managing(client)
    body = {"name": "Attic", "type": "room", "pricing": pricing}

    assert created(client, "/api/resources", body)["hourly_rate"] == "30.00"
    assert created(client, "/api/resources", body | {"hourly_rate": 30})["hourly_rate"] == "30.00"
    refused = send(client, "POST", "/api/resources", body | {"hourly_rate": 31})
    assert list(refused.json()["fields"]) == ["pricing.hourly_rate"]


@pytest.mark.parametrize("availability", [HOURS, {"weekly_hours": HOURS}])
def test_availability_is_another_word_for_weekly_hours(client: Client, availability: Any) -> None:
    managing(client)
    body = {"name": "Attic", "type": "room", "availability": availability}
    assert created(client, "/api/resources", body)["availability"]["source"] == "resource"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_leaves_what_it_does_not_name(client: Client, method: str) -> None:
    managing(client)
    body = {"name": "Attic", "type": "room", "capacity": 4, "weekly_hours": HOURS, "features": ["bar"]}
    before = created(client, "/api/resources", body | {"pricing": {"hourly_rate": "9", "rules": [EVENING]}})
    address = f"/api/resources/{before['id']}"

    answer = send(client, method, address, {"name": "Loft", "units": 0})

    assert answer.status_code == 200
    after = answer.json()
    assert after == before | {"name": "Loft", "units": 0, "affected_reservations": []}
    assert send(client, "GET", address)["ETag"] == answer["ETag"]
    assert [row.name for row in Resource.objects.get().history.all()] == ["Loft", "Attic"]


def test_given_lists_replace_the_present_ones(client: Client) -> None:
    managing(client)
    body = {"name": "Attic", "type": "room", "weekly_hours": HOURS, "features": ["bar", "pool"]}
    shown = created(client, "/api/resources", body | {"pricing": {"rules": [EVENING]}})
    address = f"/api/resources/{shown['id']}"
    change = {
        "weekly_hours": [{"day_of_week": 6, "start_time": "22:00", "end_time": "02:00"}],
        "features": ["pool"],
        "pricing": {"rules": [EVENING | {"name": "Night"}]},
    }

    shown = send(client, "PUT", address, change).json()
    assert [each["day_of_week"] for each in shown["availability"]["weekly_hours"]] == [6]
    assert [each["slug"] for each in shown["features"]] == ["pool"]
    assert [each["name"] for each in shown["pricing"]["rules"]] == ["Night"]

    empty: dict[str, Any] = {
        "weekly_hours": [],
        "features": [],
        "pricing": {"rules": []},
        "cancellation_policy_id": None,
    }
    shown = send(client, "PUT", address, empty).json()
    assert shown["availability"]["source"] == "venue"
    assert (shown["features"], shown["pricing"]["rules"]) == ([], [])
    assert not PriceRule.objects.exists()
    assert not OpeningHours.objects.exists()


def test_price_rules_that_others_share_stay_theirs(client: Client) -> None:
    venue = managing(client)
    first, second = make_resource(venue), make_resource(venue)
    shared = PriceRule.objects.create(venue=venue, name="Shared", basis="hour", amount=Decimal(9))
    shared.resources.set([first, second])
    PriceRule.objects.create(venue=venue, name="Common", basis="person", amount=Decimal(3))
    address = f"/api/resources/{first.uuid}"
    read = send(client, "GET", address).json()["pricing"]
    assert [each["name"] for each in read["rules"]] == ["Common", "Shared"]

    again = send(client, "PATCH", address, {"pricing": read}).json()["pricing"]

    assert again == read
    assert [each.uuid for each in shared.resources.all()] == [second.uuid]
    assert PriceRule.objects.get(name="Common").resources.count() == 0
    assert send(client, "DELETE", f"/api/resources/{second.uuid}").status_code == 204
    assert not PriceRule.objects.filter(pk=shared.pk).exists()  # it would apply to all


def test_what_is_booked_cannot_be_deleted(client: Client) -> None:
    venue = managing(client)
    open_always(venue)
    room = make_resource(venue)
    book(room)
    address = f"/api/resources/{room.uuid}"

    answer = send(client, "DELETE", address)

    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    assert "is_active" in answer.json()["error"]
    assert send(client, "PATCH", address, {"is_active": False}).json()["is_active"] is False


def test_versions(client: Client) -> None:
    venue = managing(client)
    address = f"/api/resources/{make_resource(venue).uuid}"
    read = send(client, "GET", address)
    old = read["ETag"]
    known = send(client, "GET", address, If_None_Match=f'"x", W/{old}')
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", old)
    assert send(client, "GET", address, If_None_Match='"x"').status_code == 200
    new = send(client, "PATCH", address, {"capacity": 2}, If_Match=old)["ETag"]
    assert new != old

    for method in ("PUT", "PATCH", "DELETE"):
        stale = send(client, method, address, {"capacity": 3}, If_Match=old)
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    assert Resource.objects.get().capacity == 2
    assert send(client, "PUT", address, {"capacity": 4}, If_Match="*").status_code == 200
    newest = send(client, "GET", address)["ETag"]
    assert send(client, "DELETE", address, If_Match=newest).status_code == 204
    assert send(client, "PATCH", address, {"capacity": 1}).status_code == 404


def test_a_change_never_touches_what_the_guard_counts() -> None:
    """A booking may come in between reading and saving; the columns it moved must survive."""
    room = make_resource()
    stale = Resource.objects.get(pk=room.pk)
    book(room, minutes=480)
    counted = Resource.objects.get(pk=room.pk)
    assert (counted.version, counted.longest_span) > (0, 479)

    change_resource(resource=stale, values={"name": "Loft"}, parts=ResourceParts(features=["bar"]))

    after = Resource.objects.get(pk=room.pk)
    assert (after.version, after.longest_span) == (counted.version, counted.longest_span)
    assert after.name == "Loft"


@pytest.fixture
def units_told() -> Iterator[None]:
    stranded_listers.register("units", lambda venue_id, ids: [{"count": len(ids)}])
    yield
    stranded_listers.unregister("units")


@pytest.mark.once
def test_a_change_tells_what_it_means_to_apps_above(client: Client, units_told: None) -> None:
    address = f"/api/resources/{make_resource(managing(client)).uuid}"

    answer = send(client, "PUT", address, {"units": 7})

    assert answer.json()["affected_reservations"] == [{"count": 1}]
    read = send(client, "GET", address)
    assert "affected_reservations" not in read.json()
    assert read["ETag"] == answer["ETag"]


def test_an_idempotency_key_creates_once(client: Client) -> None:
    managing(client)
    body = {"name": "Attic", "type": "room", "weekly_hours": HOURS}
    first, again = (send(client, "POST", "/api/resources", body, Idempotency_Key="k") for _ in range(2))
    other = send(client, "POST", "/api/resources", body | {"name": "Loft"}, Idempotency_Key="k")

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert first.json() == again.json()
    assert first["Location"] == again["Location"]
    assert Resource.objects.count() == 1


@pytest.mark.once
def test_new_filters_of_the_list(client: Client) -> None:
    venue = managing(client)
    for name, rate in (("Cheap", 5), ("Fair", 10), ("Dear", 50)):
        make_resource(venue, name=name, hourly_rate=Decimal(rate))

    def names(**query: str) -> list[str]:
        return [each["name"] for each in client.get("/api/resources", query).json()["results"]]

    assert names(min_price="10", ordering="price") == ["Fair", "Dear"]
    assert names(max_price="10.00", ordering="-created_at") == ["Fair", "Cheap"]
    assert names(min_price="6", max_price="49.99") == ["Fair"]
    for value in ("x", "-1", "NaN", "1e400", "1" * 40, "0.00001"):
        assert client.get("/api/resources", {"min_price": value}).status_code == 400
