"""Whatever comes free in between, or without anybody saying so, is offered to the first in line."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from common.clock import now
from reservations.domain.values import Actor, ReservationChanges
from reservations.models import Allocation, Reservation
from reservations.services import cancel_reservation
from reservations.services.changing import change_many
from reservations.tests.api_helpers import local
from resources.models import Resource
from tests.factories import book, hold, make_resource
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import offer_what_came_free, offering
from waitlist.tests.helpers import day, join

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room() -> Resource:
    return make_resource()


def wait(room: Resource, email: str, first: int, last: int) -> WaitlistEntry:
    return WaitlistEntry.objects.create(
        venue=room.venue,
        resource=room,
        preferred_on=day(),
        customer_email=email,
        earliest_time=time(first),
        latest_time=time(last),
        duration=60,
    )


def served() -> list[str]:
    offers = WaitlistOffer.objects.order_by("created_at")
    return list(offers.values_list("entry__customer_email", flat=True))


def let_run_out(held: Reservation) -> None:
    past = now() - timedelta(seconds=1)
    Reservation.objects.filter(pk=held.pk).update(expires_at=past)
    Allocation.objects.filter(reservation=held).update(expires_at=int(past.timestamp()))


def test_a_hold_that_ran_out_is_for_the_first_in_line_before_anybody_tidies_up(room: Resource) -> None:
    held = hold(room, local(7, 10))
    wait(room, "first@example.com", 10, 10)
    assert offer_what_came_free(venue_id=room.venue_id) == []
    let_run_out(held)
    wait(room, "second@example.com", 10, 10)
    offer_what_came_free(venue_id=room.venue_id)
    assert served() == ["first@example.com"]


def test_what_comes_free_while_a_run_begins_is_for_the_first_in_line(
    room: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = book(room, local(7, 10)), book(room, local(7, 18))
    book(room, local(7, 11), 7 * 60)
    wait(room, "first@example.com", 10, 10)
    wait(room, "second@example.com", 10, 18)
    offer_what_came_free(venue_id=room.venue_id)
    monkeypatch.setattr("waitlist.receivers.after_commit", lambda *_args: None)
    cancel_reservation(reservation_id=late.pk, actor=Actor())
    list_run_out, more = offering.list_run_out, [early]

    def free_then_list(*args: Any) -> Any:
        while more:
            cancel_reservation(reservation_id=more.pop().pk, actor=Actor())
        return list_run_out(*args)

    monkeypatch.setattr(offering, "list_run_out", free_then_list)
    offer_what_came_free(venue_id=room.venue_id)
    starts = {
        offer.entry.customer_email: offer.reservation.starts_at
        for offer in WaitlistOffer.objects.select_related("entry", "reservation")
    }
    assert starts == {"first@example.com": local(7, 10), "second@example.com": local(7, 18)}


def test_of_two_that_leave_a_time_one_is_not_replaced(room: Resource) -> None:
    room.units = 2
    room.save()
    leaving = [book(room, local(7, 10)), book(room, local(7, 10))]
    coming = book(room, local(7, 14))
    wait(room, "first@example.com", 10, 10)
    assert offer_what_came_free(venue_id=room.venue_id) == []

    def change(made: Reservation) -> ReservationChanges:
        hour = 10 if made.pk == coming.pk else 16
        return ReservationChanges(start=local(7, hour), end=local(7, hour + 1))

    change_many(changes=change, ids=[made.pk for made in (*leaving, coming)], actor=Actor(), now=now())
    assert served() == ["first@example.com"]


@pytest.mark.parametrize("on", [date(9998, 12, 31), date(9998, 12, 30), date(9999, 1, 1), date(9999, 12, 31)])
def test_a_date_at_the_end_of_time_holds_up_nobody(room: Resource, on: date) -> None:
    made = book(room, local(7, 10))
    wait(room, "first@example.com", 10, 10)
    try:
        join(room, preferred_on=on, duration=60)
    except Exception as error:
        print("refused", repr(error))
    offer_what_came_free(venue_id=room.venue_id)
    cancel_reservation(reservation_id=made.pk, actor=Actor())
    assert served()[-1] == "first@example.com" or served()[0] == "first@example.com"
