"""``/api/changes``, and ``/stream/`` where no event loop runs."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from common.clock import now
from live.models import Change
from live.periodic import forget_changes
from live.positions import LONGEST_TRANSACTION, Position
from reservations.domain.values import Actor, Customer
from reservations.services import reschedule_reservation
from resources.models import Resource
from tests.factories import at, book, make_resource, make_user

pytestmark = pytest.mark.django_db
CHANGES = "/api/changes"


def ask(client: Client, room: Resource, after: str = "", **headers: str) -> Any:
    query = {"resource": str(room.uuid)} | ({"after": after} if after else {})
    return client.get(
        CHANGES, query, headers={name.replace("_", "-"): each for name, each in headers.items()}
    )


def test_from_one_answer_to_the_next(client: Client) -> None:
    room, other = make_resource(), make_resource()
    book(room)
    begin = ask(client, room).json()
    assert (begin["reset"], begin["changes"]) == (False, [])

    book(other)
    reservation = book(room, at(8))
    told = ask(client, room, begin["last_id"]).json()
    assert [each["from"] for each in told["changes"]] == [at(8).isoformat()]
    moved: dict[str, Any] = {"start": at(9), "end": at(9, 11), "actor": Actor(), "version": None}
    reschedule_reservation(reservation_id=reservation.pk, **moved)
    again = ask(client, room, told["last_id"]).json()
    assert [(each["from"], each["to"]) for each in again["changes"]] == [
        (at(8).isoformat(), at(9, 11).isoformat())  # the old time and the new one
    ]
    assert ask(client, room, again["last_id"]).json()["changes"] == []


def test_nothing_new_costs_little(client: Client, django_assert_max_num_queries: Any) -> None:
    room = make_resource()
    book(room)
    after = ask(client, room).json()["last_id"]
    first = ask(client, room, after)

    with django_assert_max_num_queries(3):
        second = ask(client, room, after, If_None_Match=first["ETag"])
    assert (second.status_code, second.content) == (304, b"")
    book(room, at(8))
    assert ask(client, room, after, If_None_Match=first["ETag"]).status_code == 200


def test_it_costs_the_same_for_many_changes(client: Client, django_assert_max_num_queries: Any) -> None:
    room = make_resource()
    after = ask(client, room).json()["last_id"]
    for day in range(5):
        book(room, at(7 + day))
    with django_assert_max_num_queries(12):
        assert len(ask(client, room, after).json()["changes"]) == 5


def test_a_page_says_when_it_was_made(client: Client) -> None:
    room = make_resource()
    book(room)
    query: dict[str, Any] = {"resource": str(room.uuid), "since": int(now().timestamp())}

    assert client.get(CHANGES, query).json()["changes"][-1]["type"] == "availability"
    ages_ago = query | {"since": int(now().timestamp()) - 7200}
    assert client.get(CHANGES, ages_ago).json()["reset"] is True


def test_what_is_forgotten_is_said_so(client: Client) -> None:
    room = make_resource()
    after = ask(client, room).json()["last_id"]
    book(room)
    book(room, at(8))
    Change.objects.update(created_at=now() - timedelta(hours=2))
    forget_changes(now=now())

    assert Change.objects.count() == 1
    assert ask(client, room, after).json()["reset"] is True
    assert ask(client, room, "99999999999").json()["reset"] is True
    for nonsense in ("x", "1.2", "-1", "1" * 30, "5.4." + ".3" * 50):
        assert ask(client, room, nonsense).status_code == 400


def test_a_row_that_was_committed_late_is_not_lost(client: Client) -> None:
    """Its transaction began before that of a row which was read long ago."""
    room = make_resource()
    book(room)
    early = Change.objects.latest("pk")
    rows = Change.objects.filter(pk=early.pk)
    late = {field.attname: getattr(early, field.attname) for field in Change._meta.fields}
    rows.delete()
    book(room, at(8))
    after = ask(client, room).json()["last_id"]
    assert after.endswith(f".{early.pk}")

    Change.objects.create(**late)

    told = ask(client, room, after).json()
    assert [each["from"] for each in told["changes"]] == [at().isoformat()]
    assert "." not in told["last_id"]


def test_gaps_are_forgotten_when_nothing_can_fill_them() -> None:
    position, begin = Position(), now()
    for id in (1, 2, 5):
        position.take(id, begin)
    assert (str(position), position.has(4), position.has(5)) == ("5.3.4", False, True)
    position.take(4, begin)
    assert str(position) == "5.3"
    assert Position.parse("5.3", begin) == position
    position.forget_gaps(begin + LONGEST_TRANSACTION + timedelta(seconds=1))
    assert str(position) == "5"
    for id in range(7, 207, 2):
        position.take(id, begin)
    assert str(position) == "5"  # more gaps than can be told: from before the first


def test_ones_own_are_for_ones_own(client: Client) -> None:
    user, room = make_user(), make_resource()
    assert client.get(CHANGES, {"mine": "1"}).status_code == 401
    client.force_login(user)
    after = client.get(CHANGES, {"mine": "1"}).json()["last_id"]
    book(room)
    mine = book(room, at(8), customer=Customer.from_user(user), actor=Actor(user))

    told = client.get(CHANGES, {"mine": "1", "after": after}).json()["changes"]

    assert [each["id"] for each in told] == [str(mine.pk)]


def test_where_no_event_loop_runs_streaming_says_so(client: Client) -> None:
    answer = client.get("/stream/", {"venue": "any"})
    assert (answer.status_code, answer.json()["code"]) == (503, "streaming_unavailable")
    assert 'data-stream=""' in client.get("/").content.decode()
