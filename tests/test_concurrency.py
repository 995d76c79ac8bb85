"""Nothing is ever booked twice: rivals through service, API and page, on the engine under test."""

import random
import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse

from common.errors import Conflict, DomainError
from reservations import guard
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Purpose, Source
from reservations.exceptions import BookingRefused
from reservations.models import Allocation, Reservation
from reservations.services import (
    block_time,
    cancel_reservation,
    confirm_hold,
    expire_overdue_holds,
    release_hold,
    reschedule_reservation,
)
from resources.enums import UnitsBy
from resources.models import Resource
from tests.effort import often
from tests.factories import (
    GUEST,
    at,
    book,
    hold,
    make_group,
    make_resource,
    make_rules,
    make_venue,
    make_whole,
    open_always,
)
from tests.racing import assert_never_overbooked, overbooked, race

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 16
VISITORS = 8
"""Of a page: whoever comes too late is shown a whole one."""
STORM_WORKERS = 32
STORM_OPERATIONS = often(16)  # of each worker: five hundred in all


def winners(results: list[Any]) -> list[Reservation]:
    """The bookings that succeeded; everybody else must have been told of a conflict, nothing worse."""
    losers = [each for each in results if not isinstance(each, Reservation)]
    assert [each for each in losers if not isinstance(each, Conflict)] == []
    return [each for each in results if isinstance(each, Reservation)]


def test_one_winner_for_one_slot() -> None:
    room = make_resource()

    won = winners(race(WORKERS, lambda _: book(room)))

    assert len(won) == 1
    assert Reservation.objects.count() == 1
    assert_never_overbooked()


def test_overlapping_slots_of_different_lengths() -> None:
    room = make_resource()

    def rival(number: int) -> Reservation:
        return book(room, at(7, 8) + timedelta(minutes=30 * (number % 8)), 30 * (1 + number % 5))

    winners(race(WORKERS, rival))

    assert_never_overbooked()


@pytest.mark.parametrize(
    ("fields", "party", "places"),
    [
        ({"units": 5}, 1, 5),
        ({"units": 10, "overbooking_percent": 25}, 1, 12),
        ({"units": 20, "units_by": UnitsBy.PERSON}, 3, 6),
    ],
    ids=["units", "overbooking", "seats"],
)
def test_as_many_winners_as_places(fields: dict[str, Any], party: int, places: int) -> None:
    room = make_resource(**fields)

    won = winners(race(WORKERS, lambda _: book(room, party_size=party)))

    assert len(won) == places
    assert_never_overbooked()


def test_a_block_of_a_year_against_short_bookings() -> None:
    room = make_resource()

    def rival(number: int) -> Reservation:
        if number:
            return book(room, at(7 + number * 20))
        return block_time(
            venue_id=room.venue_id,
            items=[ItemRequest(room.pk)],
            start=at(7),
            end=at(7 + 365),
            title="Building site",
            purpose=Purpose.BLOCK,
            actor=Actor(source=Source.IMPORT),
        )

    won = winners(race(VISITORS, rival))

    assert len(won) in (1, VISITORS - 1)
    assert len(won) == 1 or all(each.purpose == Purpose.BOOKING for each in won)
    assert_never_overbooked()


def test_parts_against_their_whole() -> None:
    parts = [make_resource()]
    parts += [make_resource(parts[0].venue) for _ in range(2)]
    whole = make_whole(parts)
    things = [whole, *parts]

    won = winners(race(WORKERS, lambda number: book(things[number % 4])))

    booked = Counter(each.items.get().resource_id for each in won)
    assert max(booked.values()) == 1
    assert (booked[whole.pk] == 1) != (sum(booked[part.pk] for part in parts) > 0)
    assert_never_overbooked()


def test_several_resources_in_opposite_orders() -> None:
    venue = make_venue()
    open_always(venue)
    rooms = [make_resource(venue) for _ in range(4)]

    def rival(number: int) -> Reservation:
        some = random.Random(number).sample(rooms, 3)
        return book(some[0], at(7, 8 + number % 4), items=[ItemRequest(each.pk) for each in some])

    winners(race(WORKERS, rival))

    assert_never_overbooked()


