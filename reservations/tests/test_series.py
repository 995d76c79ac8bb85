"""Recurring reservations: preview, booking, changing, cancelling; over HTTP, as clients use them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from reservations.enums import Status
from reservations.models import Allocation, Reservation, ReservationSeries
from reservations.tests.api_helpers import local, post
from resources.models import Resource
from tests.factories import (
    book,
    make_group,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    open_always,
)

pytestmark = pytest.mark.django_db
WEEKLY = "FREQ=WEEKLY;COUNT=4"


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def customer(client: Client) -> User:
    user = make_user(first_name="Grace", last_name="Hopper")
    client.force_login(user)
    return user


def asked(room: Resource, **fields: Any) -> dict[str, Any]:
    first = local(7, 10)
    body = {
        "resource_id": str(room.uuid),
        "date": f"{first:%Y-%m-%d}",
        "time": "10:00",
        "duration": 60,
        "rule": WEEKLY,
    }
    return {name: value for name, value in (body | fields).items() if value is not None}


def test_a_dry_run_lists_every_occurrence(client: Client, room: Resource) -> None:
    book(room, local(14, 10))

    answer = post(client, "/api/series/preview", asked(room))

    body = answer.json()
    assert answer.status_code == 200, body
    assert [each["available"] for each in body["occurrences"]] == [True, False, True, True]
    taken = body["occurrences"][1]
    assert (taken["reason"], taken["start"], taken["price"]) == ("taken", local(14, 10).isoformat(), None)
    near = [local(14, 8, 30), local(14, 9), local(14, 11)]
    assert taken["alternatives"] == [each.isoformat() for each in near]
    assert (body["count"], body["available_count"], body["total"]) == (4, 3, "75.00")
    assert [each["id"] for each in body["occurrences"][0]["resources"]] == [str(room.uuid)]
    assert Reservation.objects.count() == 1


def test_its_queries_do_not_grow(client: Client, room: Resource) -> None:
    book(room, local(14, 10))
    with CaptureQueriesContext(connection) as few:
        post(client, "/api/series/preview", asked(room))
    with CaptureQueriesContext(connection) as many:
        answer = post(client, "/api/series/preview", asked(room, rule="FREQ=WEEKLY;COUNT=40"))
    assert answer.json()["count"] == 40
    assert len(many) == len(few)


def test_all_or_nothing(client: Client, customer: User, room: Resource) -> None:
    book(room, local(14, 10))

    answer = post(client, "/api/series", asked(room))

    assert (answer.status_code, answer.json()["code"]) == (409, "series_refused")
    assert [each["reason"] for each in answer.json()["refused"]] == ["taken"]
    assert (Reservation.objects.count(), ReservationSeries.objects.count()) == (1, 0)


@pytest.mark.parametrize("how", ["skip dates", "skip what is taken"])
def test_chosen_skips(client: Client, customer: User, room: Resource, how: str) -> None:
    book(room, local(14, 10))
    chosen = {"skip": [f"{local(14):%Y-%m-%d}"]} if how == "skip dates" else {"on_conflict": "skip"}

    answer = post(client, "/api/series", asked(room, **chosen), Idempotency_Key="once")
    again = post(client, "/api/series", asked(room, **chosen), Idempotency_Key="once")

    body = answer.json()
    assert (answer.status_code, body["count"]) == (201, 3)
    starts = [each["start"] for each in body["reservations"]]
    assert starts == [local(day, 10).isoformat() for day in (7, 21, 28)]
    assert len(body["skipped"]) == (0 if how == "skip dates" else 1)
    assert again.json() == body
    assert Reservation.objects.filter(customer=customer).count() == 3
    assert client.get(answer["Location"]).json()["count"] == 3
    assert client.get(f"/api/reservations?series_id={body['id']}").json()["count"] == 3


def test_it_steps_in_local_time_across_clock_changes(client: Client, room: Resource, customer: User) -> None:
    room.rules.max_advance_days = None
    room.rules.save()
    year = local().year + 1
    body = asked(room, date=f"{year}-03-20", rule="FREQ=DAILY;COUNT=15")

    found = post(client, "/api/series", body).json()["reservations"]

    assert {each["time"] for each in found} == {"10:00"}
    assert len({each["start"][-6:] for each in found}) == 2
    skipped = post(client, "/api/series/preview", body | {"time": "02:30"}).json()["occurrences"]
    missing = [each for each in skipped if not each["available"]]
    assert [each["reason"] for each in missing] == ["nonexistent_time"]
    assert (missing[0]["start"], len(missing[0]["alternatives"])) == (None, 2)


def test_any_available_one_may_differ(client: Client, customer: User, room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules)
    group = make_group([room, other])
    book(room, local(14, 10))
    body = asked(room, resource_id=None, group_id=str(group.uuid))

    found = post(client, "/api/series", body).json()["reservations"]

    assert [each["resource_id"] for each in found] == [str(r.uuid) for r in (room, other, room, room)]


def test_limits_count_every_occurrence(client: Client, customer: User) -> None:
    venue = make_resource().venue
    room = make_resource(venue, rules=make_rules(venue, max_active_per_customer=3))
    answer = post(client, "/api/series", asked(room))
    assert (answer.status_code, answer.json()["code"]) == (400, "limit_reached")
    assert Reservation.objects.count() == 0


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rule": "FREQ=WEEKLY"}, "invalid"),
        ({"rule": None}, "invalid"),
        ({"time": "x"}, "invalid_time"),
        ({"date": "x"}, "invalid_time"),
        ({"skip": ["x"]}, "invalid_time"),
        ({"rule": "FREQ=DAILY;COUNT=3", "duration": 1440 + 30}, "invalid"),
        ({"price": "0"}, "unknown_field"),
        ({"resource_id": "nowhere"}, "not_found"),
        ({"resource_id": None}, "invalid"),
        ({"as_staff": True}, "forbidden"),
    ],
)
def test_bad_input(client: Client, customer: User, room: Resource, fields: dict[str, Any], code: str) -> None:
    for address in ("/api/series", "/api/series/preview"):
        answer = post(client, address, asked(room, **fields))
        assert answer.json()["code"] == code, answer.content
        assert answer.status_code == {"not_found": 404, "forbidden": 403}.get(code, 400)


def made(client: Client, room: Resource, **fields: Any) -> dict[str, Any]:
    answer = post(client, "/api/series", asked(room, **fields))
    assert answer.status_code == 201, answer.content
    body: dict[str, Any] = answer.json()
    return body


def change(client: Client, series: dict[str, Any], **body: Any) -> Any:
    return client.patch(f"/api/series/{series['id']}", body, content_type="application/json")


def hours(series: dict[str, Any]) -> list[tuple[int, str]]:
    """Days from today and local times, in order."""
    rows = Reservation.objects.filter(series_id=series["id"]).order_by("starts_at").select_related("venue")
    today = local(0).date()
    return [((row.local_start.date() - today).days, f"{row.local_start:%H:%M}") for row in rows]


def test_this_one_only(client: Client, customer: User, room: Resource) -> None:
    series = made(client, room)
    second = series["reservations"][1]["id"]
    answer = change(client, series, scope="this", reservation_id=second, time="15:00", duration=30)
    assert (answer.status_code, answer.json()["count"]) == (200, 1)
    assert hours(series) == [(7, "10:00"), (14, "15:00"), (21, "10:00"), (28, "10:00")]


def test_this_and_following(client: Client, customer: User, room: Resource) -> None:
    series = made(client, room)
    third = series["reservations"][2]["id"]
    dry = change(client, series, scope="following", reservation_id=third, shift_days=1, dry_run=True)
    assert hours(series)[2:] == [(21, "10:00"), (28, "10:00")]
    answer = change(client, series, scope="following", reservation_id=third, shift_days=1)
    assert [each["start"] for each in dry.json()["reservations"]] == [
        each["start"] for each in answer.json()["reservations"]
    ]
    assert hours(series) == [(7, "10:00"), (14, "10:00"), (22, "10:00"), (29, "10:00")]


def test_all_move_onto_each_others_times(client: Client, customer: User, room: Resource) -> None:
    """A weekly series a week later: every new time but one is another occurrence's old one."""
    series = made(client, room)
    answer = change(client, series, scope="all", shift_days=7, party_size=3)
    assert answer.status_code == 200, answer.content
    assert hours(series) == [(day, "10:00") for day in (14, 21, 28, 35)]
    assert Allocation.objects.filter(b0__isnull=False).count() == 4
    book(room, local(7, 10))


