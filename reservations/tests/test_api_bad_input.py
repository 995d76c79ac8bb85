"""Whatever a client sends, it gets the documented error and nothing is written."""

import json
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from reservations.models import Reservation
from reservations.tests.api_helpers import CUSTOMER_INFO, local, post, wanted
from resources.models import Resource
from tests.effort import examples
from tests.factories import make_resource, make_rules, make_venue, open_weekly

pytestmark = pytest.mark.django_db

LONG_AGO = (local() - timedelta(days=60)).date().isoformat()


def office() -> Resource:
    """Nine to five, half an hour to four hours, eight people."""
    venue = make_venue()
    open_weekly(venue, time(9), time(17))
    rules = make_rules(venue, max_duration=240, min_notice=60, max_advance_days=90)
    return make_resource(venue, rules=rules, capacity=8, slug="office")


REFUSED: list[tuple[dict[str, Any], int, str, list[str]]] = [
    # the resource's rules
    ({"date": LONG_AGO}, 400, "past", []),
    ({"time": "06:00"}, 400, "closed", []),
    ({"time": "16:30"}, 400, "closed", []),
    ({"date": local(100).date().isoformat()}, 400, "too_far", []),
    ({"duration": 15}, 400, "too_short", []),
    ({"duration": 270}, 400, "too_long", []),
    ({"time": "10:10"}, 400, "off_step", []),
    ({"duration": 45}, 400, "off_step", []),
    ({"party_size": 9}, 400, "party_too_large", []),
    ({"quantity": 2}, 409, "capacity", []),
    # times
    ({"date": "2027-03-28", "time": "02:30"}, 400, "nonexistent_time", ["time"]),
    ({"date": "2027-10-31", "time": "02:30"}, 400, "ambiguous_time", ["time"]),
    ({"date": None, "time": None, "start": "2027-10-31T02:30"}, 400, "ambiguous_time", ["start"]),
    ({"date": None, "time": None, "start": "2099-10-25T02:30+01:00"}, 400, "too_far", []),
    ({"date": "2027-02-30"}, 400, "invalid_time", ["date"]),
    ({"time": "25:00"}, 400, "invalid_time", ["time"]),
    ({"time": "10:00:30"}, 400, "invalid_time", ["time"]),
    ({"time": None}, 400, "invalid", ["time"]),
    ({"date": None, "time": None}, 400, "invalid", ["date", "time"]),
    ({"start": "2027-01-01T10:00Z"}, 400, "invalid", ["start"]),
    ({"end": "2027-01-01T10:00Z"}, 400, "invalid", ["duration"]),
    ({"duration": None, "end": "2001-01-01T10:00Z"}, 400, "invalid", ["end"]),
    ({"duration": 0}, 400, "invalid", ["duration"]),
    ({"duration": 10**30}, 400, "invalid", ["duration"]),
    ({"duration": True}, 400, "invalid", ["duration"]),
    ({"duration": [60]}, 400, "invalid", ["duration"]),
    # things
    ({"resource_id": "00000000-0000-4000-8000-000000000000"}, 404, "not_found", []),
    ({"resource_id": "a\x00b"}, 400, "invalid", ["resource_id"]),
    ({"resource_id": {"id": 1}}, 400, "invalid", ["resource_id"]),
    ({"resource_id": None}, 400, "invalid", ["resource_id"]),
    ({"group_id": "00000000-0000-4000-8000-000000000000"}, 400, "invalid", ["resource_id"]),
    ({"resource_id": None, "group_id": "00000000-0000-4000-8000-000000000000"}, 404, "not_found", []),
    ({"resource_id": None, "group_id": "x"}, 400, "invalid", ["group_id"]),
    ({"resource_id": None, "resources": []}, 400, "invalid", ["resources"]),
    ({"resource_id": None, "resources": [{"quantity": 0}]}, 400, "invalid", ["resources.0.quantity"]),
    ({"resource_id": None, "resources": [{"resource_id": "office"}] * 2}, 400, "invalid", []),
    ({"resource_id": None, "resources": [{"resource_id": "office"}] * 21}, 400, "invalid", ["resources"]),
    # people
    ({"customer_info": None}, 400, "invalid", ["customer_info.name", "customer_info.email"]),
    ({"customer_info": CUSTOMER_INFO | {"email": "nobody"}}, 400, "invalid", ["customer_info.email"]),
    ({"customer_info": CUSTOMER_INFO | {"phone": "123"}}, 400, "invalid", ["customer_info.phone"]),
    ({"customer_info": CUSTOMER_INFO | {"name": "x" * 201}}, 400, "invalid", ["customer_info.name"]),
    ({"customer_info": CUSTOMER_INFO | {"name": "\ud800"}}, 400, "invalid", ["customer_info.name"]),
    ({"customer_info": "Ada"}, 400, "invalid", ["customer_info"]),
    ({"party_size": 0}, 400, "invalid", ["party_size"]),
    ({"party_size": "1e5"}, 400, "invalid", ["party_size"]),
    ({"party_size": 1.5}, 400, "invalid", ["party_size"]),
    ({"special_requests": "x" * 2001}, 400, "invalid", ["special_requests"]),
    ({"special_requests": "\x00"}, 400, "invalid", ["special_requests"]),
    # what is not a client's to say
    ({"status": "confirmed"}, 400, "unknown_field", ["status"]),
    ({"total_cost": "0", "user": 1}, 400, "unknown_field", ["total_cost", "user"]),
    ({"customer_info": CUSTOMER_INFO | {"user": 1}}, 400, "unknown_field", ["customer_info.user"]),
    ({"\ud800": 1}, 400, "unknown_field", ["?"]),
]  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize(("fields", "status", "code", "names"), REFUSED)
def test_a_booking_that_is_refused(
    client: Client, fields: dict[str, Any], status: int, code: str, names: list[str]
) -> None:
    answer = post(client, "/api/reservations", wanted(office(), **fields))

    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert list(body.get("fields", [])) == names
    assert body["error"]
    assert not Reservation.objects.exists()


