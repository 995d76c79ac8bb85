"""Whatever a client sends to the waitlist, it gets the documented error and nothing is written."""

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from reservations.exceptions import BookingRefused
from reservations.tests.api_helpers import CUSTOMER_INFO, post
from resources.models import Resource
from tests.effort import examples
from tests.factories import make_group, make_resource, make_rules, make_venue, open_weekly
from waitlist.models import WaitlistEntry
from waitlist.tests.helpers import LIST, day, join, wish

pytestmark = [pytest.mark.django_db, pytest.mark.once]
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def room() -> Resource:
    """Half an hour to four hours, two to eight people, ninety days ahead."""
    venue = make_venue()
    open_weekly(venue, time(9), time(23))
    rules = make_rules(venue, max_duration=240, max_advance_days=90, min_party_size=2)
    return make_resource(venue, rules=rules, capacity=8, slug="office")


REFUSED: list[tuple[dict[str, Any], int, str, list[str]]] = [
    # the resource's rules
    ({"preferred_date": day(-1).isoformat()}, 400, "past", []),
    ({"preferred_date": "2001-01-01"}, 400, "past", []),
    ({"preferred_date": day(92).isoformat()}, 400, "too_far", []),
    ({"duration": 29}, 400, "too_short", []),
    ({"duration": 241}, 400, "too_long", []),
    ({"duration": 45}, 400, "off_step", []),
    ({"party_size": 1}, 400, "party_too_small", []),
    ({"party_size": 9}, 400, "party_too_large", []),
    # dates and times
    ({"preferred_date": None}, 400, "invalid", ["preferred_date"]),
    ({"date": day().isoformat()}, 400, "invalid", ["date"]),
    ({"preferred_date": "9999-12-31"}, 400, "invalid_time", ["preferred_date"]),
    ({"preferred_date": None, "date": "2027-02-30"}, 400, "invalid_time", ["date"]),
    ({"preferred_date": "next week"}, 400, "invalid_time", ["preferred_date"]),
    ({"preferred_date": 20270101}, 400, "invalid_time", ["preferred_date"]),
    ({"preferred_date": ["2027-01-01"]}, 400, "invalid", ["preferred_date"]),
    ({"preferred_date": "2027-01-01\x00"}, 400, "invalid", ["preferred_date"]),
    ({"preferred_time": "24:00"}, 400, "invalid_time", ["preferred_time"]),
    ({"preferred_time": "18:00:30"}, 400, "invalid_time", ["preferred_time"]),
    ({"preferred_time": 18}, 400, "invalid_time", ["preferred_time"]),
    ({"preferred_time": True}, 400, "invalid", ["preferred_time"]),
    ({"preferred_time": {"hour": 18}}, 400, "invalid", ["preferred_time"]),
    ({"latest_time": "٢٠:٠٠"}, 400, "invalid_time", ["latest_time"]),
    ({"latest_time": "17:59"}, 400, "invalid", ["latest_time"]),
    ({"preferred_time": None, "earliest_time": "20:01"}, 400, "invalid", ["latest_time"]),
    ({"earliest_time": "18:00"}, 400, "invalid", ["earliest_time"]),
    ({"duration": 0}, 400, "invalid", ["duration"]),
    ({"duration": True}, 400, "invalid", ["duration"]),
    ({"duration": 10**30}, 400, "invalid", ["duration"]),
    ({"duration": "long"}, 400, "invalid", ["duration"]),
    # things
    ({"resource_id": None}, 400, "invalid", ["resource_id"]),
    ({"group_id": NOBODY}, 400, "invalid", ["resource_id"]),
    ({"resource_id": NOBODY}, 404, "not_found", []),
    ({"resource_id": "nowhere"}, 404, "not_found", []),
    ({"resource_id": "a\x00b"}, 400, "invalid", ["resource_id"]),
    ({"resource_id": [1]}, 400, "invalid", ["resource_id"]),
    ({"resource_id": None, "group_id": NOBODY}, 404, "not_found", []),
    ({"resource_id": None, "group_id": "x"}, 400, "invalid", ["group_id"]),
    ({"resource_id": None, "group_id": {}}, 400, "invalid", ["group_id"]),
    # people
    ({"party_size": 0}, 400, "invalid", ["party_size"]),
    ({"party_size": 1.5}, 400, "invalid", ["party_size"]),
    ({"party_size": "many"}, 400, "invalid", ["party_size"]),
    ({"party_size": 10**9}, 400, "invalid", ["party_size"]),
    ({"contact_info": None}, 400, "invalid", ["contact_info.name", "contact_info.email"]),
    ({"contact_info": {"name": "Ada"}}, 400, "invalid", ["contact_info.email"]),
    ({"contact_info": None, "customer_info": {"email": "a@example.com"}}, 400, "invalid",
     ["customer_info.name"]),
    ({"customer_info": CUSTOMER_INFO}, 400, "invalid", ["customer_info"]),
    ({"contact_info": "Ada"}, 400, "invalid", ["contact_info"]),
    ({"contact_info": CUSTOMER_INFO | {"email": "nobody"}}, 400, "invalid", ["contact_info.email"]),
    ({"contact_info": CUSTOMER_INFO | {"name": "A\x00"}}, 400, "invalid", ["contact_info.name"]),
    ({"contact_info": CUSTOMER_INFO | {"name": "\ud800"}}, 400, "invalid", ["contact_info.name"]),
    ({"contact_info": CUSTOMER_INFO | {"name": "x" * 201}}, 400, "invalid", ["contact_info.name"]),
    ({"contact_info": CUSTOMER_INFO | {"phone": "123"}}, 400, "invalid", ["contact_info.phone"]),
    # what is not a client's to say
    ({"priority": 9}, 400, "unknown_field", ["priority"]),
    ({"status": "booked", "position": 1}, 400, "unknown_field", ["status", "position"]),
    ({"created_at": "2001-01-01T00:00Z"}, 400, "unknown_field", ["created_at"]),
    ({"customer": 1, "venue": 1, "id": NOBODY}, 400, "unknown_field", ["customer", "venue", "id"]),
    ({"contact_info": CUSTOMER_INFO | {"user": 1}}, 400, "unknown_field", ["contact_info.user"]),
]  # fmt: skip


