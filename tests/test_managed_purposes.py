"""What a product is in charge of, no other door changes: a loan's time, for one."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client

from accounts import privacy
from common.errors import DomainError
from reservations.domain.values import Actor, Customer, ItemRequest, ReservationChanges
from reservations.enums import EventKind, Purpose, Source, Status
from reservations.exceptions import TransitionNotAllowed
from reservations.links import manage_path
from reservations.models import Reservation
from reservations.permissions import allowed_actions, can_cancel, can_pay, can_reschedule
from reservations.privacy import ReservationsPart
from reservations.services import (
    block_time,
    cancel_reservation,
    change_reservation,
    check_in,
    complete_reservation,
    edit_reservation,
    mark_no_show,
    release_hold,
)
from reservations.tests.api_helpers import post
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_member, make_resource, make_user

pytestmark = pytest.mark.django_db
LENDING = Actor(source=Source.STAFF, manages=Purpose.LOAN)


@pytest.fixture
def bike() -> Resource:
    return make_resource(name="Cargo bike", units=3)


def lend(bike: Resource, borrower: Any, **times: Any) -> Reservation:
    span = {"start": at(7, 10), "end": at(9, 10)} | times
    return block_time(
        venue_id=bike.venue_id,
        items=[ItemRequest(bike.pk)],
        title="Loan",
        purpose=Purpose.LOAN,
        customer=Customer.from_user(borrower),
        actor=LENDING,
        **span,
    )


def test_only_the_product_makes_and_changes_it(bike: Resource) -> None:
    borrower, boss = make_user(), make_member(bike.venue, Role.MANAGER)
    loan = lend(bike, borrower)
    assert (loan.customer, loan.status) == (borrower, Status.CONFIRMED)
    longer = ReservationChanges(end=at(10, 10))
    acts: list[Callable[..., Any]] = [
        partial(cancel_reservation, reservation_id=loan.pk),
        partial(change_reservation, reservation_id=loan.pk, changes=longer),
        partial(edit_reservation, reservation_id=loan.pk, changes=ReservationChanges(requests="Seat")),
        partial(complete_reservation, reservation_id=loan.pk, now=at(7, 11)),
        partial(check_in, reservation_id=loan.pk, now=at(7, 11)),
        partial(mark_no_show, reservation_id=loan.pk, now=at(7, 11)),
        partial(release_hold, reservation_id=loan.pk),
    ]
    before = Reservation.objects.filter(pk=loan.pk).values().get()
    for actor in (Actor(borrower), Actor(boss, Source.STAFF), Actor(boss, manages=Purpose.BOOKING)):
        for act in acts:
            with pytest.raises(TransitionNotAllowed):
                act(actor=actor)
    assert Reservation.objects.filter(pk=loan.pk).values().get() == before
    with pytest.raises(DomainError):
        block_time(
            venue_id=bike.venue_id,
            items=[ItemRequest(bike.pk)],
            title="Loan",
            purpose=Purpose.LOAN,
            start=at(7, 10),
            end=at(9, 10),
            actor=Actor(boss, Source.STAFF),
        )
    changed = change_reservation(reservation_id=loan.pk, changes=longer, actor=LENDING)
    assert changed.ends_at == at(10, 10)
    check_in(reservation_id=loan.pk, actor=LENDING, now=at(7, 11))
    back = complete_reservation(reservation_id=loan.pk, actor=LENDING, now=at(8, 10))
    assert (back.status, back.ends_at) == (Status.COMPLETED, at(8, 10))


def test_nobody_is_offered_what_would_be_refused(bike: Resource, client: Client) -> None:
    borrower, boss = make_user(), make_member(bike.venue, Role.MANAGER)
    loan = lend(bike, borrower)
    for user in (borrower, boss):
        assert allowed_actions(user, loan, now=at(0)) == []
        assert not can_cancel(user, loan)
        assert not can_reschedule(user, loan)
        assert can_pay(user, loan)
    client.force_login(borrower)
    assert post(client, f"/api/reservations/{loan.pk}/cancel", {}).status_code == 403
    assert loan.code not in client.get("/api/reservations/my").content.decode()
    page = client.get(manage_path(loan)).content.decode()
    assert "Loan" in page
    assert f"{manage_path(loan)}cancel" not in page
    client.force_login(boss)
    parameters = {"resource": str(bike.uuid), "start": at(8, 10).isoformat()}
    form = client.get("/calendar/new/", parameters).content.decode()
    assert 'value="event"' in form
    assert 'value="loan"' not in form


def test_strangers_read_no_title_and_lists_of_personal_data_leave_it_out(
    bike: Resource, client: Client
) -> None:
    borrower = make_user()
    loan = lend(bike, borrower)
    booked = book(bike, at(7, 11), customer=Customer.from_user(borrower))
    day = client.get(f"/calendar/day/{at(7).date()}/?resource={bike.uuid}").content.decode()
    assert loan.title not in day
    person = privacy.Person(borrower, borrower.email)
    part = ReservationsPart()
    assert [row["code"] for row in part.read(person)["bookings"]] == [booked.code]
    assert len(part.open_items(person)) == 1


def test_it_counts_towards_no_limit_of_bookings(bike: Resource) -> None:
    bike.rules.max_active_per_customer = 1
    bike.rules.save()
    borrower = make_user()
    lend(bike, borrower)
    customer = Customer.from_user(borrower)
    book(bike, at(20, 10), customer=customer)
    with pytest.raises(DomainError) as refusal:
        book(bike, at(21, 10), customer=customer)
    assert refusal.value.code == "limit_reached"


def test_it_takes_time_like_any_booking(bike: Resource) -> None:
    for _ in range(3):
        lend(bike, make_user())
    with pytest.raises(DomainError) as refusal:
        book(bike, at(7, 10) + timedelta(hours=1))
    assert refusal.value.code == "capacity"


def test_what_goes_out_at_once_is_there_from_the_beginning(bike: Resource) -> None:
    loan = lend(bike, make_user(), begun=True)

    assert loan.status == Status.CHECKED_IN
    events = loan.events.values_list("kind", "old_status", "new_status")
    assert list(events) == [(EventKind.BOOKED, "", Status.CHECKED_IN)]
    done = complete_reservation(reservation_id=loan.pk, actor=LENDING, now=loan.ends_at)
    assert done.status == Status.COMPLETED
