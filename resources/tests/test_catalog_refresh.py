"""What is read again is what changed; and it is as if all had been read."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import time
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from common.transactions import atomic_change, rehearsal
from common.venues import VenuePart, directory, venue_parts
from resources.catalog import cache, catalog, catalogs
from resources.models import (
    ConfigurationStamp,
    OpeningHours,
    PriceRule,
    Question,
    Resource,
    Venue,
    VenueMembership,
)
from resources.services.configuring import create_rows
from resources.signals import configuration_changed
from resources.tests.catalog_changes import KINDS, Changes, cold, plain
from tests.factories import make_member, make_resource, make_venue, make_whole
from tests.processes import PATIENCE
from tests.racing import race

in_database = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)
ROUNDS = 5 if connection.vendor == "sqlite" else 1  # what is read again is the same, in any order


@pytest.mark.once
@in_database
@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.tuples(st.sampled_from(KINDS), st.booleans()), min_size=5, max_size=20),
)
def test_refreshed_is_as_loaded_cold(seed: int, steps: list[tuple[str, bool]]) -> None:
    venue, elsewhere = make_venue(), make_venue(country="AT")
    make_whole([make_resource(venue), make_resource(venue)])
    changes = Changes(venue, elsewhere, random.Random(seed))
    catalog(venue.pk)
    for kind, together in steps:
        if together:
            with atomic_change():
                changes.make(kind)
                assert plain(catalog(venue.pk)) == plain(cold(venue.pk)), kind
                changes.make(kind)
        else:
            changes.make(kind)
        assert plain(catalog(venue.pk)) == plain(cold(venue.pk)), kind


@in_database
def test_every_kind_of_change_is_read_again() -> None:
    venue, elsewhere = make_venue(), make_venue(country="AT")
    make_whole([make_resource(venue), make_resource(venue)])
    changes = Changes(venue, elsewhere, random.Random(5))
    for kind in changes.chance.sample(KINDS * ROUNDS, len(KINDS) * ROUNDS):
        changes.make(kind)
        assert plain(catalog(venue.pk)) == plain(cold(venue.pk)), kind


@in_database
def test_what_moves_leaves_its_old_place() -> None:
    old = make_resource()
    new = make_resource(old.venue)
    hours = OpeningHours.objects.create(resource=old, **week(old.venue)[0])
    question = Question.objects.create(venue=old.venue, resource=old, text="Why?")
    catalog(old.venue_id)
    for row in (hours, question):
        row.resource = new
        row.save()

    known = catalog(old.venue_id).bookables
    assert known[old.pk].plan.resource_hours == ()
    assert known[old.pk].questions == ()
    assert len(known[new.pk].plan.resource_hours) == len(known[new.pk].questions) == 1


@in_database
@pytest.mark.parametrize("others", [1, 30])
def test_a_change_of_one_reads_that_one(
    others: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    venue = make_venue()
    room = make_resource(venue)
    rest = [make_resource(venue, rules=room.rules) for _ in range(others)]
    before = catalog(venue.pk)
    room.capacity = 7
    room.save()

    with django_assert_num_queries(9):  # stamp, keys, its row and five tables, stamp again
        after = catalog(venue.pk)

    assert after.bookables[room.pk].capacity == 7
    assert all(after.bookables[each.pk] is before.bookables[each.pk] for each in rest)


@in_database
def test_a_part_that_shrinks_limits_its_whole() -> None:
    parts = [make_resource()]
    parts.append(make_resource(parts[0].venue))
    whole = make_whole(parts)
    assert catalog(whole.venue_id).bookables[whole.pk].limit == 1

    parts[1].units = 0
    parts[1].save()

    assert catalog(whole.venue_id).bookables[whole.pk].limit == 0


@pytest.fixture
def news() -> Iterator[list[tuple[int, int]]]:
    """Venue and number of its hours, each time that somebody is told of a change."""
    told: list[tuple[int, int]] = []

    def note(*, venue_id: int, **kwargs: Any) -> None:
        told.append((venue_id, OpeningHours.objects.filter(venue=venue_id).count()))

    configuration_changed.connect(note)
    yield told
    configuration_changed.disconnect(note)


def week(venue: Venue) -> list[dict[str, Any]]:
    return [
        {"venue": venue, "weekday": weekday, "start_time": time(8), "end_time": time(9)}
        for weekday in range(7)
    ]


@in_database
def test_a_weeks_hours_are_one_stamp_and_one_piece_of_news_after_the_rows(
    news: list[tuple[int, int]],
) -> None:
    venue = make_venue()
    news.clear()
    with CaptureQueriesContext(connection) as captured:
        create_rows(model=OpeningHours, rows=week(venue))

    assert news == [(venue.pk, 7)]
    stamps = [each["sql"] for each in captured if each["sql"].startswith('UPDATE "resources_venue"')]
    assert len(stamps) == 1
    assert len(catalog(venue.pk).bookables) == 0


@in_database
def test_several_venues_in_one_change_are_told_of_one_each(news: list[tuple[int, int]]) -> None:
    venues = [make_venue(), make_venue()]
    news.clear()
    with atomic_change():
        for venue in reversed(venues):
            for row in week(venue):
                OpeningHours.objects.create(**row)
    assert news == [(venue.pk, 7) for venue in venues]


@in_database
def test_a_rehearsal_tells_nobody_and_is_seen_while_it_lasts(news: list[tuple[int, int]]) -> None:
    room = make_resource()
    before = catalog(room.venue_id)
    news.clear()
    with atomic_change(), rehearsal(dry_run=True):
        Resource.objects.get(pk=room.pk).delete()
        assert room.pk not in catalog(room.venue_id).bookables
    assert news == []
    assert catalog(room.venue_id) is before


@in_database
def test_what_was_changed_before_a_savepoint_is_seen_after_its_end() -> None:
    room = make_resource()
    with atomic_change():
        room.capacity = 9
        room.save()
        with rehearsal(dry_run=True):
            assert catalog(room.venue_id).bookables[room.pk].capacity == 9
        assert catalog(room.venue_id).bookables[room.pk].capacity == 9
    assert catalog(room.venue_id).bookables[room.pk].capacity == 9


@committed
def test_nobody_is_served_what_another_thread_has_not_committed() -> None:
    room = make_resource(capacity=1)
    catalog(room.venue_id)
    began, looked = threading.Barrier(2, timeout=PATIENCE), threading.Barrier(2, timeout=PATIENCE)

    def change() -> None:
        with transaction.atomic():
            room.capacity = 99
            room.save()
            began.wait()
            for _ in range(200):
                assert catalog(room.venue_id).bookables[room.pk].capacity == 99
            looked.wait()

    def look() -> None:
        began.wait()
        for _ in range(200):
            assert catalog(room.venue_id).bookables[room.pk].capacity == 1
        looked.wait()

    assert race(2, lambda number: (change, look)[number]()) == [None, None]
    assert catalog(room.venue_id).bookables[room.pk].capacity == 99


@committed
def test_readers_see_all_of_a_change_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    venue = make_venue()
    rooms = [make_resource(venue, capacity=1) for _ in range(3)]
    rule = PriceRule.objects.create(venue=venue, name="Price", basis="hour", amount=1)
    is_over = threading.Event()

    def write(_: int) -> None:
        try:
            for number in range(1, 16):
                with transaction.atomic():
                    for room in rooms:
                        room.capacity = number
                        room.save()
                    rule.amount = number
                    rule.save()
        finally:
            is_over.set()

    def read(number: int) -> int:
        looks = 0
        while not is_over.is_set() or not looks:
            if number % 2:
                cache.catalog_cache.__init__()  # type: ignore[misc]
            facts = catalog(venue.pk).bookables.values()
            seen = {each.capacity for each in facts} | {int(each.prices[0].amount) for each in facts}
            assert len(seen) == 1, seen
            looks += 1
        return looks

    results = race(4, lambda number: write(number) if number == 0 else read(number))
    assert [each for each in results if isinstance(each, BaseException)] == []


@in_database
def test_memory_is_bounded_by_resources(settings: Settings) -> None:
    settings.CATALOG_RESOURCES = 8
    rooms = [make_resource() for _ in range(6)]  # each with its venue weighs 2

    for room in rooms:
        catalog(room.venue_id)
    assert len(cache.catalog_cache) <= 4
    kept = catalog(rooms[-1].venue_id)
    catalog(rooms[0].venue_id)

    assert catalog(rooms[-1].venue_id) is kept
    assert len(catalogs([room.venue_id for room in rooms])) == 6


@in_database
def test_a_venue_that_is_not_there() -> None:
    venue = make_venue()
    catalog(venue.pk)
    gone = venue.pk
    OpeningHours.objects.create(**week(venue)[0])

    venue.delete()

    with pytest.raises(Venue.DoesNotExist):
        catalog(gone)
    assert not ConfigurationStamp.objects.filter(venue_id=gone).exists()


def crew(alias: str, venue_id: int) -> list[str]:
    rows = VenueMembership.objects.using(alias).filter(venue=venue_id)
    return sorted(rows.values_list("user__email", flat=True))


@pytest.fixture
def registered() -> Iterator[VenuePart[list[str]]]:
    part = VenuePart("crew", crew)
    venue_parts.register(part.name, part)
    yield part
    venue_parts.unregister(part.name)


@in_database
def test_a_registered_part_is_kept_with_the_configuration(
    registered: VenuePart[list[str]],
    news: list[tuple[int, int]],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    venue = make_venue()
    ask: Callable[[], list[str]] = lambda: directory().part(venue.pk, registered)  # noqa: E731
    assert ask() == []
    news.clear()
    member = make_member(venue)
    assert ask() == []
    with django_assert_num_queries(1):
        ask()

    directory().touch(registered, [venue.pk])
    with django_assert_num_queries(4):  # stamp, keys, the part, stamp again
        assert ask() == [member.email]

    VenueMembership.objects.all().delete()
    directory().touch(registered)
    assert ask() == []
    assert news == []
