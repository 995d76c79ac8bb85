"""Several things in one hold: adding, leaving out, and what a refusal leaves."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.errors import DomainError, NotFound
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.exceptions import BookingRefused, HoldExpired, SlotTaken, TransitionNotAllowed
from reservations.models import Allocation, Reservation
from reservations.services import add_to_hold, confirm_hold, remove_from_hold
from resources.enums import Audience
from resources.models import Resource
from tests.factories import (
    GUEST,
    at,
    book,
    hold,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    make_whole,
    open_always,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rooms() -> list[Resource]:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue)
    return [make_resource(venue, rules=rules, hourly_rate=Decimal(rate)) for rate in (10, 20, 40)]


def add(held: Reservation, resource: Resource, quantity: int = 1) -> Reservation:
    return add_to_hold(reservation_id=held.pk, resource_id=resource.pk, quantity=quantity, actor=Actor())


def remove(held: Reservation, resource: Resource) -> Reservation:
    return remove_from_hold(reservation_id=held.pk, resource_id=resource.pk, actor=Actor())


def things(held: Reservation) -> list[int]:
    return list(held.items.values_list("resource_id", flat=True))


def occupied(held: Reservation) -> list[int]:
    rows = Allocation.objects.filter(reservation=held, b0__isnull=False, expires_at__isnull=False)
    return sorted(rows.values_list("resource_id", flat=True))


def test_what_is_added_is_held_and_priced_like_the_rest(rooms: list[Resource]) -> None:
    held = hold(rooms[0])

    add(held, rooms[1])

    held.refresh_from_db()
    assert (things(held), occupied(held)) == ([rooms[0].pk, rooms[1].pk], [rooms[0].pk, rooms[1].pk])
    assert (held.status, held.total_amount) == (Status.HELD, Decimal(30))
    assert [line["amount"] for line in held.price_lines] == ["10.00", "20.00"]
    assert [event.kind for event in held.events.all()] == ["held", "adjusted"]
    assert held.expires_at is not None
    assert set(held.allocations.values_list("expires_at", flat=True)) == {int(held.expires_at.timestamp())}
    with pytest.raises(SlotTaken):
        book(rooms[1])


def test_what_is_left_out_is_free_at_once_and_costs_nothing(rooms: list[Resource]) -> None:
    held = hold(rooms[0])
    add(held, rooms[1])

    remove(held, rooms[0])

    held.refresh_from_db()
    assert (things(held), occupied(held), held.total_amount) == ([rooms[1].pk], [rooms[1].pk], Decimal(20))
    book(rooms[0])
    booked = confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor())
    assert booked.status == Status.CONFIRMED
    assert set(booked.allocations.filter(b0__isnull=False).values_list("expires_at", flat=True)) == {None}


def test_both_may_be_asked_for_twice(rooms: list[Resource]) -> None:
    held = hold(rooms[0])
    version = add(held, rooms[1]).version

    assert add(held, rooms[1]).version == version
    remove(held, rooms[1])
    assert remove(held, rooms[1]).version == version + 1


def test_a_refusal_leaves_the_hold_as_it_was(rooms: list[Resource]) -> None:
    held = hold(rooms[0])
    book(rooms[1])
    before = Reservation.objects.filter(pk=held.pk).values().get()

    with pytest.raises(SlotTaken):
        add(held, rooms[1])

    assert Reservation.objects.filter(pk=held.pk).values().get() == before
    assert (things(held), occupied(held)) == ([rooms[0].pk], [rooms[0].pk])


def test_a_whole_cannot_join_its_own_part(rooms: list[Resource]) -> None:
    hall = make_whole(rooms[:2])
    held = hold(rooms[0])

    with pytest.raises(DomainError) as refused:
        add(held, hall)

    assert refused.value.status == 409
    assert things(held) == [rooms[0].pk]


def test_the_last_thing_cannot_be_left_out(rooms: list[Resource]) -> None:
    held = hold(rooms[0])

    with pytest.raises(BookingRefused) as refused:
        remove(held, rooms[0])

    assert refused.value.code == "last_resource"


def test_only_open_holds_can_be_changed(rooms: list[Resource]) -> None:
    booked, late = book(rooms[0]), hold(rooms[2])
    Reservation.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(TransitionNotAllowed):
        add(booked, rooms[1])
    with pytest.raises(HoldExpired):
        add(late, rooms[1])
    assert not Allocation.objects.filter(resource=rooms[1]).exists()


def test_the_rules_of_what_is_added_count(rooms: list[Resource]) -> None:
    held = hold(rooms[0], party_size=2)
    small = make_resource(rooms[0].venue, rules=rooms[0].rules, capacity=1)
    long_ = make_resource(
        rooms[0].venue, rules=make_rules(rooms[0].venue, min_duration=120, default_duration=120)
    )
    closed = make_resource(rooms[0].venue, rules=make_rules(rooms[0].venue, audience=Audience.SIGNED_IN))
    elsewhere = make_resource()

    for each, code in ((small, "party_too_large"), (long_, "too_short"), (closed, "sign_in_required")):
        with pytest.raises(BookingRefused) as refused:
            add(held, each)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        add(held, elsewhere)
    with pytest.raises(DomainError):
        add(held, rooms[1], quantity=0)


def test_limits_count_for_what_is_added(rooms: list[Resource]) -> None:
    user = make_user()
    limited = make_rules(rooms[0].venue, max_active_per_customer=1)
    court = make_resource(rooms[0].venue, rules=limited)
    book(court, at(9), customer=Customer.from_user(user))
    held = hold(rooms[0], customer=Customer.from_user(user), actor=Actor(user))

    with pytest.raises(BookingRefused, match="booking limit"):
        add_to_hold(reservation_id=held.pk, resource_id=court.pk, actor=Actor(user))


def test_units_and_people(rooms: list[Resource]) -> None:
    chairs = make_resource(rooms[0].venue, rules=rooms[0].rules, units=5, hourly_rate=Decimal(1))
    held = hold(rooms[0])

    add(held, chairs, quantity=3)
    with pytest.raises(DomainError) as refused:
        add(hold(rooms[1]), chairs, quantity=3)

    assert refused.value.code == "held"  # two of five are left
    held.refresh_from_db()
    assert held.total_amount == Decimal(13)
