"""Closures, shifted hours, relocations and special events: previews, effects, whom they strand."""

from datetime import time
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reservations.enums import Purpose, Status
from reservations.models import Reservation
from reservations.tests.api_helpers import local, post, wanted
from resources.enums import ResourceKind, Role
from resources.models import AvailabilityOverride, Feature, OpeningHours, Resource
from tests.factories import book, make_member, make_resource, make_user, make_venue, open_weekly

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    venue = make_venue()
    open_weekly(venue, time(8), time(20))
    return make_resource(venue)


@pytest.fixture
def manager(client: Client, room: Resource) -> User:
    user = make_member(room.venue, Role.MANAGER)
    client.force_login(user)
    return user


def day(days: int = 7) -> str:
    return f"{local(days):%Y-%m-%d}"


def is_free(client: Client, room: Resource, days: int = 7, at: str = "10:00") -> bool:
    query = f"resource_id={room.uuid}&date={day(days)}&time={at}&duration=60"
    return bool(client.get(f"/api/availability?{query}").json()["available"])


def test_closing_all_rooms(client: Client, room: Resource, manager: User) -> None:
    other = make_resource(room.venue, rules=room.rules)
    table = make_resource(room.venue, rules=room.rules, kind=ResourceKind.TABLE)
    booked = book(other, local(8, 10))
    body = {"kind": "room", "starts_on": day(7), "ends_on": day(8), "reason": "Painting"}

    preview = post(client, "/api/schedule/closures", body | {"dry_run": True})
    assert preview.json()["affected_reservations"][0]["code"] == booked.code
    assert (AvailabilityOverride.objects.count(), is_free(client, room)) == (0, True)
    refused = post(client, "/api/schedule/closures", body | {"on_conflict": "refuse"})
    assert (refused.status_code, refused.json()["code"]) == (409, "still_booked")
    assert AvailabilityOverride.objects.count() == 0
    done = post(client, "/api/schedule/closures", body, Idempotency_Key="once").json()
    post(client, "/api/schedule/closures", body, Idempotency_Key="once")

    assert {each["resource_id"] for each in done["overrides"]} == {str(room.uuid), str(other.uuid)}
    assert AvailabilityOverride.objects.count() == 2
    assert [is_free(client, each) for each in (room, other, table)] == [False, False, True]
    booked.refresh_from_db()
    assert booked.status == Status.CONFIRMED


def test_closing_the_venue_for_an_afternoon(client: Client, room: Resource, manager: User) -> None:
    body = {"venue": room.venue.slug, "starts_on": day(), "start_time": "12:00", "end_time": "18:00"}
    answer = post(client, "/api/schedule/closures", body)
    assert answer.json()["overrides"][0]["resource_id"] is None
    assert [is_free(client, room, at=at) for at in ("10:00", "13:00", "18:00")] == [True, False, True]


def test_opening_instead(client: Client, room: Resource, manager: User) -> None:
    body = {"starts_on": day(), "start_time": "20:00", "end_time": "23:00", "is_available": True}
    assert not is_free(client, room, at="21:00")
    assert post(client, "/api/schedule/closures", body).status_code == 200
    assert is_free(client, room, at="21:00")


@pytest.mark.once
@pytest.mark.parametrize(
    "fields",
    [
        {"starts_on": "soon"},
        {"ends_on": "2020-01-01"},
        {"start_time": "10:00"},
        {"start_time": "10:00", "end_time": "x"},
        {"kind": "spaceship"},
        {"resource_ids": []},
        {"resource_ids": "x"},
        {"reason": "x" * 201},
        {"price": "1"},
    ],
)
def test_bad_closures(client: Client, room: Resource, manager: User, fields: dict[str, Any]) -> None:
    answer = post(client, "/api/schedule/closures", {"starts_on": day()} | fields)
    assert answer.status_code == 400, answer.content
    assert AvailabilityOverride.objects.count() == 0


def test_shifting_hours(client: Client, room: Resource, manager: User) -> None:
    early = book(room, local(7, 8))
    weekday = local(7).weekday()
    body = {"venue": str(room.venue.uuid), "days_of_week": [weekday], "start_by": 60, "end_by": 120}

    preview = post(client, "/api/schedule/shifts", body | {"dry_run": True}).json()
    assert OpeningHours.objects.get(weekday=weekday).start_time == time(8)
    done = post(client, "/api/schedule/shifts", body).json()

    assert preview["hours"] == done["hours"]
    assert [(each["start_time"], each["end_time"]) for each in done["hours"]] == [("09:00", "22:00")]
    assert [each["code"] for each in done["affected_reservations"]] == [early.code]
    assert [is_free(client, room, at=at) for at in ("08:00", "21:00")] == [False, True]
    assert OpeningHours.objects.filter(start_time=time(8)).count() == 6


