"""Whoever joins or leaves a venue, or listens to it, counts at once, whatever this process has cached."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.models import User
from common.transactions import atomic_change
from common.venues import directory
from notifications.models import Message
from reservations.models import Reservation
from reservations.tests.api_helpers import post
from resources.catalog import catalog
from resources.enums import Role
from resources.models import Resource, VenueMembership
from resources.permissions import roles_of
from tests.factories import at, book, make_leader, make_member, make_resource, make_user
from tests.racing import OCCUPANCY, race
from webhooks.models import WebhookDelivery, WebhookEndpoint
from webhooks.services import change_endpoint, create_endpoint, delete_endpoint

API = "/api/reservations"
GUEST = {"name": "Ada Lovelace", "email": "ada@example.com"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room() -> Resource:
    """Of a venue whose configuration this process knows."""
    found = make_resource()
    catalog(found.venue_id)
    return found


def elsewhere(act: Callable[[], Any]) -> None:
    """Over another connection, and committed."""
    (result,) = race(1, lambda _number: act())
    assert not isinstance(result, BaseException), result


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def body(room: Resource, **fields: Any) -> dict[str, Any]:
    return {
        "resource_id": str(room.uuid),
        "start": at(7).isoformat(),
        "duration": 60,
        "customer_info": GUEST,
    } | fields


def book_as_guest(room: Resource, days: int = 7) -> None:
    answer = post(Client(), API, body(room, start=at(days).isoformat()))
    assert answer.status_code == 201, answer.content


def told() -> set[str]:
    return set(Message.objects.exclude(recipient=GUEST["email"]).values_list("recipient", flat=True))


def test_a_new_member_is_told_and_one_who_left_is_not(room: Resource) -> None:
    leaving = make_member(room.venue)
    catalog(room.venue_id)
    joining = make_user()

    def change() -> None:
        VenueMembership.objects.get(user=leaving).delete()
        VenueMembership.objects.create(venue=room.venue, user=joining, role=Role.STAFF)

    elsewhere(change)
    book_as_guest(room)
    assert told() == {joining.email}


def set_wants_notices(member: User, wanted: bool) -> None:
    role = VenueMembership.objects.get(user=member)
    role.wants_notices = wanted
    role.save()


@pytest.mark.parametrize("wanted", [True, False])
def test_notices_are_switched_on_and_off(room: Resource, wanted: bool) -> None:
    member, other = make_member(room.venue), make_member(room.venue)
    set_wants_notices(member, not wanted)
    catalog(room.venue_id)
    elsewhere(lambda: set_wants_notices(member, wanted))
    book_as_guest(room)
    assert told() == {other.email} | ({member.email} if wanted else set())


def move_address(member: User) -> None:
    member.email = "new@example.com"
    member.save(update_fields=["email"])


def close_account(member: User) -> None:
    member.is_active = False
    member.save()


@pytest.mark.parametrize(
    ("change", "expected"), [(move_address, {"new@example.com"}), (close_account, set())]
)
def test_what_becomes_of_an_account(
    room: Resource, change: Callable[[User], None], expected: set[str]
) -> None:
    member = make_member(room.venue)
    catalog(room.venue_id)
    elsewhere(lambda: change(member))
    book_as_guest(room)
    assert told() == expected


def test_without_members_the_venue_is_told_at_its_present_address(room: Resource) -> None:
    def move() -> None:
        room.venue.email = "desk@example.com"
        room.venue.save(update_fields=["email"])

    elsewhere(move)
    book_as_guest(room)
    assert told() == {"desk@example.com"}


def test_a_member_who_moves_to_another_venue(room: Resource) -> None:
    other = make_resource()
    member = make_member(room.venue)
    for each in (room, other):
        catalog(each.venue_id)

    def move() -> None:
        role = VenueMembership.objects.get(user=member)
        role.venue = other.venue
        role.save()

    elsewhere(move)
    book_as_guest(room)
    assert told() == set()
    book_as_guest(other)
    assert told() == {member.email}


def test_who_was_removed_has_no_rights_any_more(room: Resource) -> None:
    member, made = make_member(room.venue), book(room, at(7))
    client = signed_in(member)
    assert client.get(f"{API}/{made.pk}").status_code == 200
    elsewhere(lambda: VenueMembership.objects.get(user=member).delete())
    assert client.get(f"{API}/{made.pk}").status_code == 404
    assert post(client, f"{API}/{made.pk}/cancel", {"waive_fee": True}).status_code == 404
    assert post(client, API, body(room, as_staff=True, start=at(8).isoformat())).status_code == 403
    assert Reservation.objects.get().status == "confirmed"


def test_a_new_role_counts_at_once(room: Resource) -> None:
    member, made = make_leader(room), book(room, at(7))
    client = signed_in(member)
    assert post(client, f"{API}/{made.pk}/cancel", {}).status_code == 403

    def promote() -> None:
        role = VenueMembership.objects.get(user=member)
        role.role = Role.STAFF
        role.save()

    elsewhere(promote)
    assert post(client, f"{API}/{made.pk}/cancel", {}).status_code == 200


def test_what_is_recalled_of_a_role_is_what_is_stored(room: Resource) -> None:
    """With the configuration at hand no row is looked up for it; the answer is the same."""
    for user in (make_member(room.venue, Role.MANAGER), make_member(make_resource().venue), make_user()):
        made = book(room, at(7 + len(Reservation.objects.all())))
        answer = signed_in(user).get(f"{API}/{made.pk}")
        assert (answer.status_code == 200) == (room.venue_id in roles_of(user))


@pytest.fixture
def endpoint(room: Resource) -> WebhookEndpoint:
    return create_endpoint(venue=room.venue, url="https://93.184.216.34/a")[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda found: change_endpoint(endpoint=found, values={"is_active": False}), 0),
        (lambda found: change_endpoint(endpoint=found, values={"events": ["reservation.cancelled"]}), 0),
        (lambda found: delete_endpoint(endpoint=found), 0),
        (lambda found: create_endpoint(venue=found.venue, url="https://93.184.216.34/b"), 2),
    ],
    ids=["off", "other events", "gone", "one more"],
)
def test_who_listens(
    room: Resource, endpoint: WebhookEndpoint, change: Callable[[WebhookEndpoint], Any], expected: int
) -> None:
    catalog(room.venue_id)
    elsewhere(lambda: change(endpoint))
    book_as_guest(room)
    assert WebhookDelivery.objects.count() == expected


def test_an_endpoint_that_moves_to_another_venue(room: Resource, endpoint: WebhookEndpoint) -> None:
    other = make_resource()
    for each in (room, other):
        catalog(each.venue_id)

    def move() -> None:
        endpoint.venue = other.venue
        endpoint.save()

    elsewhere(move)
    book_as_guest(room)
    book_as_guest(other)
    assert list(WebhookDelivery.objects.values_list("venue", flat=True)) == [other.venue_id]


def test_what_changes_between_the_first_look_and_the_lock(room: Resource) -> None:
    """The look under the lock counts."""
    member = make_member(room.venue)
    catalog(room.venue_id)
    done: list[bool] = []

    def change_after_the_first_look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if not done and re.search(OCCUPANCY, sql) and not connection.in_atomic_block:
            done.append(True)
            elsewhere(lambda: set_wants_notices(member, wanted=False))
        return answer

    with connection.execute_wrapper(change_after_the_first_look):
        book_as_guest(room)
    assert done
    assert told() == set()


def test_a_change_that_is_being_made_sees_itself_and_nothing_of_it_when_undone(room: Resource) -> None:
    member = make_member(room.venue)

    def asked() -> list[str]:
        return [each.email for each in directory().told_of_bookings(room.venue_id)]

    with atomic_change():
        assert asked() == [member.email]
        try:
            with transaction.atomic():
                set_wants_notices(member, wanted=False)
                assert asked() == []
                raise InterruptedError
        except InterruptedError:
            pass
        assert asked() == [member.email]
        set_wants_notices(member, wanted=False)
        assert asked() == []
    assert asked() == []
