"""What is remembered of resources is what the database has."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Model
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from common.transactions import rehearsal
from resources.models import Resource, Venue
from resources.remembered import MOST_ROWS, RememberedRows, find_kept, keep_rows
from resources.selectors import ResourceNotFound, named_resources
from resources.tests.catalog_changes import KINDS, Changes
from tests.factories import make_member, make_resource, make_venue
from tests.racing import race

in_database = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
GUEST = AnonymousUser()
COUNTED = {"version", "longest_span", "long_reaches"}


def columns_of(row: Model) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name[0] != "_" and name not in COUNTED}


def find_named(resource: Resource, user: User | AnonymousUser) -> tuple[Any, Any] | None:
    try:
        (row,) = named_resources([str(resource.uuid)], user)
    except ResourceNotFound:
        return None
    return columns_of(row), columns_of(row.venue)


def read_visible(resource: Resource, user: User | AnonymousUser) -> tuple[Any, Any] | None:
    row = Resource.objects.visible_to(user).select_related("venue").filter(pk=resource.pk).first()
    return None if row is None else (columns_of(row), columns_of(row.venue))


@pytest.mark.once
@in_database
@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.tuples(st.sampled_from(KINDS), st.booleans()), min_size=5, max_size=20),
)
def test_remembered_is_as_read(seed: int, steps: list[tuple[str, bool]]) -> None:
    venue, elsewhere = make_venue(), make_venue(country="AT")
    rooms = [make_resource(venue), make_resource(venue), make_resource(venue, is_listed=False)]
    users: list[User | AnonymousUser] = [GUEST, make_member(venue)]
    changes = Changes(venue, elsewhere, random.Random(seed))

    def check(kind: str) -> None:
        for room in rooms:
            for user in users:
                assert find_named(room, user) == read_visible(room, user), kind

    check("")
    for kind, is_undone in steps:
        with rehearsal(dry_run=is_undone):
            changes.make(kind)
            check(kind)
        check(kind)


@in_database
@pytest.mark.parametrize("field", ["is_active", "is_listed"])
def test_hidden_at_once(field: str) -> None:
    room = make_resource()
    assert find_named(room, GUEST)
    setattr(room, field, False)
    room.save()
    assert find_named(room, make_member(room.venue))
    assert find_named(room, GUEST) is None


@in_database
def test_closed_venue_hides_at_once() -> None:
    room = make_resource()
    assert find_named(room, GUEST)
    room.venue.is_active = False
    room.venue.save()
    assert find_named(room, GUEST) is None


@in_database
def test_named_again_costs_one_look(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    venue = make_venue()
    names = [str(make_resource(venue).uuid) for _ in range(3)]
    named_resources(names, GUEST)
    with django_assert_num_queries(1):
        rows = named_resources(names, GUEST)
    assert [str(row.uuid) for row in rows] == names
    with django_assert_num_queries(0):
        assert {row.venue.pk for row in rows} == {venue.pk}


@in_database
def test_everybody_gets_rows_of_their_own() -> None:
    room = make_resource()
    (first,) = named_resources([str(room.uuid)], GUEST)
    (second,) = named_resources([str(room.uuid)], GUEST)
    second.name, second.venue.name = "Scribbled", "Scribbled"
    (third,) = named_resources([str(room.uuid)], GUEST)
    assert (third.name, third.venue.name) == (first.name, first.venue.name)


@contextmanager
def undone() -> Iterator[None]:
    """A transaction that knows nothing of changes and their last steps."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@committed
def test_others_do_not_see_what_is_not_committed() -> None:
    room = make_resource(name="Before")
    assert find_named(room, GUEST)
    for begin in (partial(rehearsal, dry_run=True), undone):
        with begin():
            room.name = "Within"
            room.save()
            assert [row.name for row in named_resources([str(room.uuid)], GUEST)] == ["Within"]
            (seen,) = race(1, lambda _number: named_resources([str(room.uuid)], GUEST)[0].name)
            assert seen == "Before"
        assert [row.name for row in named_resources([str(room.uuid)], GUEST)] == ["Before"]


@in_database
def test_kept_only_as_of_the_venue_at_hand() -> None:
    room = make_resource()
    named_resources([str(room.uuid)], GUEST)
    venue = Venue.objects.get(pk=room.venue_id)
    assert [row.pk for row in find_kept(venue, [room.pk])] == [room.pk]
    room.save()
    assert find_kept(Venue.objects.get(pk=room.venue_id), [room.pk]) == []


@in_database
def test_what_is_undone_is_not_kept() -> None:
    room = make_resource(name="Before")
    with rehearsal(dry_run=True):
        room.name = "Within"
        room.save()
        row = Resource.objects.select_related("venue").get(pk=room.pk)  # its stamp is still the old one
        keep_rows(row.venue, [row])
    venue = Venue.objects.get(pk=room.venue_id)
    assert not [row.name for row in find_kept(venue, [room.pk])]


def test_memory_is_bounded() -> None:
    venue, remembered = Venue(pk=1), RememberedRows()
    rows = [Resource(pk=key, venue=venue) for key in range(MOST_ROWS + 2)]
    remembered.keep(venue, rows[:MOST_ROWS])
    assert remembered.find([0])  # asked for last, so 1 and 2 have to go
    remembered.keep(venue, rows[MOST_ROWS:])
    assert [row.pk for row in remembered.find([0, 1, 2, 3])] == [0, 3]
    assert [row.pk for row in remembered.find_by_uuid(row.uuid for row in rows[:4])] == [0, 3]


@in_database
def test_what_has_moved_to_another_venue_is_not_kept_with_the_old_one() -> None:
    """Else its pages would show for as long as the old venue stays as it is what the new one has changed."""
    room, elsewhere = make_resource(name="Before"), make_venue()
    old = Venue.objects.get(pk=room.venue_id)
    room.venue = elsewhere
    room.save()
    old.refresh_from_db()
    keep_rows(old, [Resource.objects.get(pk=room.pk)])
    assert find_kept(old, [room.pk]) == []


@in_database
def test_what_another_database_has_is_not_kept() -> None:
    room = make_resource()
    venue = Venue.objects.get(pk=room.venue_id)
    room._state.db = "replica"
    keep_rows(venue, [room])
    assert find_kept(venue, [room.pk]) == []


@in_database
def test_only_columns_are_kept() -> None:
    room = make_resource()
    venue = Venue.objects.prefetch_related("memberships").get(pk=room.venue_id)
    row = Resource.objects.prefetch_related("opening_hours").get(pk=room.pk)
    for found in (row, venue):
        vars(found)["worked_out"] = ["for one request"]
    keep_rows(venue, [row])
    (kept,) = find_kept(venue, [room.pk])
    for found in (kept, kept.venue):
        assert not {"_prefetched_objects_cache", "worked_out"} & vars(found).keys()


def test_a_row_that_was_written_again_is_found_until_it_has_to_go() -> None:
    venue, remembered = Venue(pk=1), RememberedRows()
    first, again = Resource(pk=1, venue=venue), Resource(pk=2, venue=venue)
    again.uuid = first.uuid
    remembered.keep(venue, [first, again])
    rows = [Resource(pk=key, venue=venue) for key in range(3, MOST_ROWS + 3)]
    remembered.keep(venue, rows[:-1])
    assert [row.pk for row in remembered.find_by_uuid([first.uuid])] == [2]
    for _number in range(2):
        remembered.keep(venue, rows[:-1])
        remembered.keep(venue, rows[-1:])
    assert remembered.find_by_uuid([first.uuid]) == []