@pytest.mark.once
@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"start_by": 1200}, 400),
        ({"start_by": -600}, 400),
        ({"end_by": 1439}, 400),
        ({"start_by": "x"}, 400),
        ({"days_of_week": [7]}, 400),
    ],
)
def test_hours_that_cannot_be_shifted(
    client: Client, room: Resource, manager: User, fields: dict[str, Any], status: int
) -> None:
    answer = post(client, "/api/schedule/shifts", fields)
    assert answer.status_code == status, answer.content
    assert OpeningHours.objects.filter(start_time=time(8), end_time=time(20)).count() == 7


def test_a_resource_without_hours_of_its_own_has_none_to_shift(
    client: Client, room: Resource, manager: User
) -> None:
    body = {"resource_ids": [room.slug], "start_by": 60}
    assert post(client, "/api/schedule/shifts", body).status_code == 404


def test_a_broken_room(client: Client, room: Resource, manager: User) -> None:
    beamer = Feature.objects.create(venue=room.venue, name="Beamer", slug="beamer")
    room.features.add(beamer)
    make_resource(room.venue, rules=room.rules)  # has no beamer
    make_resource(room.venue, rules=room.rules, kind=ResourceKind.TABLE).features.add(beamer)
    large = make_resource(room.venue, rules=room.rules, capacity=20, hourly_rate=99)
    alike = make_resource(room.venue, rules=room.rules, capacity=9)
    for each in (large, alike):
        each.features.add(beamer)
    first, second, third = (book(room, local(7, hour)) for hour in (10, 12, 14))
    book(alike, local(7, 12))
    for each in (large, alike):
        book(each, local(7, 14))
    outside = book(room, local(9, 10))
    body = {"resource_id": room.slug, "start": f"{day()}T00:00", "end": f"{day(8)}T00:00"}

    preview = post(client, "/api/schedule/relocations", body | {"dry_run": True}).json()
    assert room.reservation_items.count() == 4
    done = post(client, "/api/schedule/relocations", body).json()

    assert preview["results"] == done["results"]
    assert (done["moved_count"], done["unmoved_count"]) == (2, 1)
    to = {each["code"]: each["to"] and each["to"]["id"] for each in done["results"]}
    assert to == {first.code: str(alike.uuid), second.code: str(large.uuid), third.code: None}
    second.refresh_from_db()
    assert second.total_amount == 25
    assert second.items.get().resource == large
    assert {item.reservation for item in room.reservation_items.all()} == {third, outside}
    assert second.events.order_by("-id")[0].changes["resources"] == [room.name, large.name]


def test_relocating_to_named_rooms(client: Client, room: Resource, manager: User) -> None:
    table = make_resource(room.venue, rules=room.rules, kind=ResourceKind.TABLE)
    book(room, local(7, 10))
    foreign = make_resource()
    body = {"resource_id": room.slug, "start": f"{day()}T00:00", "end": f"{day(8)}T00:00"}
    address = "/api/schedule/relocations"
    assert post(client, address, body).json()["unmoved_count"] == 1
    assert post(client, address, body | {"to": [foreign.slug]}).status_code == 404
    assert post(client, address, body | {"to": [table.slug]}).json()["moved_count"] == 1


def test_an_event_takes_the_hall(client: Client, room: Resource, manager: User) -> None:
    body = {
        "title": "Wedding",
        "resource_ids": [room.slug],
        "start": f"{day()}T14:00",
        "end": f"{day(8)}T02:00",
        "notes": "Flowers at noon",
    }
    answer = post(client, "/api/special-events", body, Idempotency_Key="once")
    again = post(client, "/api/special-events", body, Idempotency_Key="once")

    reservation = answer.json()["reservation"]
    assert (answer.status_code, again.json()) == (201, answer.json())
    assert (reservation["purpose"], reservation["title"]) == ("event", "Wedding")
    assert reservation["total_cost"] == "0.00"
    assert [is_free(client, room, at=at) for at in ("12:00", "13:30", "19:00")] == [True, False, False]
    refused = post(client, "/api/special-events", body | {"title": "Second wedding"})
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")
    found = client.get("/api/reservations?purpose=event").json()
    assert found["count"] == 1


def test_an_event_does_not_push_bookings_out(client: Client, room: Resource, manager: User) -> None:
    book(room, local(7, 15))
    body = {"title": "Fair", "resource_ids": [room.slug], "start": f"{day()}T14:00", "duration": 120}
    assert post(client, "/api/special-events", body).status_code == 409
    assert Reservation.objects.filter(purpose=Purpose.EVENT).count() == 0