def test_any_of_a_group_gives_each_winner_another_one() -> None:
    venue = make_venue()
    open_always(venue)
    members = [make_resource(venue) for _ in range(6)]
    group = make_group(members)

    won = winners(race(WORKERS, lambda _: book(members[0], items=[ItemRequest(group_id=group.pk)])))

    assert len(won) == len({each.items.get().resource_id for each in won}) == len(members)
    assert_never_overbooked()


def test_one_key_books_once_and_everybody_gets_the_answer() -> None:
    room, key = make_resource(), str(uuid4())

    results = race(WORKERS, lambda _: book(room, idempotency_key=key))

    assert {getattr(each, "pk", each) for each in results} == {Reservation.objects.get().pk}


def test_a_customers_limit_holds_when_raced() -> None:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue, max_active_per_customer=2)
    rooms = [make_resource(venue, rules=rules) for _ in range(16)]

    results = race(16, lambda number: book(rooms[number]))

    assert sum(isinstance(each, Reservation) for each in results) == 2
    assert {each.code for each in results if isinstance(each, BookingRefused)} == {"limit_reached"}


def raw_insert(resource: Resource, reservation: Reservation, start: int) -> None:
    key = reservation.pk if connection.vendor == "postgresql" else reservation.pk.hex
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO reservations_allocation (venue_id, reservation_id, resource_id, units, b0, b1)"
            " VALUES (%s, %s, %s, 1, %s, %s)",
            [resource.venue_id, key, resource.pk, start, start + 60],
        )


def test_raw_sql_cannot_overbook_either() -> None:
    room, elsewhere = make_resource(units=3), make_resource()
    owners = [book(elsewhere, at(10 + number)) for number in range(WORKERS)]

    results = race(WORKERS, lambda number: raw_insert(room, owners[number], 30_000_000 + number % 3))

    refused = [each for each in results if each is not None]
    assert len(refused) == WORKERS - 3
    assert {guard.violated_constraint(each) for each in refused if isinstance(each, IntegrityError)} == {
        "allocation_within_limit"
    }
    assert overbooked() == []


def test_without_the_guard_check_then_insert_overbooks() -> None:
    """The negative control: the races and the count above can fail."""
    room, elsewhere = make_resource(), make_resource()
    owners = [book(elsewhere, at(10 + number)) for number in range(8)]
    guard.remove()
    checked = threading.Barrier(8)

    def careless(number: int) -> bool:
        is_free = not Allocation.objects.filter(resource=room, b0__lt=30_000_060, b1__gt=30_000_000).exists()
        checked.wait()
        if is_free:
            raw_insert(room, owners[number], 30_000_000)
        return is_free

    try:
        assert race(8, careless) == [True] * 8
        assert len(overbooked()) > 0
        with pytest.raises(AssertionError):
            assert_never_overbooked()
    finally:
        Allocation.objects.all().delete()
        guard.install()


class Storm:
    """Everything at once on a few resources, with repeatable choices."""

    def __init__(self) -> None:
        venue = make_venue()
        open_always(venue)
        rules = make_rules(venue)
        self.rooms = [make_resource(venue, rules=rules) for _ in range(3)]
        self.rooms.append(make_resource(venue, rules=rules, units=3, overbooking_percent=40))
        self.all = [*self.rooms, make_whole(self.rooms[:2])]
        self.known: list[UUID] = []

    def worker(self, number: int) -> Counter[str]:
        chance, counted = random.Random(number), Counter[str]()
        for _ in range(STORM_OPERATIONS):
            try:
                self.step(chance)
                counted["done"] += 1
            except DomainError as refused:
                counted[str(refused.code)] += 1
        return counted

    def step(self, chance: random.Random) -> None:
        start, minutes = at(7, 8) + timedelta(minutes=30 * chance.randrange(16)), 30 * chance.randrange(1, 5)
        action = chance.random()
        if action < 0.35 or not self.known:
            some = chance.sample(self.rooms, chance.choice([1, 1, 2, 3]))
            self.known.append(book(some[0], start, minutes, items=[ItemRequest(each.pk) for each in some]).pk)
        elif action < 0.55:
            self.known.append(hold(chance.choice(self.all), start, minutes).pk)
        else:
            self.change(chance, action, chance.choice(self.known), start, start + timedelta(minutes=minutes))

    def change(self, chance: random.Random, action: float, key: UUID, start: Any, end: Any) -> None:
        if action < 0.7:
            cancel_reservation(reservation_id=key, actor=Actor())
        elif action < 0.8:
            reschedule_reservation(reservation_id=key, start=start, end=end, actor=Actor())
        elif action < 0.88:
            confirm_hold(reservation_id=key, customer=GUEST, actor=Actor())
        elif action < 0.94:
            release_hold(reservation_id=key, actor=Actor())
        else:
            expire_overdue_holds(now=at(1), limit=3)  # a sweeper whose clock is ahead


