"""What is decided under a lock is looked up under it: a rival commits between the look and the lock."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from common.errors import Conflict, DomainError
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Status
from reservations.models import Reservation
from reservations.services import confirm_hold, expire_overdue_holds, extend_hold
from tests.factories import GUEST, at, book, hold, make_resource, make_whole
from tests.racing import OCCUPANCY, assert_never_overbooked, overtaken

pytestmark = pytest.mark.django_db(transaction=True)


def test_who_is_overtaken_by_a_hold_hears_of_a_hold() -> None:
    """The guard alone knows only that it is full; that it may come free again is seen under the lock."""
    room = make_resource()

    with pytest.raises(Conflict) as refused:
        overtaken(lambda: book(room), by=lambda: hold(room), after=OCCUPANCY)

    assert refused.value.code == "held"
    assert refused.value.extra["alternatives"]
    assert_never_overbooked()


def test_who_is_overtaken_on_a_part_hears_of_the_part() -> None:
    parts = [make_resource()]
    parts.append(make_resource(parts[0].venue))
    whole = make_whole(parts)

    with pytest.raises(Conflict) as refused:
        overtaken(lambda: book(whole), by=lambda: book(parts[1]), after=OCCUPANCY)

    assert refused.value.code == "part_taken"
    assert_never_overbooked()


def test_only_what_somebody_else_has_taken_is_chosen_anew() -> None:
    first = make_resource()
    others = [make_resource(first.venue, rules=first.rules) for _each in range(3)]
    items = [ItemRequest(any_of=(first.pk, others[0].pk)), ItemRequest(any_of=(others[1].pk, others[2].pk))]

    booked = overtaken(lambda: book(first, items=items), by=lambda: book(first), after=OCCUPANCY)

    assert list(booked.items.order_by("id").values_list("resource", flat=True)) == [
        others[0].pk,
        others[1].pk,
    ]
    assert_never_overbooked()


def test_who_is_overtaken_by_the_manager_books_by_what_holds_now() -> None:
    """Read before the lock, the room was open and cheap; while we waited it has changed."""
    room = make_resource()

    def raise_price() -> None:
        room.hourly_rate = Decimal(99)
        room.save()

    def close() -> None:
        room.is_active = False
        room.save()

    booked = overtaken(lambda: book(room), by=raise_price, after=OCCUPANCY)
    assert booked.total_amount == 99
    with pytest.raises(DomainError):
        overtaken(lambda: book(room, at(9)), by=close, after=OCCUPANCY)
    with pytest.raises(DomainError):
        book(room, at(9))
    assert Reservation.objects.count() == 1


def confirm(held: Reservation) -> None:
    confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor())


def extend(held: Reservation) -> None:
    extend_hold(reservation_id=held.pk, actor=Actor(), now=held.created_at + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("rescue", "status"), [(confirm, Status.CONFIRMED), (extend, Status.HELD)], ids=["confirmed", "extended"]
)
def test_a_hold_that_is_saved_at_the_last_moment_does_not_expire(
    rescue: Callable[[Reservation], None], status: Status
) -> None:
    held = hold(make_resource())
    assert held.expires_at is not None
    just_over = held.expires_at + timedelta(seconds=1)

    expired = overtaken(
        lambda: expire_overdue_holds(now=just_over), by=lambda: rescue(held), after="reservations_reservation"
    )

    assert expired == 0
    held.refresh_from_db()
    assert held.status == status
    assert held.allocations.get().b0 is not None
