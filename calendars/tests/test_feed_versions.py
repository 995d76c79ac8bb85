"""Calendar programs come often: what has not changed is not sent again, and what has is."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import parse_http_date

from accounts.models import User
from calendars import feeds
from calendars.kinds import BuiltInKind
from calendars.tests.helpers import (
    as_customer,
    body,
    busy_path,
    events,
    feed_path,
    fetch,
    many_bookings,
)
from common import clock
from reservations.domain.values import Actor
from reservations.models import Allocation, Reservation
from reservations.services import cancel_reservation, reschedule_reservation
from resources.models import Resource
from tests.factories import at, book, hold, make_member, make_resource, make_user, make_whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource()


def unchanged(path: str, first: Any) -> bool:
    again = fetch(path, **{"If-None-Match": first["ETag"]})
    assert again.status_code in (200, 304)
    if again.status_code == 304:
        assert body(again) == b""
        assert again["ETag"] == first["ETag"]
    return bool(again.status_code == 304)


def renamed(row: Reservation) -> None:
    row.venue.name = "Another name"
    row.venue.save()


CHANGES: dict[str, Callable[[Reservation, User], object]] = {
    "moved": lambda row, user: reschedule_reservation(
        reservation_id=row.pk, start=at(9, 10), end=at(9, 11), actor=Actor(user)
    ),
    "cancelled": lambda row, user: cancel_reservation(reservation_id=row.pk, actor=Actor(user)),
    "another": lambda row, user: book(make_resource(), **as_customer(user)),
    "renamed": lambda row, user: renamed(row),
    "alarm": lambda row, user: User.objects.filter(pk=user.pk).update(reminder_hours=3),
    "language": lambda row, user: User.objects.filter(pk=user.pk).update(language="de"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_the_text_changes_the_version(room: Resource, change: str) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    booked = book(room, **as_customer(ada))
    first = fetch(path)
    assert unchanged(path, first)
    CHANGES[change](booked, ada)
    assert not unchanged(path, first)


def test_others_bookings_change_nothing(room: Resource) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    first = fetch(path)
    book(room, **as_customer(make_user()))
    assert unchanged(path, first)


def test_the_busy_feed_has_versions_too(room: Resource) -> None:
    other = make_resource(room.venue, rules=room.rules)
    first = fetch(busy_path(room))
    assert unchanged(busy_path(room), first)
    book(other)
    assert unchanged(busy_path(room), first)
    held = hold(room)
    second = fetch(busy_path(room))
    assert first["ETag"] != second["ETag"]
    assert unchanged(busy_path(room), second)
    cancel_reservation(reservation_id=held.pk, actor=Actor())
    assert not unchanged(busy_path(room), second)
    third = fetch(busy_path(room))
    renamed(held)
    assert not unchanged(busy_path(room), third)


def test_a_busy_feed_changes_when_a_hold_expires(room: Resource) -> None:
    held = hold(room)
    first = fetch(busy_path(room))
    past = clock.now() - timedelta(minutes=1)
    Reservation.objects.filter(pk=held.pk).update(expires_at=past)
    # As time does it: nobody has written anything.
    Allocation.objects.filter(reservation=held).update(expires_at=clock.epoch_seconds(past))
    Resource.objects.filter(pk=room.pk).update(version=Resource.objects.get(pk=room.pk).version - 1)
    assert not unchanged(busy_path(room), first)
    assert events(busy_path(room)) == []


def test_a_busy_feed_of_a_whole_changes_with_its_parts(room: Resource) -> None:
    hall = make_whole([room, make_resource(room.venue, rules=room.rules)])
    first = fetch(busy_path(hall))
    book(room)
    assert not unchanged(busy_path(hall), first)


@pytest.mark.parametrize("known", [True, False])
def test_a_busy_feed_costs_the_same_however_much_was_booked(room: Resource, known: bool) -> None:
    """A client that names a version is answered from what the guard has counted."""
    counted = []
    for more in (1, 3):
        for number in range(more):
            book(room, at(10 * more + number, 10))
        headers = {"If-None-Match": fetch(busy_path(room))["ETag"]} if known else {}
        with CaptureQueriesContext(connection) as queries:
            answer = fetch(busy_path(room), **headers)
            body(answer)
        assert answer.status_code == (304 if known else 200)
        counted.append(len(queries))
        assert known == (not any("reservations_allocation" in each["sql"] for each in queries))
    assert counted[0] == counted[1] <= (2 if known else 4)


def test_the_date_of_the_last_change_answers_as_well(room: Resource) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    booked = book(room, **as_customer(ada))
    Reservation.objects.filter(pk=booked.pk).update(updated_at=clock.now() - timedelta(days=2))
    first = fetch(path)
    assert parse_http_date(first["Last-Modified"]) <= clock.now().timestamp()
    since = {"If-Modified-Since": first["Last-Modified"]}
    assert fetch(path, **since).status_code == 304
    Reservation.objects.filter(pk=booked.pk).update(updated_at=clock.now() + timedelta(seconds=2))
    assert fetch(path, **since).status_code == 200


def test_head_tells_the_version_and_reads_no_event(room: Resource) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    many_bookings(room, ada, 3)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        head = Client().head(path)
    assert head.status_code == 200
    assert head["ETag"] == fetch(path)["ETag"]
    assert not any("reservationitem" in each["sql"] for each in queries)
    assert head["Cache-Control"] == "private, max-age=300"


@pytest.mark.parametrize(
    "kind", [BuiltInKind.CUSTOMER, BuiltInKind.VENUE, BuiltInKind.RESOURCE_STAFF, BuiltInKind.FACILITATOR]
)
def test_five_thousand_events_cost_as_many_queries_as_one(room: Resource, kind: str) -> None:
    member = make_member(room.venue)
    Resource.objects.filter(pk=room.pk).update(person=member)
    things: dict[str, Any] = {"venue": {"venue": room.venue}, "resource_staff": {"resource": room}}
    thing = things.get(str(kind), {})
    path = feed_path(member, kind, **thing)
    many_bookings(room, member, 1)
    events(path)
    counted = []
    for more in (1, 40):
        many_bookings(room, member, more)
        with CaptureQueriesContext(connection) as queries:
            found = events(path)
        counted.append(len(queries))
    assert len(found) == 42
    assert counted[0] == counted[1] <= 6


def test_thousands_of_events_are_written_piece_by_piece(room: Resource) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    many_bookings(room, ada, 5000)
    with CaptureQueriesContext(connection) as queries:
        response = fetch(path)
        assert response.streaming
        pieces = list(response.streaming_content)
    assert len(queries) <= 4
    assert len(pieces) > 50
    assert max(len(piece) for piece in pieces) < 2 * feeds.PIECE
    assert b"".join(pieces).count(b"BEGIN:VEVENT") == 5000


@pytest.mark.django_db(transaction=True)
def test_an_asgi_server_streams_without_blocking(room: Resource, recwarn: pytest.WarningsRecorder) -> None:
    ada = make_user()
    path = feed_path(ada, BuiltInKind.CUSTOMER)
    many_bookings(room, ada, 200)

    async def read() -> bytes:
        response: Any = await AsyncClient().get(path)
        assert response.is_async
        content = response.streaming_content
        assert isinstance(content, AsyncIterator)
        return b"".join([piece async for piece in content])

    found = async_to_sync(read)()
    assert found.count(b"BEGIN:VEVENT") == 200
    assert found.endswith(b"END:VCALENDAR\r\n")
    assert not [each for each in recwarn if "asynchronous" in str(each.message)]
