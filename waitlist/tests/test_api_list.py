"""The list: whose entries, which of them, in which order, and places in the queue."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reservations.domain.values import Customer
from resources.models import Resource
from tests.factories import make_group, make_member, make_resource, make_user
from waitlist.models import WaitlistEntry
from waitlist.selectors import queue_positions
from waitlist.tests.helpers import LIST, day, join

pytestmark = pytest.mark.django_db


def guest(number: int) -> Customer:
    return Customer(name=f"Guest {number}", email=f"guest{number}@example.com")


def queue(room: Resource, size: int = 3, **fields: Any) -> list[WaitlistEntry]:
    """So many different guests, in order of sign-up."""
    return [join(room, customer=guest(number), **fields) for number in range(size)]


def ids(entries: Iterable[WaitlistEntry]) -> list[str]:
    return [str(entry.pk) for entry in entries]


def listed(client: Client, **params: str) -> list[str]:
    answer = client.get(LIST, params)
    assert answer.status_code == 200, answer.content
    return [each["id"] for each in answer.json()["results"]]


def test_customers_see_their_own_and_staff_their_venues(client: Client) -> None:
    room, elsewhere = make_resource(), make_resource()
    user, staff = make_user(), make_member(room.venue)
    mine = join(room, customer=Customer.from_user(user))
    [other] = queue(room, 1)
    far = join(elsewhere, customer=Customer.from_user(user))
    far_mine = join(elsewhere, customer=Customer.from_user(staff))

    def seen(who: User) -> list[str]:
        client.force_login(who)
        return listed(client)

    assert seen(user) == ids([mine, far])
    assert seen(staff) == ids([mine, other, far_mine])
    assert seen(make_user()) == []
    assert seen(make_user(is_superuser=True)) == ids([mine, other, far, far_mine])


def test_what_the_list_is_narrowed_down_by(client: Client) -> None:
    room, elsewhere = make_resource(slug="attic"), make_resource()
    group = make_group([room])
    first, second, third = queue(room)
    WaitlistEntry.objects.filter(pk=second.pk).update(preferred_on=day(9), status="left")
    in_group = join(room, resource_id=None, group_id=group.pk, preferred_on=day(8))
    far = join(elsewhere, preferred_on=day(10))
    client.force_login(make_user(is_superuser=True))

    assert listed(client, date=day().isoformat()) == ids([first, third])
    assert listed(client, date_from=day(9).isoformat()) == ids([second, far])
    assert listed(client, date_to=day(8).isoformat()) == ids([first, third, in_group])
    assert listed(client, resource_id=str(room.uuid)) == ids([first, second, third])
    assert listed(client, resource_id="attic") == ids([first, second, third])
    assert listed(client, group_id=str(group.uuid)) == ids([in_group])
    assert listed(client, venue=elsewhere.venue.slug) == ids([far])
    assert listed(client, venue=str(elsewhere.venue.uuid)) == ids([far])
    assert listed(client, status="left") == ids([second])
    assert listed(client, status="waiting, left", resource_id="attic") == ids([first, second, third])
    assert listed(client, q="guest 1@") == ids([second])
    assert listed(client, q="LOVELACE") == ids([in_group, far])


def test_orders(client: Client) -> None:
    first, second, third = queue(make_resource())
    WaitlistEntry.objects.filter(pk=third.pk).update(priority=1)
    WaitlistEntry.objects.filter(pk=first.pk).update(preferred_on=day(9))
    client.force_login(make_user(is_superuser=True))

    assert listed(client) == listed(client, ordering="priority") == ids([third, first, second])
    assert listed(client, ordering="date") == ids([third, second, first])
    assert listed(client, ordering="-date") == ids([first, third, second])
    assert listed(client, ordering="created_at") == ids([first, second, third])
    assert listed(client, ordering="-created_at") == ids([third, second, first])


def test_pages(client: Client) -> None:
    entries = queue(make_resource())
    client.force_login(make_user(is_superuser=True))

    body = client.get(f"{LIST}/", {"page_size": "2", "page": "2"}).json()

    assert (body["count"], body["next"]) == (3, None)
    assert [(each["id"], each["position"]) for each in body["results"]] == [(str(entries[2].pk), 3)]


@pytest.mark.once
@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("date", "tomorrow", "invalid_time"),
        ("date_from", "9999-12-31", "invalid_time"),
        ("date_to", "2027-02-30", "invalid_time"),
        ("group_id", "x", "invalid"),
        ("status", "waiting,lost", "invalid"),
        ("ordering", "password", "invalid"),
        ("resource_id", "a\x00b", "invalid"),
        ("q", "\x00", "invalid"),
        ("q", "x" * 201, "invalid"),
    ],
)
def test_filters_that_are_refused(client: Client, name: str, value: str, code: str) -> None:
    client.force_login(make_user())
    answer = client.get(LIST, {name: value})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert list(answer.json()["fields"]) == [name]


@pytest.mark.parametrize("staff", [False, True])
def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, staff: bool
) -> None:
    room, user = make_resource(), make_user()
    who = make_member(room.venue) if staff else user
    client.force_login(who)
    for number in range(3):
        join(room, customer=Customer.from_user(user), preferred_on=day(7 + number))
        with django_assert_num_queries(6):  # session, user, page, offers, positions, venues
            assert len(listed(client)) == number + 1


# --- places in the queue ------------------------------------------------------------------------


def test_places_go_by_priority_then_sign_up() -> None:
    first, second, third = queue(make_resource())
    assert queue_positions([third, first, second]) == {first.pk: 1, second.pk: 2, third.pk: 3}

    WaitlistEntry.objects.filter(pk=third.pk).update(priority=1)
    WaitlistEntry.objects.filter(pk=second.pk).update(priority=-1)
    assert queue_positions([first, second, third]) == {third.pk: 1, first.pk: 2, second.pk: 3}


def test_simultaneous_sign_ups_have_one_order_everywhere(client: Client) -> None:
    entries = queue(make_resource(), 5)
    WaitlistEntry.objects.update(created_at=entries[0].created_at)
    in_order = list(WaitlistEntry.objects.in_order())

    assert queue_positions(entries) == {entry.pk: place for place, entry in enumerate(in_order, 1)}


def test_priority_goes_before_sign_up_in_both_the_queue_and_the_positions() -> None:
    first, second, third, fourth = queue(make_resource(), 4)
    signed_up = timezone.now()
    for entry, priority, minutes in ((first, 0, 1), (second, 5, 4), (third, 5, 3), (fourth, 1, 2)):
        created_at = signed_up + timedelta(minutes=minutes)
        WaitlistEntry.objects.filter(pk=entry.pk).update(priority=priority, created_at=created_at)
    entries = list(WaitlistEntry.objects.in_order())

    assert [entry.pk for entry in entries] == [third.pk, second.pk, fourth.pk, first.pk]
    assert queue_positions(entries) == {entry.pk: place for place, entry in enumerate(entries, 1)}


def test_only_those_who_wait_for_the_same_are_before_one() -> None:
    room = make_resource()
    other = make_resource(room.venue)
    group = make_group([room, other])
    first, second, third = queue(room)
    elsewhere = join(other)
    later = join(room, preferred_on=day(8))
    of_group = join(room, resource_id=None, group_id=group.pk)
    everybody = [first, second, third, elsewhere, later, of_group]
    for gone, status in ((first, "left"), (second, "contacted")):
        WaitlistEntry.objects.filter(pk=gone.pk).update(status=status)
        gone.refresh_from_db()

    assert queue_positions(everybody) == {third.pk: 1, elsewhere.pk: 1, later.pk: 1, of_group.pk: 1}


def test_places_take_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    room = make_resource()
    entries = [*queue(room), *queue(room, preferred_on=day(8))]
    with django_assert_num_queries(1):
        assert sorted(queue_positions(entries).values()) == [1, 1, 2, 2, 3, 3]
    with django_assert_num_queries(0):
        assert queue_positions([]) == {}


def test_a_customer_is_told_their_place_behind_people_they_cannot_see(client: Client) -> None:
    room, user = make_resource(), make_user()
    queue(room)
    join(room, customer=Customer.from_user(user))
    client.force_login(user)

    [mine] = client.get(LIST).json()["results"]

    assert mine["position"] == 4
