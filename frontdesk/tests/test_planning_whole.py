"""Bulk operations see everything: wholes and parts, every room, every booking, but nothing twice."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from frontdesk import planning
from reservations.enums import EventKind
from reservations.models import Allocation, Reservation
from reservations.tests.api_helpers import local, post
from resources.enums import Role, UnitsBy
from resources.models import AvailabilityOverride, Resource, VenueMembership
from tests.factories import book, hold, make_member, make_resource, make_user, make_whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def manager(client: Client, room: Resource) -> User:
    user = make_member(room.venue, Role.MANAGER)
    client.force_login(user)
    return user


def day(days: int = 7) -> str:
    return f"{local(days):%Y-%m-%d}"


def event(client: Client, **fields: Any) -> Any:
    body = {"title": "Fair", "start": f"{day()}T14:00", "duration": 120}
    return post(client, "/api/special-events", body | fields)


def test_an_event_takes_a_whole_and_its_parts(client: Client, room: Resource, manager: User) -> None:
    parts = [room, make_resource(room.venue, units=3)]
    whole = make_whole(parts)

    answer = event(client, kind="room")

    assert answer.status_code == 201, answer.content
    taken = dict(Allocation.objects.values_list("resource_id", "units"))
    assert taken == {parts[0].pk: 1, parts[1].pk: 3}
    assert len(answer.json()["reservation"]["resources"]) == 3
    assert event(client, resource_ids=[whole.slug]).status_code == 409
    address = f"/api/reservations/{answer.json()['reservation']['id']}"
    moved = {"time": "16:30", "as_staff": True}
    assert client.patch(address, moved, content_type="application/json").status_code == 200
    assert dict(Allocation.objects.values_list("resource_id", "units")) == taken


def test_an_event_belongs_to_the_venue(client: Client, room: Resource, manager: User) -> None:
    made = event(client, resource_ids=[room.slug]).json()["reservation"]
    address = f"/api/reservations/{made['id']}"
    assert (made["user_id"], client.get(address).status_code) == (None, 200)
    VenueMembership.objects.filter(user=manager).delete()
    assert client.get(address).status_code == 404
    assert post(client, f"{address}/cancel").status_code == 404


def test_a_resource_named_twice_is_closed_once(client: Client, room: Resource, manager: User) -> None:
    body = {"resource_ids": [room.slug, str(room.uuid)], "starts_on": day()}
    assert len(post(client, "/api/schedule/closures", body).json()["overrides"]) == 1
    assert AvailabilityOverride.objects.count() == 1


def test_all_of_a_kind_are_all(client: Client, room: Resource, manager: User) -> None:
    Resource.objects.bulk_create(
        Resource(venue=room.venue, rules=room.rules, name=f"R{number}", slug=f"r{number}", kind=room.kind)
        for number in range(200)
    )
    body = {"kind": "room", "starts_on": day(), "dry_run": True}
    assert len(post(client, "/api/schedule/closures", body).json()["overrides"]) == 201


def test_bookings_beyond_many_that_fit_are_seen(
    client: Client, room: Resource, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "MOST_AFFECTED", 3)
    for days in range(7, 11):
        book(room, local(days, 10))
    late = book(room, local(11, 20))
    times = {"start_time": "19:00", "end_time": "22:00", "on_conflict": "refuse"}
    body = {"resource_ids": [room.slug], "starts_on": day(7), "ends_on": day(12)} | times

    answer = post(client, "/api/schedule/closures", body)

    assert (answer.status_code, answer.json()["reservation_ids"]) == (409, [str(late.pk)])
    moving = {"resource_id": room.slug, "start": f"{day(7)}T00:00", "end": f"{day(12)}T00:00"}
    refused = post(client, "/api/schedule/relocations", moving)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["end"])


def test_queries_of_a_closure_do_not_grow(client: Client, room: Resource, manager: User) -> None:
    body = {"resource_ids": [room.slug], "starts_on": day(), "ends_on": day(30), "dry_run": True}

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert post(client, "/api/schedule/closures", body).status_code == 200
        return len(found)

    book(room, local(8, 10))
    few = queries()
    for days in range(9, 20):
        book(room, local(days, 10))
    assert queries() == few


def test_a_hold_that_ran_out_is_in_nobodys_way(client: Client, room: Resource, manager: User) -> None:
    held = hold(room, local(7, 10))
    Reservation.objects.filter(pk=held.pk).update(expires_at=held.created_at - timedelta(minutes=1))
    body = {"resource_ids": [room.slug], "starts_on": day(), "on_conflict": "refuse"}
    assert post(client, "/api/schedule/closures", body).status_code == 200


def test_people_are_no_quantity(client: Client, room: Resource, manager: User) -> None:
    course = make_resource(room.venue, units=20, capacity=20, units_by=UnitsBy.PERSON)
    booked = book(course, local(7, 10), party_size=5)
    body = {
        "resource_id": course.slug,
        "to": [room.slug],
        "start": f"{day()}T00:00",
        "end": f"{day(8)}T00:00",
    }

    answer = post(client, "/api/schedule/relocations", body)

    assert (answer.json()["moved_count"], booked.items.get().units) == (1, 1)


def test_alternatives_are_the_wanted_rooms(client: Client, room: Resource) -> None:
    user = make_user()
    client.force_login(user)
    other = make_resource(room.venue, rules=room.rules)
    for hour in (8, 10, 12):
        book(room, local(7, hour), minutes=120)
    mine = book(other, local(7, 10))
    Reservation.objects.filter(pk=mine.pk).update(customer=user)

    answer = client.patch(
        f"/api/reservations/{mine.pk}", {"resource_id": room.slug}, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "taken")
    assert answer.json()["alternatives"] == [local(7, *at).isoformat() for at in ((6, 0), (6, 30), (7, 0))]


def test_history_names_only_what_changed(client: Client, room: Resource) -> None:
    user = make_user()
    client.force_login(user)
    mine = book(room, local(7, 10))
    Reservation.objects.filter(pk=mine.pk).update(customer=user, total_amount=Decimal("25.0000"))
    address = f"/api/reservations/{mine.pk}"
    client.patch(address, {"time": "12:00"}, content_type="application/json")
    assert mine.events.get(kind=EventKind.RESCHEDULED).changes.keys() == {"starts_at", "ends_at"}
