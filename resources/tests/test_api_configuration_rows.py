"""Every sort of configuration row through the API: written, read, listed, versioned."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from resources.models import CancellationTier, Feature, Holiday, Venue
from resources.tests.api_helpers import SORTS, created, furnished, managing, send, sorts
from tests.factories import make_resource, make_user, make_venue

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("slash", ["", pytest.param("/", marks=pytest.mark.once)])
def test_rows_are_written_and_read(client: Client, name: str, slash: str) -> None:
    venue = managing(client)
    furnished(venue)
    sort = sorts(venue)[name]

    made = send(client, "POST", sort.collection + slash, sort.body)
    assert made.status_code == 201, made.content
    row = made.json()["templates"][0] if name == "template" else made.json()
    stranded: dict[str, Any] = {"affected_reservations": []}
    if name == "override":
        row = {key: value for key, value in row.items() if key not in stranded}
        assert made.json() == row | stranded
    address = f"{sort.collection}/{row['id']}"
    read = send(client, "GET", address + slash)
    assert read.json() == row
    if name != "template":
        assert made["Location"] == f"http://testserver{address}"
        assert made["ETag"] == read["ETag"]

    changed = send(client, "PATCH", address + slash, sort.change)
    assert changed.status_code == 200, changed.content
    extra = stranded if name in ("resource", "template", "override") else {}
    assert changed.json() == row | sort.change | extra
    listed = send(client, "GET", f"{sort.collection}{slash}?page_size=200").json()["results"]
    assert row | sort.change in listed
    assert send(client, "DELETE", address + slash).status_code == 204
    assert send(client, "GET", address).status_code == 404


@pytest.mark.parametrize("name", SORTS)
def test_versions_are_compared(client: Client, name: str) -> None:
    venue = managing(client)
    furnished(venue)
    sort = sorts(venue)[name]
    old = send(client, "GET", sort.one)["ETag"]

    assert send(client, "GET", sort.one, If_None_Match=old).status_code == 304
    assert send(client, "PUT", sort.one, sort.change, If_Match=old).status_code == 200
    for method in ("PUT", "PATCH", "DELETE"):
        stale = send(client, method, sort.one, sort.change, If_Match=old)
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")


@pytest.mark.once
@pytest.mark.parametrize("name", SORTS)
def test_a_key_creates_once(client: Client, name: str) -> None:
    venue = managing(client)
    furnished(venue)
    sort = sorts(venue)[name]
    count = send(client, "GET", sort.collection).json()["count"]

    first, again = (send(client, "POST", sort.collection, sort.body, Idempotency_Key="k") for _ in range(2))

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert send(client, "GET", sort.collection).json()["count"] == count + 1


@pytest.mark.once
@pytest.mark.parametrize("name", [*SORTS, "venues", "holidays"])
def test_the_number_of_queries_does_not_grow(client: Client, name: str) -> None:
    client.force_login(make_user(is_superuser=True))

    def queries(rows: int) -> int:
        furnished(make_venue())
        known = sorts(Venue.objects.order_by("pk")[0])
        address = known[name].collection if name in known else f"/api/{name}"
        with CaptureQueriesContext(connection) as asked:
            results = client.get(address).json()["results"]
        assert len(results) == rows
        return len(asked)

    first = queries(1)
    queries(2)
    assert queries(3) == first <= 10


def test_tiers_are_replaced(client: Client) -> None:
    venue = managing(client)
    furnished(venue)
    address = sorts(venue)["policy"].one
    assert [each["hours_before"] for each in send(client, "GET", address).json()["tiers"]] == [48, 24]

    answer = send(client, "PUT", address, {"tiers": [{"hours_before": 2, "refund_percentage": 10.5}]})

    assert answer.json()["tiers"] == [{"hours_before": 2, "refund_percentage": "10.50", "fee_amount": "0.00"}]
    twice = [{"hours_before": 2, "refund_percentage": "10"}, {"hours_before": 2, "refund_percentage": "20"}]
    refused = send(client, "PUT", address, {"tiers": twice})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["tiers.1.hours_before"])
    assert CancellationTier.objects.get().hours_before == 2


def test_members_keep_their_order(client: Client) -> None:
    venue = managing(client)
    rooms = [str(make_resource(venue).uuid) for _ in range(3)]
    wanted = [rooms[2], rooms[0], rooms[1]]

    group = created(client, "/api/groups", {"name": "Any", "members": [*wanted, rooms[2]]})

    assert group["members"] == wanted
    address = f"/api/groups/{group['id']}"
    client.logout()
    assert client.get(address).json() == group
    assert client.get("/api/groups", {"resource_id": rooms[1]}).json()["results"] == [group]


def test_one_template_for_each_day(client: Client) -> None:
    venue = managing(client)
    room = make_resource(venue, slug="attic")
    body = {"resource_id": "attic", "start_time": "22:00", "end_time": "02:00", "days_of_week": [6, 0, 6]}

    made = created(client, "/api/timeslot-templates", body | {"max_duration": 90})["templates"]

    assert [each["day_of_week"] for each in made] == [0, 6]
    assert {each["resource_id"] for each in made} == {str(room.uuid)}
    assert made[0]["max_duration"] == 90
    address = f"/api/timeslot-templates/{made[0]['id']}"
    moved = send(client, "PUT", address, {"resource_id": None, "days_of_week": [3]}).json()
    assert (moved["resource_id"], moved["day_of_week"]) == (None, 3)
    refused = send(client, "PUT", address, {"days_of_week": [3, 4]})
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["days_of_week"])


def test_overrides_are_found_by_date(client: Client) -> None:
    managing(client)
    for first, last in (("2027-01-01", "2027-01-03"), ("2027-01-10", "2027-01-10")):
        created(client, "/api/overrides", {"starts_on": first, "ends_on": last})

    def found(**query: str) -> list[str]:
        return [each["starts_on"][-2:] for each in client.get("/api/overrides", query).json()["results"]]

    assert found(date="2027-01-02") == ["01"]
    assert found(date_from="2027-01-03") == ["01", "10"]
    assert found(date_from="2027-01-04", date_to="2027-01-10") == ["10"]
    assert found(date_to="2027-01-09") == ["01"]
    assert client.get("/api/overrides", {"date_from": "soon"}).json()["code"] == "invalid_time"


def test_rows_are_found_by_venue_and_resource(client: Client) -> None:
    venue = managing(client)
    room = furnished(venue)
    second = make_venue()
    second.memberships.create(user=venue.memberships.get().user, role="manager")
    Feature.objects.create(venue=second, name="Bar", slug="bar")

    def count(address: str, **query: Any) -> int:
        return int(client.get(address, query).json()["count"])

    assert count("/api/features") == 2
    assert count("/api/features", venue=second.slug) == count("/api/features", venue=second.uuid) == 1
    assert count("/api/price-rules", resource_id=room.slug) == 1
    assert count("/api/price-rules", resource_id=venue.uuid) == 0


def test_a_venue_is_described_by_its_managers(client: Client) -> None:
    venue = managing(client)
    address = f"/api/venues/{venue.uuid}"
    change = {"street": "Mill Lane 1", "city": "Kiel", "email": "a@example.com", "phone": "030 12345678"}

    shown = send(client, "PATCH", address, change).json()

    assert shown | change | {"phone": "+493012345678"} == shown
    assert [(each["id"], each["city"]) for each in client.get("/api/venues").json()["results"]] == [
        (str(venue.uuid), "Kiel")
    ]
    moved = send(client, "PATCH", address, {"currency": "JPY", "time_zone": "Asia/Tokyo"}).json()
    assert (moved["currency"], moved["time_zone"]) == ("JPY", "Asia/Tokyo")
    make_resource(venue)
    for fixed in ({"currency": "EUR"}, {"time_zone": "UTC"}):
        refused = send(client, "PATCH", address, fixed)
        assert (refused.status_code, refused.json()["fields"].keys()) == (400, fixed.keys())


def test_holidays_are_imported_and_listed(client: Client) -> None:
    managing(client)
    body = {"country": "DE", "subdivision": "BE", "years": [2027]}
    assert created(client, "/api/holidays/import", body)["added"] == 10
    assert created(client, "/api/holidays/import", body)["added"] == 0
    Holiday.objects.create(country="FR", date="2026-07-14", name="Fête nationale")
    client.logout()

    def found(**query: str) -> int:
        return int(client.get("/api/holidays", query).json()["count"])

    assert (found(), found(country="FR"), found(year="2027"), found(year="2026")) == (11, 1, 10, 1)
    assert found(country="DE", subdivision="BE") == 10
    assert found(country="DE", subdivision="BY") == 0