@pytest.mark.once
@pytest.mark.parametrize(("fields", "status", "code", "names"), REFUSED)
def test_joining_that_is_refused(
    client: Client, room: Resource, fields: dict[str, Any], status: int, code: str, names: list[str]
) -> None:
    answer = post(client, LIST, wish(room, **fields))

    body = answer.json()
    assert (answer.status_code, body["code"]) == (status, code), body
    assert list(body.get("fields", [])) == names
    assert body["error"]
    assert not WaitlistEntry.objects.exists()


def test_a_resource_or_group_that_takes_nobody(client: Client, room: Resource) -> None:
    group = make_group([room], is_active=False)
    empty = make_group([room])
    empty.member_links.all().delete()
    for each in (group, empty):
        answer = post(client, LIST, wish(room, resource_id=None, group_id=str(each.uuid)))
        assert answer.status_code == 404
    room.is_active = False
    room.save()

    assert post(client, LIST, wish(room)).status_code == 404
    assert not WaitlistEntry.objects.exists()


def test_the_window_of_today_must_not_be_over(room: Resource) -> None:
    noon = datetime(2027, 3, 1, 11, tzinfo=room.venue.zone)
    today = {"preferred_on": noon.date(), "party_size": 2, "now": noon}

    with pytest.raises(BookingRefused, match="has passed"):
        join(room, latest_time=time(10, 59), **today)
    assert join(room, latest_time=time(11), **today).latest_time == time(11)
    assert join(room, **today).latest_time is None


def test_today_is_the_venues(room: Resource) -> None:
    today = {"preferred_on": date(2027, 3, 1), "party_size": 2}
    join(room, **today, now=datetime(2027, 3, 1, 22, 59, tzinfo=UTC))
    with pytest.raises(BookingRefused, match="has passed"):
        join(room, **today, now=datetime(2027, 3, 1, 23, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [("[]", 400, "malformed"), ("{", 400, "malformed"), (b"\x00", 400, "malformed"), ("", 400, "invalid")],
)
def test_bodies_that_are_no_json_object(client: Client, body: str | bytes, status: int, code: str) -> None:
    answer = post(client, LIST, body) if body else client.post(LIST, "", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


NAMES = [
    *("resource_id", "group_id", "preferred_date", "date", "preferred_time", "earliest_time", "latest_time"),
    *("duration", "party_size", "contact_info", "customer_info", "priority", "status", "name", "email"),
    *("date_from", "date_to", "venue", "q", "ordering", "page", "page_size", "token"),
]
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(exclude_categories=())),
        st.sampled_from([day().isoformat(), "18:00", "office", "9999-12-31", "waiting", NOBODY]),
    ),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner, max_size=4) | st.lists(inner, max_size=3),
    max_leaves=10,
)
FUZZED = examples(40)


@FUZZED
@given(body=st.dictionaries(st.sampled_from(NAMES), VALUES), method=st.sampled_from(["POST", "PATCH"]))
def test_any_json_is_answered(client: Client, room: Resource, body: dict[str, Any], method: str) -> None:
    made = post(client, LIST, wish(room)).json()
    path = LIST if method == "POST" else f"{LIST}/{made.get('id', NOBODY)}"
    headers = {"X-Waitlist-Token": made.get("manage_token", "")}
    sent = json.dumps(wish(room) | body if method == "POST" else body)

    answer = client.generic(method, path, sent, content_type="application/json", headers=headers)

    WaitlistEntry.objects.all().delete()
    assert answer.status_code < 500
    assert answer.status_code in (200, 201) or {"error", "code"} <= answer.json().keys()
