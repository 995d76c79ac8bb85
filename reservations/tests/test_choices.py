"""Any of several; things that serve no party, are taken for the first minutes only, or are not listed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from reservations.domain.freeing import announcing_freed
from reservations.domain.values import Actor, ItemRequest, ReservationChanges
from reservations.enums import Source, Status
from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken
from reservations.models import Reservation
from reservations.services import (
    cancel_reservation,
    change_reservation,
    confirm_reservation,
    decline_reservation,
)
from reservations.signals import capacity_released
from resources.enums import Approval, ResourceKind, UnitsBy
from resources.models import Resource
from scheduling.zones import to_minute
from tests.factories import at, book, make_member, make_resource, make_rules, make_venue, open_always

pytestmark = pytest.mark.django_db


@pytest.fixture
def tables() -> list[Resource]:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue)
    return [make_resource(venue, rules=rules, capacity=seats) for seats in (2, 4, 6)]


def book_items(resource: Resource, items: Sequence[ItemRequest], start: datetime, **fields: Any) -> list[int]:
    made = book(resource, start, items=items, **fields)
    return [item.resource_id for item in made.items.order_by("id")]


def test_the_first_that_is_free_of_those_named_in_order(tables: list[Resource]) -> None:
    small, middle, large = tables
    any_of = ItemRequest(any_of=(large.pk, small.pk, middle.pk))
    picked = [book_items(large, [any_of], at(7, 10), party_size=2) for _each in range(3)]
    assert picked == [[large.pk], [small.pk], [middle.pk]]
    with pytest.raises(SlotTaken):
        book_items(large, [any_of], at(7, 10), party_size=2)
    assert book_items(large, [any_of], at(7, 12), party_size=5) == [large.pk]


def test_two_choices_never_take_the_same(tables: list[Resource]) -> None:
    small, middle, large = tables
    items = [ItemRequest(any_of=(large.pk, middle.pk)), ItemRequest(any_of=(large.pk, small.pk))]
    assert book_items(large, items, at(7, 10), party_size=2) == [large.pk, small.pk]


def test_a_projector_beside_the_hall_serves_no_party(tables: list[Resource]) -> None:
    hall = tables[-1]
    projector = make_resource(
        hall.venue, rules=hall.rules, kind=ResourceKind.EQUIPMENT, capacity=1, name="Projector"
    )
    items = [ItemRequest(hall.pk), ItemRequest(projector.pk)]
    assert book_items(hall, items, at(7, 10), party_size=6) == [hall.pk, projector.pk]
    projector.serves_party = True
    projector.save()
    with pytest.raises(BookingRefused) as refused:
        book_items(hall, items, at(7, 12), party_size=6)
    assert refused.value.code == "party_too_large"


def test_a_pace_is_taken_for_the_first_minutes_only(tables: list[Resource]) -> None:
    venue = tables[0].venue
    rules = make_rules(venue, occupies_first=15, slot_step=15, min_duration=60, max_duration=180)
    kitchen = make_resource(
        venue, rules=rules, units=10, capacity=10, units_by=UnitsBy.PERSON, name="Kitchen"
    )
    book(kitchen, at(7, 19), 120, party_size=6)
    with pytest.raises(CapacityReached):
        book(kitchen, at(7, 19), 120, party_size=5)
    book(kitchen, at(7, 19, 15), 120, party_size=10)
    book(kitchen, at(7, 19), 60, party_size=4)
    moved = book(kitchen, at(7, 20), 120, party_size=10)
    assert [b1 - b0 for b0, b1 in moved.allocations.values_list("b0", "b1") if b0 and b1] == [15]


def test_what_is_not_listed_is_found_by_staff_alone(tables: list[Resource], client: Client) -> None:
    seat = tables[0]
    seat.is_listed = False
    seat.save()
    day = at(7).date()
    addresses = (
        f"/api/resources/{seat.uuid}",
        f"/api/timeslots?resource_id={seat.uuid}&date={day}",
        f"/api/availability?resource_id={seat.uuid}&date={day}",
    )
    assert [client.get(address).status_code for address in addresses] == [404] * 3
    listed = client.get(f"/api/search?date={day}").json()["results"]
    assert str(seat.uuid) not in {row["resource"]["id"] for row in listed}
    client.force_login(make_member(seat.venue))
    assert [client.get(address).status_code for address in addresses] == [200] * 3


def test_freed_time_is_announced_once_all_is_written_and_what_is_taken_again_is_not(
    tables: list[Resource],
) -> None:
    first, second = (book(table, at(7, 10)) for table in tables[:2])
    heard: list[set[int]] = []

    def listen(*, leaf_ids: set[int], **kwargs: Any) -> None:
        heard.append(leaf_ids)
        assert set(Reservation.objects.filter(pk__in=(first.pk, second.pk)).values_list("status")) == {
            ("cancelled",)
        }

    capacity_released.connect(listen)
    try:
        with announcing_freed():
            for each in (first, second):
                cancel_reservation(reservation_id=each.pk, actor=Actor())
            book(tables[0], at(7, 10))
            assert heard == []
    finally:
        capacity_released.disconnect(listen)
    assert heard == [{tables[1].pk}]


def test_a_move_that_cannot_be_taken_back_announces_all_that_it_frees(tables: list[Resource]) -> None:
    room = tables[0]
    room.rules.approval = Approval.MANUAL
    room.rules.save()
    staff = Actor(make_member(room.venue), Source.STAFF)
    asked = confirm_reservation(reservation_id=book(room, at(7, 10)).pk, actor=staff)
    later = ReservationChanges(start=at(7, 10, 30), end=at(7, 11, 30))
    change_reservation(reservation_id=asked.pk, changes=later, actor=Actor())
    book(room, at(7, 10), 30)  # so that the old time is lost
    heard: list[tuple[int, int]] = []

    def listen(*, start: int, end: int, **kwargs: Any) -> None:
        heard.append((start, end))

    capacity_released.connect(listen)
    try:
        declined = decline_reservation(reservation_id=asked.pk, actor=staff)
    finally:
        capacity_released.disconnect(listen)
    assert declined.status == Status.DECLINED
    assert heard == [(to_minute(at(7, 10, 30)), to_minute(at(7, 11, 30)))]
