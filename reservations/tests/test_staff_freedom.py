"""What staff may do at the desk: book at any minute, lengthen what runs, let people leave early."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from reservations.domain.values import Actor, ItemRequest, ReservationChanges, all_units_of
from reservations.enums import Purpose, Source, Status
from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken, TransitionNotAllowed
from reservations.models import Allocation, Reservation
from reservations.permissions import allowed_actions
from reservations.services import (
    block_time,
    cancel_reservation,
    change_reservation,
    check_in,
    complete_reservation,
    undo_attendance,
)
from resources.models import Resource
from tests.factories import at, book, make_member, make_resource, make_rules, make_venue, open_always

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    venue = make_venue()
    open_always(venue)
    return make_resource(venue, rules=make_rules(venue, buffer_after=15))


@pytest.fixture
def staff(room: Resource) -> Actor:
    return Actor(make_member(room.venue), Source.STAFF)


Clock = Callable[..., datetime]


@pytest.fixture
def t() -> Clock:
    """Hours and minutes from midnight in a week's time, whatever the clock says meanwhile."""
    midnight = at(7, 0)
    return lambda hour, minute=0: midnight + timedelta(hours=hour, minutes=minute)


def ends(reservation: Reservation, when: datetime, actor: Actor, **changes: Any) -> Reservation:
    return change_reservation(
        reservation_id=reservation.pk, changes=ReservationChanges(end=when, **changes), actor=actor
    )


def stored(reservation: Reservation) -> Reservation:
    return Reservation.objects.get(pk=reservation.pk)


def spans(reservation: Reservation) -> list[tuple[int | None, int | None, int]]:
    return list(Allocation.objects.filter(reservation=reservation).values_list("b0", "b1", "units"))


def is_free(room: Resource, start: datetime, minutes: int = 30) -> bool:
    try:
        book(room, start, minutes)
    except SlotTaken:
        return False
    return True


def test_staff_book_at_any_minute_and_just_after_it(room: Resource, staff: Actor, t: Clock) -> None:
    with time_machine.travel(t(19, 7) + timedelta(seconds=40), tick=False):
        assert book(room, t(19, 7), 52, actor=staff).status == Status.CONFIRMED
        assert book(room, t(21, 3), 5, actor=staff).status == Status.CONFIRMED
    with time_machine.travel(t(24 + 14, 55), tick=False):
        book(room, t(24 + 14, 47), 30, actor=staff)
        for start, minutes, code in ((t(24 + 14, 40), 30, "past"), (t(24 + 20), 4, "too_short")):
            with pytest.raises(BookingRefused) as refused:
                book(room, start, minutes, actor=staff)
            assert refused.value.code == code
        for start, minutes, code in ((t(24 + 17, 7), 30, "off_step"), (t(24 + 14, 54), 30, "past")):
            with pytest.raises(BookingRefused) as refused:
                book(room, start, minutes)
            assert refused.value.code == code


def test_staff_change_the_end_and_the_place_of_what_runs(room: Resource, staff: Actor, t: Clock) -> None:
    other = make_resource(room.venue, rules=room.rules)
    visit = book(room, t(10), 60)
    next_one = book(room, t(13), 60)
    with time_machine.travel(t(10, 30), tick=False):
        check_in(reservation_id=visit.pk, actor=staff)
        assert ends(visit, t(11, 40), staff).ends_at == t(11, 40)
        with pytest.raises(SlotTaken):
            ends(visit, t(12, 50), staff)
        moved = ends(visit, t(12, 50), staff, resources={room.pk: other.pk})
        assert (moved.status, moved.ends_at) == (Status.CHECKED_IN, t(12, 50))
        with pytest.raises(BookingRefused) as refused:
            change_reservation(reservation_id=visit.pk, changes=ReservationChanges(start=t(11)), actor=staff)
        assert refused.value.code == "has_begun"
        with pytest.raises(TransitionNotAllowed):
            ends(visit, t(12), Actor())
    assert Reservation.objects.get(pk=next_one.pk).starts_at == t(13)


def test_whoever_leaves_early_frees_the_rest(room: Resource, staff: Actor, t: Clock) -> None:
    assert staff.user
    visit = book(room, t(10), 180)
    price = visit.total_amount
    with time_machine.travel(t(11, 20) + timedelta(seconds=50), tick=False):
        done = complete_reservation(reservation_id=visit.pk, actor=staff)
        assert (done.ends_at, done.total_amount) == (t(11, 20), price)
        assert "undo" in allowed_actions(staff.user, stored(visit), now=t(12))
        assert is_free(room, t(12))
        assert "undo" not in allowed_actions(staff.user, stored(visit), now=t(12))
        with pytest.raises(SlotTaken) as taken:
            undo_attendance(reservation_id=visit.pk, actor=staff)
        assert taken.value.extra["in_the_way"]
        cancel_reservation(
            reservation_id=Reservation.objects.get(starts_at=t(12)).pk, actor=staff, waive_fee=True
        )
        again = undo_attendance(reservation_id=visit.pk, actor=staff)
        assert (again.status, again.ends_at) == (Status.CONFIRMED, t(13))
        assert not is_free(room, t(12))


def test_leaving_at_once_keeps_a_minute_and_never_takes_more(room: Resource, staff: Actor, t: Clock) -> None:
    visit = book(room, t(10), 60)
    room.rules.buffer_after = 120  # since it was booked; somebody comes right behind it
    book(room, t(11, 30), 30)
    room.rules.save()
    with time_machine.travel(t(9, 50), tick=False):
        done = complete_reservation(reservation_id=visit.pk, actor=staff)
    assert done.ends_at == t(10, 1)
    ((b0, b1, _units),) = spans(visit)
    assert b0
    assert b1
    assert b1 - b0 <= 75


def test_blocks_take_as_many_units_as_they_need(room: Resource, staff: Actor) -> None:
    projectors = make_resource(room.venue, rules=room.rules, units=5)
    block = block_time(
        venue_id=room.venue_id,
        items=[ItemRequest(projectors.pk, quantity=2), *all_units_of([room.pk])],
        start=at(7, 10),
        end=at(7, 12),
        title="Repair",
        purpose=Purpose.BLOCK,
        actor=staff,
    )
    assert [units for *_span, units in spans(block)] == [1, 2]
    moved = change_reservation(
        reservation_id=block.pk, changes=ReservationChanges(start=at(8, 10), end=at(8, 12)), actor=staff
    )
    assert [units for *_span, units in spans(moved)] == [1, 2]
    book(projectors, at(8, 10), items=[ItemRequest(projectors.pk, quantity=3)])
    with pytest.raises(CapacityReached):
        book(projectors, at(8, 10))


def test_all_units_are_all_when_there_are_more(staff: Actor, room: Resource) -> None:
    projectors = make_resource(room.venue, rules=room.rules, units=2)
    block = block_time(
        venue_id=room.venue_id,
        items=all_units_of([projectors.pk]),
        start=at(7, 10),
        end=at(7, 12),
        title="Stock-taking",
        purpose=Purpose.BLOCK,
        actor=staff,
    )
    projectors.units = 4
    projectors.save()
    changes = ReservationChanges(end=at(7, 13))
    moved = change_reservation(reservation_id=block.pk, changes=changes, actor=staff)
    assert [units for *_span, units in spans(moved)] == [4]