def test_an_event_is_moved_like_a_booking(client: Client, room: Resource, manager: User) -> None:
    body = {
        "title": "Repair",
        "is_maintenance": True,
        "resource_ids": [room.slug],
        "start": f"{day()}T03:10",
        "duration": 7,
    }
    made = post(client, "/api/special-events", body).json()["reservation"]
    moved = client.patch(
        f"/api/reservations/{made['id']}",
        {"time": "04:20", "as_staff": True},
        content_type="application/json",
    )
    assert made["purpose"] == "block"
    assert (moved.status_code, moved.json()["time"], moved.json()["duration"]) == (200, "04:20", 7)


@pytest.mark.parametrize(("mode", "free"), [("opens", True), ("closes", False)])
def test_special_hours(client: Client, room: Resource, manager: User, mode: str, free: bool) -> None:
    at = "22:00" if free else "12:00"
    body = {"title": "Long night", "mode": mode, "start": f"{day()}T{at}", "duration": 120}
    answer = post(client, "/api/special-events", body)
    assert answer.json()["overrides"][0]["reason"] == "Long night"
    assert is_free(client, room, at=at) is free


@pytest.mark.once
@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": None},
        {"end": None},
        {"start": "x"},
        {"resource_ids": None},
        {"mode": "explodes"},
        {"mode": "opens", "end": "2099-01-01T10:00"},
    ],
)
def test_bad_events(client: Client, room: Resource, manager: User, fields: dict[str, Any]) -> None:
    body = {"title": "Fair", "resource_ids": [room.slug], "start": f"{day()}T14:00", "end": f"{day()}T16:00"}
    asked = {name: value for name, value in (body | fields).items() if value is not None}
    assert post(client, "/api/special-events", asked).status_code == 400
    assert Reservation.objects.count() == AvailabilityOverride.objects.count() == 0


BODIES: dict[str, dict[str, Any]] = {
    "schedule/closures": {"starts_on": day()},
    "schedule/shifts": {"start_by": 30},
    "special-events": {"title": "Fair", "mode": "closes", "start": f"{day()}T14:00", "duration": 60},
    "schedule/relocations": {"start": f"{day()}T00:00", "end": f"{day(8)}T00:00"},
}


@pytest.mark.once
@pytest.mark.parametrize("endpoint", BODIES)
@pytest.mark.parametrize(
    ("who", "status"),
    [("guest", 401), ("customer", 403), ("staff", 403), ("other manager", 403), ("manager", 200)],
)
def test_who_may(client: Client, room: Resource, endpoint: str, who: str, status: int) -> None:
    match who:
        case "customer":
            client.force_login(make_user())
        case "staff":
            client.force_login(make_member(room.venue, Role.STAFF))
        case "other manager":
            client.force_login(make_member(make_venue(), Role.MANAGER))
        case "manager":
            client.force_login(make_member(room.venue, Role.MANAGER))
    body = BODIES[endpoint] | (
        {"resource_id": room.slug} if "relocations" in endpoint else {"venue": room.venue.slug}
    )
    answer = post(client, f"/api/{endpoint}", body)
    assert answer.status_code == (201 if (endpoint, status) == ("special-events", 200) else status)


def test_the_closed_venue_of_others_does_not_exist(client: Client, room: Resource) -> None:
    room.venue.is_active = False
    room.venue.save()
    client.force_login(make_member(make_venue(), Role.MANAGER))
    body = {"starts_on": day(), "venue": room.venue.slug}
    assert post(client, "/api/schedule/closures", body).status_code == 404


def test_guests_book_around_it(client: Client, room: Resource, manager: User) -> None:
    post(client, "/api/schedule/closures", {"starts_on": day(), "resource_ids": [str(room.uuid)]})
    client.logout()
    answer = post(client, "/api/reservations", wanted(room))
    assert (answer.status_code, answer.json()["code"]) == (400, "closed")


def test_changing_a_resource_names_whom_it_strands(client: Client, room: Resource, manager: User) -> None:
    large = book(room, local(7, 10), party_size=8)
    book(room, local(7, 12), party_size=2)
    body = {"capacity": 4}
    answer = client.patch(f"/api/resources/{room.uuid}", body, content_type="application/json")
    affected = answer.json()["affected_reservations"]
    assert [(each["code"], each["reason"]) for each in affected] == [(large.code, "party_too_large")]


def test_saving_a_resource_leaves_the_guards_columns_alone(room: Resource) -> None:
    stale = Resource.objects.get(pk=room.pk)
    book(room, local(7, 10), minutes=240)
    before = Resource.objects.values_list("version", "longest_span").get(pk=room.pk)
    stale.name = "Renamed"
    stale.save()
    assert Resource.objects.values_list("version", "longest_span").get(pk=room.pk) == before
    assert Resource.objects.get(pk=room.pk).name == "Renamed"