def test_one_obstacle_stops_all(client: Client, customer: User, room: Resource) -> None:
    series = made(client, room)
    book(room, local(21, 15))
    answer = change(client, series, scope="all", time="15:00")
    assert (answer.status_code, answer.json()["code"]) == (409, "series_refused")
    assert [each["start"] for each in answer.json()["refused"]] == [local(21, 15).isoformat()]
    assert hours(series) == [(day, "10:00") for day in (7, 14, 21, 28)]


def test_cancelling_some(client: Client, customer: User, room: Resource) -> None:
    room.cancellation_policy = make_policy(room.venue, (0, "80", "0"))
    room.save()
    series = made(client, room)
    body = {"scope": "following", "reservation_id": series["reservations"][2]["id"], "reason": "moved away"}

    dry = post(client, f"/api/series/{series['id']}/cancel", body | {"dry_run": True}).json()
    assert Reservation.objects.filter(status=Status.CANCELLED).count() == 0
    done = post(client, f"/api/series/{series['id']}/cancel", body).json()

    assert (dry["fee"], done["fee"], done["count"], done["refund"]) == ("10.00", "10.00", 2, "0.00")
    assert Reservation.objects.filter(status=Status.CANCELLED, cancel_reason="moved away").count() == 2
    again = post(client, f"/api/series/{series['id']}/cancel", body)
    assert again.status_code == 404


