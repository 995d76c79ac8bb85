"""The calendar over HTTP."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calendars.api import reservation_pages
from calendars.day_ranges import read_days
from reservations.api.listed import EXPANDABLE
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Purpose
from reservations.services import block_time
from resources.models import AvailabilityOverride, Holiday, Resource
from tests.factories import (
    at,
    book,
    make_member,
    make_resource,
    make_user,
    make_venue,
    open_always,
    open_weekly,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    venue = make_venue()
    open_weekly(venue, time(8), time(18))
    return make_resource(venue, observes_holidays=True)


def tomorrow() -> date:
    return at(1).date()


def calendar(client: Client, **params: Any) -> dict[str, Any]:
    answer = client.get("/api/calendar", params)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.once
@pytest.mark.parametrize(
    ("params", "first", "last", "view"),
    [
        ({"view": "day", "date": "2027-03-03"}, "2027-03-03", "2027-03-03", "day"),
        ({"view": "week", "date": "2027-03-03"}, "2027-03-01", "2027-03-07", "week"),
        ({"view": "month", "date": "2027-02-15"}, "2027-02-01", "2027-02-28", "month"),
        ({"date": "2028-02-15", "view": "month"}, "2028-02-01", "2028-02-29", "month"),
        ({"start_date": "2027-03-03", "end_date": "2027-03-05"}, "2027-03-03", "2027-03-05", "range"),
        ({"start_date": "2027-03-03", "view": "week"}, "2027-03-01", "2027-03-07", "week"),
        ({}, "2027-06-07", "2027-06-13", "week"),
    ],
)
def test_which_days(params: dict[str, str], first: str, last: str, view: str) -> None:
    found = read_days(params, date(2027, 6, 10))
    assert (found.first.isoformat(), found.last.isoformat(), found.view) == (first, last, view)


@pytest.mark.once
@pytest.mark.parametrize(
    "params",
    [
        {"view": "year"},
        {"date": "x"},
        {"start_date": "2027-03-03", "end_date": "2027-03-02"},
        {"start_date": "2027-03-03", "end_date": "2027-05-04"},
        {"end_date": "2027-03-02"},
        {"mine": "perhaps"},
        {"kind": "spaceship"},
    ],
)
def test_nonsense(client: Client, params: dict[str, str]) -> None:
    assert client.get("/api/calendar", params).status_code == 400


def test_open_busy_and_free(client: Client, room: Resource) -> None:
    day = tomorrow()
    start = at(1, 0).replace(hour=9)  # UTC
    booked = book(room, start, minutes=60)

    body = calendar(client, view="day", date=day.isoformat(), resource_id=str(room.uuid))

    row = body["resources"][0]
    assert [span["start"][11:16] for span in row["openings"]] == ["08:00"]
    assert row["busy"] == [{"start": booked.local_start.isoformat(), "end": booked.local_end.isoformat()}]
    assert row["days"] == [
        {
            "date": day.isoformat(),
            "open_minutes": 600,
            "busy_minutes": 60,
            "free_starts": 19 - 3,
            "first_free": row["openings"][0]["start"],
        }
    ]
    assert body["reservations"] == []  # nobody's name


def test_others_bookings_are_only_busy(client: Client, room: Resource) -> None:
    customer = make_user()
    mine = book(room, at(1, 9), customer=Customer.from_user(customer))
    others = book(room, at(1, 11))
    params = {"view": "day", "date": tomorrow().isoformat()}

    client.force_login(customer)
    own = calendar(client, **params)
    client.force_login(make_member(room.venue))
    staff = calendar(client, **params)
    only_mine = calendar(client, **params, mine="true")

    assert [row["code"] for row in own["reservations"]] == [mine.code]
    assert "Ada Lovelace" not in str(own)
    assert len(own["resources"][0]["busy"]) == 2
    assert [row["code"] for row in staff["reservations"]] == [mine.code, others.code]
    assert only_mine["reservations"] == []


def test_what_is_blocked_and_why(client: Client, room: Resource) -> None:
    day = tomorrow()
    AvailabilityOverride.objects.create(
        venue=room.venue, starts_on=day, ends_on=day, start_time=time(12), end_time=time(14), reason="Lunch"
    )
    Holiday.objects.create(country="DE", date=day + timedelta(days=1), name="Feast")
    AvailabilityOverride.objects.create(venue=make_venue(), starts_on=day, ends_on=day, reason="Not here")

    body = calendar(
        client,
        start_date=day.isoformat(),
        end_date=(day + timedelta(days=1)).isoformat(),
        venue=room.venue.slug,
    )

    row = body["resources"][0]
    shown = [
        (each["kind"], each["reason"], each["start"][11:16], each["end"][11:16]) for each in row["blocked"]
    ]
    assert shown == [("closure", "Lunch", "12:00", "14:00"), ("holiday", "Feast", "00:00", "00:00")]
    assert [each["open_minutes"] for each in row["days"]] == [480, 0]


def test_days_of_clock_changes(client: Client, room: Resource) -> None:
    body = calendar(client, view="month", date="2027-10-01", resource_id=room.slug)
    days = {each["date"]: each["open_minutes"] for each in body["resources"][0]["days"]}
    assert len(days) == 31
    assert set(days.values()) == {600}


def test_its_queries_are_constant(client: Client, room: Resource) -> None:
    client.force_login(make_member(room.venue))
    book(room, at(1, 9))
    params = {"view": "month", "venue": room.venue.slug}
    calendar(client, **params)
    with CaptureQueriesContext(connection) as few:
        calendar(client, **params)
    for _number in range(3):
        other = make_resource(room.venue, rules=room.rules)
        for hour in (9, 11, 13):
            book(other, at(1, hour))
    calendar(client, **params)
    with CaptureQueriesContext(connection) as many:
        assert len(calendar(client, **params)["resources"]) == 4
    assert len(few) == len(many)


def test_resources_come_in_pages(client: Client, room: Resource) -> None:
    for _number in range(2):
        make_resource(room.venue, rules=room.rules)
    body = calendar(client, page_size=2)
    assert (body["count"], len(body["resources"])) == (3, 2)
    assert len(client.get(body["next"]).json()["resources"]) == 1


def test_many_reservations_come_in_parts(
    client: Client, room: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = [book(room, at(1, hour)).code for hour in (8, 9, 10, 11)]
    two = [ItemRequest(room.pk), ItemRequest(make_resource(room.venue, rules=room.rules).pk)]
    booked.append(book(room, at(1, 13), items=two).code)
    client.force_login(make_member(room.venue))
    params = {"view": "day", "date": tomorrow().isoformat(), "resource_id": room.slug}
    whole = calendar(client, **params)
    assert (whole["reservations_truncated"], whole["reservations_next"]) == (False, None)
    for most in (2, 3, 4):
        monkeypatch.setattr(reservation_pages, "MOST_RESERVATIONS", most)
        for expand in ({}, {"expand": "payment"}):
            parts = [calendar(client, **params, **expand)]
            while (address := parts[-1]["reservations_next"]) and len(parts) < 9:
                parts.append(client.get(address).json())
            assert len(parts) > 1
            assert [row["code"] for part in parts for row in part["reservations"]] == booked
            assert all(len(part["resources"]) == 1 for part in parts)
            assert [part["reservations_truncated"] for part in parts] == [True] * (len(parts) - 1) + [False]


def test_what_has_to_be_worked_out_comes_when_it_is_asked_for(client: Client, room: Resource) -> None:
    booked = book(room, at(1, 9))
    client.force_login(make_member(room.venue))
    params = {"view": "day", "date": tomorrow().isoformat()}
    one = client.get(f"/api/reservations/{booked.pk}").json()
    for names in ((), ("payment",), ("cancellation_preview", "allowed_actions")):
        (row,) = calendar(client, **params, expand=",".join(names))["reservations"]
        assert one.keys() - row.keys() == set(EXPANDABLE) - set(names)
        assert row == {name: one[name] for name in row}


@pytest.mark.parametrize(
    "params",
    [
        {"expand": "everything"},
        {"reservations_after": "x"},
        {"reservations_after": f"20279999T000000Z-{'0' * 32}"},
    ],
)
def test_what_nobody_offers_is_refused(client: Client, room: Resource, params: dict[str, str]) -> None:
    client.force_login(make_member(room.venue))
    assert client.get("/api/calendar", params).status_code == 400


def test_long_reservations_are_found_though_they_began_long_ago(client: Client, room: Resource) -> None:
    open_always(room.venue)
    closed = block_time(
        venue_id=room.venue_id,
        items=[ItemRequest(room.pk)],
        start=at(1),
        end=at(40),
        title="Works",
        purpose=Purpose.BLOCK,
        actor=Actor(make_member(room.venue)),
    )
    client.force_login(make_member(room.venue))
    day = at(30).date().isoformat()
    assert [row["code"] for row in calendar(client, view="day", date=day)["reservations"]] == [closed.code]