def test_a_storm_of_everything() -> None:
    storm = Storm()

    results = race(STORM_WORKERS, storm.worker)

    assert [each for each in results if isinstance(each, BaseException)] == []
    total: Counter[str] = sum((each for each in results if isinstance(each, Counter)), Counter())
    assert total.total() == STORM_WORKERS * STORM_OPERATIONS
    assert total["busy"] == 0
    assert total["done"] > total.total() / 10
    assert total["taken"] > total.total() / 10
    assert_never_overbooked()


def test_one_winner_through_the_api() -> None:
    room = make_resource()
    asked = {"resource_id": str(room.uuid), "start": at().isoformat(), "duration": 60}

    def rival(number: int) -> int:
        customer = {"name": f"Rival {number}", "email": f"rival{number}@example.com"}
        body = asked | {"customer_info": customer}
        return Client().post("/api/reservations", body, content_type="application/json").status_code

    statuses = Counter(race(WORKERS, rival))

    assert statuses == {201: 1, 409: WORKERS - 1}
    assert_never_overbooked()


def test_one_winner_through_the_page() -> None:
    room = make_resource()
    form = {"start": at().isoformat(), "duration": 60, "party_size": 1, "quantity": 1}

    statuses = Counter(
        race(VISITORS, lambda _: Client().post(reverse("hold", args=[room.uuid]), form).status_code)
    )

    assert statuses == {302: 1, 409: VISITORS - 1}
    assert_never_overbooked()


def lengths(number: int) -> tuple[str, int]:
    """Starts and durations that overlap in every way."""
    return (at(7, 8) + timedelta(minutes=30 * (number % 8))).isoformat(), 30 * (1 + number % 5)


def test_overlapping_lengths_through_the_api() -> None:
    room = make_resource()

    def rival(number: int) -> int:
        start, duration = lengths(number)
        customer = {"name": f"Rival {number}", "email": f"rival{number}@example.com"}
        body = {
            "resource_id": str(room.uuid),
            "start": start,
            "duration": duration,
            "customer_info": customer,
        }
        return Client().post("/api/reservations", body, content_type="application/json").status_code

    statuses = Counter(race(WORKERS, rival))

    assert statuses.keys() == {201, 409}
    assert statuses[201] == Reservation.objects.count()
    assert_never_overbooked()


def test_overlapping_lengths_through_the_page() -> None:
    room = make_resource()

    def rival(number: int) -> int:
        start, duration = lengths(number)
        form = {"start": start, "duration": duration, "party_size": 1, "quantity": 1}
        return Client().post(reverse("hold", args=[room.uuid]), form).status_code

    statuses = Counter(race(VISITORS, rival))

    assert statuses.keys() == {302, 409}
    assert statuses[302] == Reservation.objects.count()
    assert_never_overbooked()


def test_the_last_hold_second_goes_to_one_of_two() -> None:
    """A hold that runs out while its owner confirms and somebody else books: exactly one gets the time."""
    room = make_resource()
    for _ in range(5):
        held = hold(room)
        Allocation.objects.filter(reservation=held).update(expires_at=1)
        other = Customer(name="Other", email="other@example.com")

        def rival(number: int, held: Reservation = held, other: Customer = other) -> Reservation:
            if number == 0:
                return confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor())
            return book(room, customer=other)

        won = winners(race(2, rival))
        assert len(won) == 1
        cancel_reservation(reservation_id=won[0].pk, actor=Actor())
    assert overbooked() == []
