"""Managers who write at the same moment: one change counts, the others are told."""

import pytest
from django.test import Client

from common.errors import InvalidInput
from resources.enums import Role
from resources.models import Feature, Resource
from resources.services.configuring import reject_clashes
from resources.tests.api_helpers import send
from tests.factories import book, make_member, make_resource, make_venue
from tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 6


def test_one_of_many_changes_of_the_same_version_wins() -> None:
    room = make_resource()
    manager = make_member(room.venue, Role.MANAGER)
    address = f"/api/resources/{room.uuid}"
    reader = Client()
    reader.force_login(manager)
    tag = send(reader, "GET", address)["ETag"]

    def change(number: int) -> int:
        client = Client()
        client.force_login(manager)
        answer = send(client, "PATCH", address, {"capacity": 100 + number}, If_Match=tag)
        return int(answer.status_code)

    statuses = race(WORKERS, change)

    assert sorted(map(str, statuses)) == ["200"] + ["409"] * (WORKERS - 1)
    assert Resource.objects.get().capacity == 100 + statuses.index(200)


def test_what_must_be_unique_is_created_once() -> None:
    venue = make_venue()
    manager = make_member(venue, Role.MANAGER)

    def create(number: int) -> int:
        client = Client()
        client.force_login(manager)
        return int(send(client, "POST", "/api/features", {"name": "Bar", "slug": "bar"}).status_code)

    statuses = race(WORKERS, create)

    assert sorted(map(str, statuses)) == ["201"] + ["400"] * (WORKERS - 1)
    assert Feature.objects.count() == 1


def test_what_only_the_database_saw_is_the_clients_mistake() -> None:
    """The other row came between validation and insert."""
    venue = make_venue()
    Feature.objects.create(venue=venue, name="Bar", slug="bar")

    with pytest.raises(InvalidInput) as refused, reject_clashes():
        Feature.objects.create(venue=venue, name="Bar", slug="bar")

    assert list(refused.value.fields) == ["request"]


def test_changes_and_bookings_do_not_lose_each_other() -> None:
    room = make_resource(units=WORKERS)
    manager = make_member(room.venue, Role.MANAGER)
    before = Resource.objects.get().version

    def work(number: int) -> int:
        if number % 2:
            book(room, minutes=60 * (number + 1))
            return 200
        client = Client()
        client.force_login(manager)
        change = {"capacity": 100 + number}
        return int(send(client, "PATCH", f"/api/resources/{room.uuid}", change).status_code)

    assert race(WORKERS, work) == [200] * WORKERS
    after = Resource.objects.get()
    assert after.version >= before + WORKERS // 2
    assert after.longest_span == 60 * WORKERS
