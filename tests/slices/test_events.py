"""A slice of events: a hall with set-up and tear-down, moved by a day as a whole or not at all."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from common import clock
from common.errors import DomainError
from reservations.domain.values import Actor, ItemRequest, ReservationChanges, all_units_of
from reservations.enums import Purpose, Source
from reservations.models import Reservation
from reservations.services import block_time, cancel_many, change_many
from resources.enums import ResourceKind
from tests.factories import at, book, make_resource
from tests.racing import assert_never_overbooked, race

STAFF = Actor(source=Source.STAFF)
DAY = timedelta(days=1)
TIMES = (("Set-up", 8, 12), ("Wedding", 12, 20), ("Tear-down", 20, 23))


class Wedding:
    def __init__(self) -> None:
        self.hall = make_resource(name="Hall", capacity=100)
        kind = ResourceKind.EQUIPMENT
        self.chairs = make_resource(self.hall.venue, rules=self.hall.rules, kind=kind, units=120)
        self.blocks = [self.block(*times) for times in TIMES]

    def block(self, title: str, first: int, last: int) -> Reservation:
        items = [*all_units_of([self.hall.pk]), ItemRequest(self.chairs.pk, quantity=80)]
        return block_time(
            venue_id=self.hall.venue_id,
            items=items,
            start=at(7, first),
            end=at(7, last),
            title=title,
            purpose=Purpose.EVENT,
            actor=STAFF,
        )

    def move(self, by: timedelta) -> list[Reservation]:
        return change_many(
            changes=lambda block: ReservationChanges(start=block.starts_at + by, end=block.ends_at + by),
            ids=[block.pk for block in self.blocks],
            actor=STAFF,
            now=clock.now(),
        )

    def times(self) -> list[tuple[object, object]]:
        ids = [block.pk for block in self.blocks]
        rows = Reservation.objects.filter(pk__in=ids).order_by("starts_at")
        return list(rows.values_list("starts_at", "ends_at"))


@pytest.mark.django_db
def test_all_of_it_moves_by_a_day_with_its_chairs() -> None:
    wedding = Wedding()
    before = wedding.times()
    wedding.move(DAY)
    assert wedding.times() == [(start + DAY, end + DAY) for start, end in before]  # type: ignore[operator]
    assert book(wedding.hall, at(7, 13)).starts_at == at(7, 13)
    for block in wedding.blocks:
        assert sorted(block.items.values_list("units", "takes_all")) == [(1, True), (80, False)]


@pytest.mark.django_db
def test_it_moves_not_at_all_where_one_part_cannot() -> None:
    wedding = Wedding()
    before = wedding.times()
    in_the_way = book(wedding.hall, at(8, 21))
    with pytest.raises(DomainError) as refusal:
        wedding.move(DAY)
    assert refusal.value.code == "series_refused"
    assert wedding.times() == before
    wedding.move(timedelta(hours=1))  # onto its own times
    cancel_many(ids=[in_the_way.pk], actor=STAFF)
    wedding.move(timedelta(hours=-1))
    wedding.move(DAY)
    assert wedding.times()[0][0] == at(8, 8)


@pytest.mark.django_db(transaction=True)
def test_a_booking_that_comes_meanwhile_is_before_or_after_but_never_within() -> None:
    wedding = Wedding()
    acts: list[Callable[[], object]] = [partial(wedding.move, DAY)]
    acts += [partial(book, wedding.hall, at(8, hour)) for hour in (11, 12, 13)]
    race(4, lambda number: acts[number]())
    assert_never_overbooked()
    is_moved = wedding.times()[0][0] == at(8, 8)
    assert Reservation.objects.filter(purpose=Purpose.BOOKING).exists() != is_moved
