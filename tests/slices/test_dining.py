"""A slice of dining: a table for six among 40 tables and 60 combinations, at the kitchen's pace."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from common.error_codes import error_codes
from common.errors import DomainError
from reservations.domain.extensions import Extension, Proposal, Refusal, extensions, register_extension
from reservations.domain.values import Actor, Customer, ItemRequest, ReservationChanges
from reservations.enums import Source
from reservations.models import Reservation
from reservations.services import book_reservation, change_reservation
from resources.enums import ResourceKind, UnitsBy
from resources.models import Resource, ResourcePart, Venue
from tests.factories import at, make_member, make_resource, make_rules, make_venue, open_always
from tests.racing import assert_never_overbooked, race

TURN = {2: 90, 4: 120, 8: 150}
"""Minutes that a party of at most so many stays."""
PACE = 12


class Dining(Extension):
    reasons = {400: {"wrong_turn": "not as long as such a party stays"}}

    def refusal(self, proposal: Proposal) -> Refusal | None:
        span = proposal.span
        turn = next(minutes for most, minutes in TURN.items() if span.party_size <= most)
        return None if span.end - span.start == turn else Refusal("wrong_turn", "Not so long.")

    def title(self, proposal: Proposal) -> str:
        return f"Table for {proposal.span.party_size}"


class Floor:
    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        rules = make_rules(venue, slot_step=15, min_duration=30)
        kind: dict[str, Any] = {
            "kind": ResourceKind.TABLE,
            "extension": "dining_slice",
            "is_listed": False,
            "rules": rules,
        }
        self.tables = [make_resource(venue, capacity=(2, 4)[number % 2], **kind) for number in range(40)]
        self.combined = [self.join(pair, kind) for pair in islice(self.neighbours(), 60)]
        pace = make_rules(venue, slot_step=15, min_duration=30, occupies_first=15)
        self.pace = make_resource(
            venue, rules=pace, units=PACE, units_by=UnitsBy.PERSON, serves_party=False, is_listed=False
        )

    def neighbours(self) -> Iterator[tuple[Resource, Resource]]:
        for step in (1, 2):
            yield from zip(self.tables, self.tables[step:], strict=False)

    def join(self, pair: tuple[Resource, Resource], kind: dict[str, Any]) -> Resource:
        whole = make_resource(self.venue, capacity=sum(table.capacity for table in pair), **kind)
        ResourcePart.objects.bulk_create([ResourcePart(whole=whole, part=table) for table in pair])
        return whole

    def candidates(self, party: int) -> tuple[int, ...]:
        """The tightest first, single tables before joined ones."""
        fitting = [each for each in (*self.tables, *self.combined) if each.capacity >= party]
        return tuple(each.pk for each in sorted(fitting, key=lambda each: each.capacity))

    def book(self, start: datetime, party: int, minutes: int) -> Reservation:
        return book_reservation(
            venue_id=self.venue.pk,
            items=[ItemRequest(any_of=self.candidates(party)), ItemRequest(self.pace.pk, quantity=party)],
            start=start,
            end=start + timedelta(minutes=minutes),
            party_size=party,
            customer=Customer(name="Ada", email="ada@example.com"),
            actor=Actor(),
        )


@pytest.fixture
def floor() -> Iterator[Floor]:
    register_extension("dining_slice", Dining())
    venue = make_venue()
    open_always(venue)
    yield Floor(venue)
    extensions.unregister("dining_slice")
    error_codes.unregister("wrong_turn")


def refused(floor: Floor, *wish: object) -> str:
    with pytest.raises(DomainError) as refusal:
        floor.book(*wish)  # type: ignore[arg-type]
    return refusal.value.code


def table_of(reservation: Reservation) -> Resource:
    return reservation.items.order_by("pk")[0].resource


@pytest.mark.django_db
def test_six_have_the_tightest_table_that_is_free_at_the_kitchens_pace(floor: Floor) -> None:
    first, second = floor.book(at(7, 19), 6, 150), floor.book(at(7, 19), 6, 150)
    assert [table_of(each).capacity for each in (first, second)] == [6, 6]
    assert first.title == "Table for 6"
    assert refused(floor, at(7, 19), 6, 150) == "capacity"
    assert floor.book(at(7, 19, 15), 6, 150).title == "Table for 6"
    assert refused(floor, at(7, 20), 6, 120) == "wrong_turn"
    assert floor.book(at(7, 20), 2, 90).party_size == 2


@pytest.mark.django_db
def test_a_smaller_party_stays_shorter_and_the_host_gives_it_another_table(floor: Floor) -> None:
    booked = floor.book(at(7, 19), 6, 150)
    host = Actor(make_member(floor.venue), Source.STAFF)
    smaller = ReservationChanges(
        party_size=2, end=at(7, 20, 30), resources={table_of(booked).pk: floor.tables[0].pk}
    )
    changed = change_reservation(reservation_id=booked.pk, changes=smaller, actor=host)
    assert (table_of(changed), changed.title) == (floor.tables[0], "Table for 2")
    assert floor.book(at(7, 19), 6, 150)


@pytest.mark.django_db(transaction=True)
def test_rivals_never_share_a_table_nor_outrun_the_kitchen(floor: Floor) -> None:
    race(12, lambda number: floor.book(at(7, 19), (2, 4)[number % 2], (90, 120)[number % 2]))
    booked = list(Reservation.objects.all())
    assert sum(each.party_size for each in booked) == PACE
    assert_never_overbooked()