def test_too_soon(client: Client) -> None:
    venue = make_venue()
    open_weekly(venue, time(0), time(0))
    room = make_resource(venue, rules=make_rules(venue, min_notice=48 * 60))
    tomorrow = local(1)

    answer = post(client, "/api/reservations", wanted(room, date=tomorrow.date().isoformat(), time="10:00"))

    assert (answer.status_code, answer.json()["code"]) == (400, "too_soon")


@pytest.mark.usefixtures("early_2027")
def test_an_ambiguous_time_is_booked_with_its_offset(client: Client) -> None:
    venue = make_venue()
    open_weekly(venue, time(0), time(0))
    room = make_resource(venue, rules=make_rules(venue, max_advance_days=None))
    when = {"date": None, "time": None}

    refused = post(client, "/api/reservations", wanted(room, **when, start="2027-10-31T02:30"))
    first, second = (
        post(client, "/api/reservations", wanted(room, **when, start=start, duration=30))
        for start in refused.json()["candidates"]
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["start"] == "2027-10-31T02:30:00+02:00"
    assert second.json()["start"] == "2027-10-31T02:30:00+01:00"
    assert second.json()["end"] == "2027-10-31T03:00:00+01:00"


@pytest.mark.once
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "invalid"),
        ("{", 400, "malformed"),
        ("[]", 400, "malformed"),
        ("5", 400, "malformed"),
        ("null", 400, "malformed"),
        ('"text"', 400, "malformed"),
        ('{"duration": NaN}', 400, "malformed"),
        ('{"duration": 1e999}', 400, "malformed"),
        ('{"duration": ' + "9" * 5000 + "}", 400, "malformed"),
        ("[" * 100_000, 400, "malformed"),
        ('{"a":' * 100_000, 400, "malformed"),
        (b'{"date": "\xff\xfe"}', 400, "malformed"),
        (b"\x00", 400, "malformed"),
        (" " * 1_048_577, 413, "too_large"),
    ],
)
@pytest.mark.parametrize("address", ["/api/reservations", "/api/reservations/{}/cancel"])
def test_bodies_that_are_no_json_object(
    client: Client, address: str, body: str | bytes, status: int, code: str
) -> None:
    room = office()
    made = post(client, "/api/reservations", wanted(room)).json()
    if body == "" and "cancel" in address:
        return  # nothing has to be said to cancel

    address = address.format(made["id"])
    answer = client.post(
        address, body, content_type="application/json", headers={"X-Reservation-Token": made["manage_token"]}
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.once
@pytest.mark.parametrize("type_", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "x"])
def test_other_media_types(client: Client, type_: str) -> None:
    answer = client.post("/api/reservations", "{}", content_type=type_)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.once
@pytest.mark.parametrize("charset", ["utf-16", "nonsense", "utf-7", "idna"])
def test_a_strange_charset_changes_nothing(client: Client, charset: str) -> None:
    type_ = f"application/json; charset={charset}"
    made = client.generic("POST", "/api/reservations", json.dumps(wanted(office())), content_type=type_)
    listed = client.get("/api/resources?q=x", headers={"Content-Type": type_})
    assert (made.status_code, listed.status_code) == (201, 200)


@pytest.mark.once
def test_what_is_not_acceptable(client: Client) -> None:
    answer = client.get("/api/resources", headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


# --- anything at all ----------------------------------------------------------------------------

NAMES = [
    *("resource_id", "resources", "group_id", "quantity", "date", "time", "start", "end", "duration"),
    *("party_size", "customer_info", "special_requests", "reason", "version", "available_only", "venue"),
    *("kind", "type", "capacity", "features", "q", "ordering", "page", "page_size", "is_active", "token"),
]
TIMES = ["2027-03-28", "02:30", "2027-03-28T02:30", "2100-12-31T23:30-14:00", "9999-12-31", "office", "1"]
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(exclude_categories=())),
        st.sampled_from(TIMES),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=12,
)
FUZZED = examples(60)


@pytest.fixture
def room() -> Resource:
    return office()


@FUZZED
@given(
    body=st.one_of(VALUES, st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text()), VALUES)),
    base=st.booleans(),
)
def test_any_json_is_answered(client: Client, room: Resource, body: Any, base: bool) -> None:
    if base and isinstance(body, dict):
        body = wanted(room) | body
    answer = client.post("/api/reservations", json.dumps(body), content_type="application/json")
    assert answer.status_code < 500
    assert answer.status_code == 201 or {"error", "code"} <= answer.json().keys()


@FUZZED
@given(
    address=st.sampled_from(["resources", "timeslots", "availability"]),
    query=st.dictionaries(
        st.sampled_from(NAMES),
        st.one_of(
            st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(TIMES), st.integers().map(str)
        ),
    ),
    named=st.booleans(),
)
def test_any_query_is_answered(
    client: Client, room: Resource, address: str, query: dict[str, str], named: bool
) -> None:
    if named:
        query = {"resource_id": "office", "date": "2027-03-28"} | query
    answer = client.get(f"/api/{address}", query)
    assert answer.status_code < 500
    assert answer.status_code == 200 or {"error", "code"} <= answer.json().keys()