@pytest.mark.once
def test_who_may(client: Client, customer: User, room: Resource) -> None:
    series = made(client, room)
    address = f"/api/series/{series['id']}"
    body = {"scope": "all", "time": "11:00"}

    client.force_login(make_user())
    assert client.get(address).status_code == 404
    assert change(client, series, **body).status_code == 404
    assert post(client, f"{address}/cancel", {"scope": "all"}).status_code == 404
    client.force_login(make_member(room.venue))
    assert client.get(address).json()["count"] == 4
    assert change(client, series, **body).status_code == 200
    client.logout()
    assert client.get(address).status_code == 401
    assert post(client, "/api/series", asked(room)).status_code == 401


def test_an_anchor_of_another_series_is_refused(client: Client, customer: User, room: Resource) -> None:
    series = made(client, room)
    other = make_resource()
    open_always(other.venue, other)
    foreign = made(client, other)["reservations"][0]["id"]
    assert change(client, series, scope="this", reservation_id=foreign, time="11:00").status_code == 404
    assert change(client, series, scope="this", time="11:00").status_code == 404
    assert change(client, series, scope="some", time="11:00").status_code == 400


def test_past_ones_stay(client: Client, customer: User, room: Resource) -> None:
    series = made(client, room)
    first = Reservation.objects.get(pk=series["reservations"][0]["id"])
    past = datetime.now(tz=first.starts_at.tzinfo).replace(second=0, microsecond=0) - timedelta(days=1)
    Reservation.objects.filter(pk=first.pk).update(starts_at=past, ends_at=past + timedelta(hours=1))
    assert change(client, series, scope="all", time="11:00").json()["count"] == 3
    first.refresh_from_db()
    assert first.starts_at == past
