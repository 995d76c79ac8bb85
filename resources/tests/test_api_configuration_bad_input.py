"""Whatever a client sends, it gets the documented error and nothing is written."""

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from resources.enums import Role
from resources.models import CancellationPolicy, PriceRule, Venue
from resources.tests.api_helpers import SORTS, Sort, furnished, managing, send, sorts
from tests.effort import examples
from tests.factories import make_policy, make_resource, make_rules, make_venue

pytestmark = pytest.mark.django_db
HUGE = 10**30
HOURS = {"day_of_week": 0, "start_time": "10:00", "end_time": "12:00"}

REFUSED: list[tuple[str, dict[str, Any], list[str]]] = [
    ("resource", {"name": "a\x00b"}, ["name"]),
    ("resource", {"name": "\ud800"}, ["name"]),
    ("resource", {"name": "x" * 201}, ["name"]),
    ("resource", {"name": ""}, ["name"]),
    ("resource", {"name": ["x"]}, ["name"]),
    ("resource", {"type": "castle"}, ["type"]),
    ("resource", {"kind": "hall"}, ["type"]),
    ("resource", {"slug": "no spaces"}, ["slug"]),
    ("resource", {"capacity": 0}, ["capacity"]),
    ("resource", {"capacity": HUGE}, ["capacity"]),
    ("resource", {"units": -1}, ["units"]),
    ("resource", {"units_by": "dozen"}, ["units_by"]),
    ("resource", {"overbooking_percent": 1001}, ["overbooking_percent"]),
    ("resource", {"hourly_rate": "-1"}, ["hourly_rate"]),
    ("resource", {"hourly_rate": HUGE}, ["hourly_rate"]),
    ("resource", {"hourly_rate": "1e400"}, ["hourly_rate"]),
    ("resource", {"pricing": "NaN"}, ["pricing"]),
    ("resource", {"pricing": None}, ["pricing"]),
    ("resource", {"pricing": [1]}, ["pricing"]),
    ("resource", {"pricing": {"discount": 1}}, ["pricing.discount"]),
    ("resource", {"pricing": {"currency": "USD"}}, ["pricing.currency"]),
    ("resource", {"pricing": {"rules": {}}}, ["pricing.rules"]),
    ("resource", {"pricing": {"rules": [{}]}}, ["pricing.rules.0.name", "pricing.rules.0.amount"]),
    ("resource", {"pricing": {"rules": [{"name": "x", "amount": 1, "start_time": "10:00"}]}},
     ["pricing.rules.0.end_time"]),
    ("resource", {"weekly_hours": HOURS}, ["weekly_hours"]),
    ("resource", {"weekly_hours": [HOURS, 7]}, ["weekly_hours.1"]),
    ("resource", {"weekly_hours": [{"day_of_week": 7}]},
     ["weekly_hours.0.start_time", "weekly_hours.0.end_time", "weekly_hours.0.day_of_week"]),
    ("resource", {"weekly_hours": [HOURS | {"valid_from": "2027-02-02", "valid_until": "2027-02-01"}]},
     ["weekly_hours.0.valid_until"]),
    ("resource", {"weekly_hours": [HOURS] * 201}, ["weekly_hours"]),
    ("resource", {"weekly_hours": [HOURS], "availability": []}, ["availability"]),
    ("resource", {"features": "bar"}, ["features"]),
    ("resource", {"features": ["!!!"]}, ["features"]),
    ("resource", {"features": [{"slug": "bar"}]}, ["features.0"]),
    ("resource", {"rules_id": HUGE}, ["rules_id"]),
    ("resource", {"rules_id": 2**63 - 1}, ["rules_id"]),
    ("resource", {"rules_id": None}, ["rules_id"]),
    ("resource", {"cancellation_policy_id": "x"}, ["cancellation_policy_id"]),
    ("resource", {"is_active": "maybe"}, ["is_active"]),
    ("template", {"start_time": "25:00"}, ["start_time"]),
    ("template", {"start_time": "10:00:30"}, ["start_time"]),
    ("template", {"start_time": 10}, ["start_time"]),
    ("template", {"days_of_week": [7]}, ["days_of_week.0"]),
    ("template", {"days_of_week": []}, ["days_of_week"]),
    ("template", {"days_of_week": [1, 2]}, ["days_of_week"]),  # beside day_of_week
    ("template", {"day_of_week": None}, ["day_of_week"]),
    ("template", {"max_duration": 0}, ["max_duration"]),
    ("template", {"max_duration": HUGE}, ["max_duration"]),
    ("template", {"valid_from": "2027-02-30"}, ["valid_from"]),
    ("template", {"valid_from": "0001-01-01"}, ["valid_from"]),
    ("template", {"valid_from": "2027-02-02", "valid_until": "2027-02-01"}, ["valid_until"]),
    ("rules", {"name": "Taken"}, ["name"]),
    ("rules", {"slot_step": 0}, ["slot_step"]),
    ("rules", {"hold_minutes": HUGE}, ["hold_minutes"]),
    ("rules", {"min_duration": 600}, ["max_duration"]),
    ("rules", {"default_duration": 20}, ["default_duration"]),
    ("rules", {"default_duration": 45}, ["default_duration"]),
    ("rules", {"min_party_size": 5, "max_party_size": 4}, ["max_party_size"]),
    ("rules", {"max_advance_days": -1}, ["max_advance_days"]),
    ("rules", {"approval": "perhaps"}, ["approval"]),
    ("rules", {"audience": ["everyone"]}, ["audience"]),
    ("policy", {"name": "Known"}, ["name"]),
    ("policy", {"tiers": 5}, ["tiers"]),
    ("policy", {"tiers": [[]]}, ["tiers.0"]),
    ("policy", {"tiers": [{"hours_before": HUGE, "refund_percentage": 101}]},
     ["tiers.0.hours_before", "tiers.0.refund_percentage"]),
    ("policy", {"tiers": [{"hours_before": 1, "refund_percentage": 1, "fee_amount": "-1"}]},
     ["tiers.0.fee_amount"]),
    ("price", {"amount": "1e9999999999"}, ["amount"]),
    ("price", {"amount": True}, ["amount"]),
    ("price", {"basis": "year"}, ["basis"]),
    ("price", {"days_of_week": "0123"}, ["days_of_week"]),
    ("price", {"start_time": "10:00"}, ["end_time"]),
    ("price", {"priority": 40_000}, ["priority"]),
    ("price", {"resources": ["attic"]}, ["resources.0"]),
    ("price", {"valid_from": "2027-02-02", "valid_until": "2027-02-01"}, ["valid_until"]),
    ("override", {"date": None}, ["date"]),
    ("override", {"starts_on": "2027-02-01"}, ["date"]),
    ("override", {"end_time": "10:00"}, ["start_time"]),
    ("override", {"reason": "x" * 201}, ["reason"]),
    ("question", {"text": ""}, ["text"]),
    ("question", {"text": "x" * 301}, ["text"]),
    ("question", {"kind": "essay"}, ["kind"]),
    ("question", {"kind": "choice"}, ["choices"]),
    ("question", {"kind": "choice", "choices": ["only one", " "]}, ["choices.1"]),
    ("question", {"kind": "choice", "choices": ["red\nblue", "green"]}, ["choices.0"]),
    ("question", {"choices": "red"}, ["choices"]),
    ("question", {"choices": ["x"] * 101}, ["choices"]),
    ("question", {"position": -1}, ["position"]),
    ("question", {"position": HUGE}, ["position"]),
    ("question", {"is_required": None}, ["is_required"]),
    ("group", {"members": ["x"]}, ["members.0"]),
    ("group", {"members": {"a": 1}}, ["members"]),
    ("group", {"slug": "known"}, ["slug"]),
    ("group", {"choice_rule": HUGE}, ["choice_rule"]),
    ("feature", {"slug": "piano"}, ["slug"]),
    ("feature", {"name": {}}, ["name"]),
    ("feature", {"venue": "a\x00b"}, ["venue"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def manager(shared_rows: None) -> Client:
    """Signed in; of a furnished venue, where some names are taken."""
    client = Client()
    venue = managing(client)
    furnished(venue)
    make_rules(venue, name="Taken")
    CancellationPolicy.objects.create(venue=venue, name="Known")
    venue.groups.update(slug="known")
    return client


@pytest.fixture(scope="module")
def furnished_sorts(manager: Client) -> dict[str, Sort]:
    return sorts(Venue.objects.get())


@pytest.mark.once
@pytest.mark.parametrize(("name", "fields", "names"), REFUSED)
def test_a_row_that_is_refused(
    manager: Client, furnished_sorts: dict[str, Sort], name: str, fields: dict[str, Any], names: list[str]
) -> None:
    sort = furnished_sorts[name]
    before = count(manager, sort)

    answer = send(manager, "POST", sort.collection, sort.body | fields)

    body = answer.json()
    assert answer.status_code == 400, body
    assert body["code"] in ("invalid", "invalid_time", "unknown_field")
    assert list(body["fields"]) == names
    assert count(manager, sort) == before


def count(client: Client, sort: Sort) -> int:
    return int(client.get(sort.collection).json()["count"])


@pytest.mark.once
@pytest.mark.parametrize("name", SORTS)
@pytest.mark.parametrize("field", ["id", "uuid", "pk", "venue_id", "version", "created_at", "config_stamp"])
def test_only_what_is_documented_can_be_set(
    manager: Client, furnished_sorts: dict[str, Sort], name: str, field: str
) -> None:
    sort = furnished_sorts[name]
    for method, address, body in (("POST", sort.collection, sort.body), ("PATCH", sort.one, {})):
        answer = send(manager, method, address, body | {field: 1})
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_field")
        assert list(answer.json()["fields"]) == [field]


@pytest.mark.once
@pytest.mark.parametrize("body", ["[]", "7", '"x"', "{", "null"])
@pytest.mark.parametrize("name", SORTS)
def test_what_is_no_object_is_malformed(
    manager: Client, furnished_sorts: dict[str, Sort], name: str, body: str
) -> None:
    sort = furnished_sorts[name]
    for method, address in (("POST", sort.collection), ("PUT", sort.one)):
        assert send(manager, method, address, body).status_code == 400


@pytest.mark.once
@pytest.mark.parametrize("name", SORTS)
def test_addresses_of_nothing(manager: Client, furnished_sorts: dict[str, Sort], name: str) -> None:
    sort = furnished_sorts[name]
    for id_ in ("0", "9" * 30, "9" * 5000, "x", "-1", "00000000-0000-4000-8000-000000000000"):
        for method in ("GET", "PATCH", "DELETE"):
            answer = send(manager, method, f"{sort.collection}/{id_}")
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.once
@pytest.mark.parametrize("name", SORTS)
def test_nothing_moves_to_another_venue(manager: Client, furnished_sorts: dict[str, Sort], name: str) -> None:
    sort = furnished_sorts[name]
    answer = send(manager, "PATCH", sort.one, {"venue": make_venue().slug})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["venue"])
    assert send(manager, "PATCH", sort.one, {"venue": sort.body["venue"]}).status_code == 200


REFERENCES = [
    ("resource", "rules_id"),
    ("resource", "cancellation_policy_id"),
    ("template", "resource_id"),
    ("override", "resource_id"),
    ("question", "resource_id"),
    ("price", "resources"),
    ("group", "members"),
]


@pytest.mark.once
@pytest.mark.parametrize(("name", "field"), REFERENCES)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_is_anothers_cannot_be_referred_to(
    manager: Client, furnished_sorts: dict[str, Sort], name: str, field: str, method: str
) -> None:
    """Not even by somebody who manages both venues."""
    sort = furnished_sorts[name]
    room = make_resource(make_venue())
    room.venue.memberships.create(
        user=Venue.objects.get(uuid=sort.body["venue"]).memberships.get().user, role=Role.MANAGER
    )
    policy = make_policy(room.venue)
    theirs: dict[str, Any] = {
        "rules_id": room.rules_id,
        "cancellation_policy_id": policy.pk,
        "resource_id": str(room.uuid),
        "resources": [str(room.uuid)],
        "members": [str(room.uuid)],
    }
    address, body = (sort.collection, sort.body) if method == "POST" else (sort.one, {})

    answer = send(manager, method, address, body | {field: theirs[field]})

    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert not PriceRule.objects.filter(resources=room).exists()


def test_slugs_of_several_venues_need_an_id(client: Client) -> None:
    venue = managing(client)
    other = make_venue()
    other.memberships.create(user=venue.memberships.get().user, role=Role.MANAGER)
    for each in (venue, other):
        make_resource(each, slug="attic")
    body = HOURS | {"resource_id": "attic"}

    assert send(client, "POST", "/api/timeslot-templates", body).status_code == 400
    assert send(client, "POST", "/api/timeslot-templates", body | {"venue": other.slug}).status_code == 201
    assert send(client, "POST", "/api/timeslot-templates", HOURS | {"resource_id": "x"}).status_code == 404
    assert send(client, "POST", "/api/timeslot-templates", HOURS | {"venue": "x"}).status_code == 404


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3),
    max_leaves=8,
)


