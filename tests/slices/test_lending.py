"""A slice of lending: a queue whose head gets the thing in the very transaction of its return."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from common import clock
from common.errors import Conflict, DomainError
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Purpose, Source, Status
from reservations.models import Reservation
from reservations.services import (
    ReservationChanges,
    block_time,
    change_reservation,
    check_in,
    complete_reservation,
)
from reservations.signals import capacity_released
from resources.enums import ResourceKind
from resources.models import Resource
from tests.factories import make_resource, make_user
from tests.racing import assert_never_overbooked, race

DESK = Actor(source=Source.STAFF, manages=Purpose.LOAN)
WEEK = timedelta(days=7)


class Lending:
    """Whoever asks waits in line; what comes free goes to the first whom it suits."""

    def __init__(self, thing: Resource) -> None:
        self.thing = thing
        self.waiting: list[User] = []

    def lend(self, borrower: User, start: datetime | None = None) -> Reservation:
        now = start or clock.now().replace(second=0, microsecond=0)
        loan = block_time(
            venue_id=self.thing.venue_id,
            items=[ItemRequest(self.thing.pk)],
            start=now,
            end=now + WEEK,
            title=self.thing.name,
            purpose=Purpose.LOAN,
            customer=Customer.from_user(borrower),
            actor=DESK,
        )
        return check_in(reservation_id=loan.pk, actor=DESK, now=now)

    def ask(self, borrower: User) -> Reservation | None:
        try:
            return self.lend(borrower)
        except Conflict:
            self.waiting.append(borrower)
            return None

    def promote(self, *, leaf_ids: set[int], **_span: Any) -> None:
        while self.waiting and self.thing.pk in leaf_ids:
            try:
                self.lend(self.waiting[0], self.free_from())
            except Conflict:
                return
            self.waiting.pop(0)

    def free_from(self) -> datetime:
        """The next minute: whoever brings it back keeps the one under way."""
        return clock.now().replace(second=0, microsecond=0) + timedelta(minutes=1)


@pytest.fixture
def lending() -> Iterator[Lending]:
    desk = Lending(make_resource(name="Camera", kind=ResourceKind.EQUIPMENT))
    capacity_released.connect(desk.promote)
    yield desk
    capacity_released.disconnect(desk.promote)


def loans(thing: Resource) -> list[tuple[str, str]]:
    rows = Reservation.objects.filter(items__resource=thing, purpose=Purpose.LOAN).order_by("starts_at")
    return [(str(row.customer.email if row.customer else ""), row.status) for row in rows]


@pytest.mark.django_db
def test_the_head_of_the_queue_has_it_once_it_is_back(lending: Lending) -> None:
    ada, bob, cleo = (make_user(f"{name}@people.example") for name in ("ada", "bob", "cleo"))
    first = lending.ask(ada)
    assert first is not None
    assert [lending.ask(bob), lending.ask(cleo)] == [None, None]

    complete_reservation(reservation_id=first.pk, actor=DESK, now=first.starts_at + timedelta(minutes=1))

    assert loans(lending.thing) == [(ada.email, "completed"), (bob.email, "checked_in")]
    assert lending.waiting == [cleo]


@pytest.mark.django_db
def test_a_return_by_another_door_is_refused_and_promotes_nobody(lending: Lending) -> None:
    ada, bob = make_user("ada@people.example"), make_user("bob@people.example")
    first = lending.ask(ada)
    assert first is not None
    lending.ask(bob)
    too_early = first.starts_at - timedelta(minutes=1)
    with pytest.raises(DomainError):
        complete_reservation(reservation_id=first.pk, actor=Actor(bob), now=too_early)
    assert lending.waiting == [bob]
    assert loans(lending.thing) == [(ada.email, "checked_in")]


@pytest.mark.django_db
def test_a_loan_that_is_out_is_renewed_and_shortened_by_its_product_alone(lending: Lending) -> None:
    loan = lending.ask(make_user())
    assert loan is not None
    renew = partial(change_reservation, reservation_id=loan.pk)
    longer = ReservationChanges(end=loan.ends_at + WEEK)
    assert renew(changes=longer, actor=DESK).ends_at == loan.ends_at + WEEK
    assert renew(changes=ReservationChanges(end=loan.ends_at), actor=DESK).ends_at == loan.ends_at


@pytest.mark.django_db(transaction=True)
def test_of_many_who_ask_at_once_one_has_it_and_nobody_is_lost() -> None:
    desk = Lending(make_resource(name="Camera", kind=ResourceKind.EQUIPMENT))
    people = [make_user() for _each in range(6)]
    granted = race(6, lambda number: desk.ask(people[number]))
    assert sum(isinstance(each, Reservation) for each in granted) == 1
    assert len(desk.waiting) == 5
    assert [status for _who, status in loans(desk.thing)] == [Status.CHECKED_IN]
    assert_never_overbooked()
