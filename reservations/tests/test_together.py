"""Several holds booked at once: all, or none with the reasons."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from common.errors import InvalidInput
from reservations.domain.values import Actor, Customer, Reply
from reservations.enums import Status
from reservations.exceptions import CartRefused, ReservationNotFound
from reservations.models import Allocation, Reservation
from reservations.services import confirm_holds
from resources.models import Question, Resource
from tests.factories import GUEST, at, book, hold, make_resource, make_rules, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Blue room")


def confirm(*held: Reservation, customer: Customer = GUEST, **fields: object) -> list[Reservation]:
    ids = [each.pk for each in held]
    return confirm_holds(reservation_ids=ids, customer=customer, actor=Actor(), **fields)  # type: ignore[arg-type]


def states() -> list[str]:
    return list(Reservation.objects.order_by("starts_at").values_list("status", flat=True))


def lose(held: Reservation) -> None:
    """The hold runs out, and somebody else takes its time."""
    past = timezone.now() - timedelta(minutes=1)
    Reservation.objects.filter(pk=held.pk).update(expires_at=past)
    Allocation.objects.filter(reservation=held).update(expires_at=int(past.timestamp()))
    book(held.items.get().resource, held.starts_at)


def test_holds_of_several_venues_become_bookings_of_one_customer(room: Resource) -> None:
    first, second = hold(room), hold(make_resource(), at(8))

    booked = confirm(first, second, requests="Window seat")

    assert [each.pk for each in booked] == [first.pk, second.pk]
    assert states() == [Status.CONFIRMED, Status.CONFIRMED]
    assert {(each.customer_name, each.requests) for each in booked} == {("Ada Lovelace", "Window seat")}


def test_one_that_is_lost_keeps_all_of_them_from_being_booked(room: Resource) -> None:
    first, second = hold(room), hold(room, at(8))
    lose(second)

    with pytest.raises(CartRefused) as refused:
        confirm(first, second)

    assert [
        (each["reservation_id"], each["resources"], each["reason"]) for each in refused.value.extra["refused"]
    ] == [(str(second.pk), "Blue room", "hold_expired")]
    first.refresh_from_db()
    assert (first.status, first.customer_name) == (Status.HELD, "")
    assert set(first.allocations.values_list("expires_at", flat=True)) != {None}
    assert not first.events.exclude(kind="held").exists()


def test_limits_count_the_bookings_of_the_same_moment(room: Resource) -> None:
    room.rules.max_active_per_customer = 1
    room.rules.save()
    user = make_user()

    with pytest.raises(CartRefused) as refused:
        confirm(hold(room), hold(room, at(8)), customer=Customer.from_user(user))

    assert [each["reason"] for each in refused.value.extra["refused"]] == ["limit_reached"]
    assert states() == [Status.HELD, Status.HELD]


def test_each_is_asked_only_its_own_questions(room: Resource) -> None:
    other = make_resource(room.venue, rules=make_rules(room.venue))
    chairs = Question.objects.create(venue=room.venue, resource=room, text="Chairs?", is_required=True)
    balls = Question.objects.create(venue=room.venue, resource=other, text="Balls?", is_required=True)
    held = hold(room), hold(other, at(8))

    with pytest.raises(InvalidInput, match="Balls"):
        confirm(*held, reply=Reply({chairs.pk: "4"}))
    assert states() == [Status.HELD, Status.HELD]
    booked = confirm(*held, reply=Reply({chairs.pk: "4", balls.pk: "2"}))

    assert [[each["answer"] for each in one.answers] for one in booked] == [["4"], ["2"]]


def test_asked_again_it_answers_the_same(room: Resource) -> None:
    held = hold(room), hold(room, at(8))

    again = [confirm(*held) for _time in range(2)][1]

    assert [each.status for each in again] == [Status.CONFIRMED, Status.CONFIRMED]
    assert [[event.kind for event in each.events.all()] for each in again] == [["held", "booked"]] * 2


def test_nothing_too_much_and_unknown(room: Resource) -> None:
    with pytest.raises(InvalidInput):
        confirm()
    with pytest.raises(InvalidInput):
        confirm_holds(reservation_ids=[uuid4() for _ in range(51)], customer=GUEST, actor=Actor())
    with pytest.raises(ReservationNotFound):
        confirm_holds(reservation_ids=[hold(room).pk, uuid4()], customer=GUEST, actor=Actor())
    with pytest.raises(InvalidInput):
        confirm(hold(room, at(8)), customer=Customer(name="Ada"))