FIELDS = {
    name: sorted({field for other, fields, _ in REFUSED if other == name for field in fields})
    for name in SORTS
}


@pytest.mark.parametrize("name", SORTS)
@examples(20)
@given(data=st.data())
def test_no_input_breaks_it(
    manager: Client, furnished_sorts: dict[str, Sort], name: str, data: st.DataObject
) -> None:
    sort = furnished_sorts[name]
    known = sort.body | sort.change
    fields = data.draw(st.dictionaries(st.sampled_from(FIELDS[name]), JSON, max_size=3))
    body = json.dumps(known | fields)
    for method, address in (("PUT", sort.one), ("POST", sort.collection)):
        assert send(manager, method, address, body).status_code in (200, 201, 400, 404)


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"country": "de", "years": [2027]}, ["country"]),
        ({"country": "DE", "years": []}, ["years"]),
        ({"country": "DE", "years": [2101]}, ["years.0"]),
        ({"country": "DE", "years": list(range(2000, 2020))}, ["years"]),
        ({"country": "DE\n", "years": [2027], "force": True}, ["force"]),
        ({"country": "DE", "years": [2027], "subdivision": "Atlantis"}, []),
    ],
)
def test_holidays_that_are_refused(client: Client, body: dict[str, Any], names: list[str]) -> None:
    managing(client)
    answer = send(client, "POST", "/api/holidays/import", body)
    assert (answer.status_code, list(answer.json().get("fields", []))) == (400, names)


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"currency": "euro"}, ["currency"]),
        ({"currency": "eur"}, ["currency"]),
        ({"time_zone": "../../etc/passwd"}, ["time_zone"]),
        ({"time_zone": "Mars/Base"}, ["time_zone"]),
        ({"country": "de"}, ["country"]),
        ({"phone": "123"}, ["phone"]),
        ({"email": "nobody"}, ["email"]),
        ({"name": ""}, ["name"]),
        ({"slug": "new"}, ["slug"]),
        ({"is_active": None}, ["is_active"]),
    ],
)
def test_venues_that_are_refused(client: Client, body: dict[str, Any], names: list[str]) -> None:
    venue = managing(client)
    answer = send(client, "PATCH", f"/api/venues/{venue.uuid}", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, names)


@pytest.mark.once
@pytest.mark.parametrize(
    "address",
    [
        "/api/rules?venue=%00",
        "/api/overrides?date=tomorrow",
        "/api/overrides?date_to=9999-99-99",
        "/api/holidays?year=99999999999",
        "/api/holidays?country=%00",
        "/api/venues?is_active=x&q=%00",
        "/api/price-rules?resource_id=%00",
    ],
)
def test_filters_that_are_refused(client: Client, address: str) -> None:
    managing(client)
    assert client.get(address).status_code == 400
