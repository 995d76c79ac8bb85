"""Whatever comes free in between, or without anybody saying so, is offered to the first in line."""

from contextlib import suppress
from datetime import time
from typing import Any

import pytest
from django.db import transaction

from common.clock import now
from reservations.domain.freeing import announcing_freed
from reservations.domain.values import Actor, Customer, ReservationChanges
from reservations.exceptions import SlotTaken
from reservations.models import Reservation
from reservations.services import cancel_reservation, change_many
from reservations.tests.api_helpers import local
from resources.models import Resource
from tests.factories import book, hold, make_resource
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import answers, looks, offer_what_came_free, offering
from waitlist.tests.helpers import day
from waitlist.tests.test_sequences import let_run_out

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


def test_a_hold_that_ran_out_is_for_the_first_in_line_before_anybody_tidies_up(room: Resource) -> None:
    held = hold(room, local(7, 10))
    wait(room, "first@example.com", 10, 10)
    assert offer_what_came_free(venue_id=room.venue_id) == []
    let_run_out(held.pk)
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
    list_run_out, more = looks.list_run_out, [early]

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


def test_a_slower_run_does_not_forget_whom_a_quicker_one_found_refused(
    room: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one has read before ten o'clock came free, and writes what it knows after the other."""
    room.rules.max_active_per_customer = 1
    room.rules.save()
    taken = book(room, local(7, 10))
    own = book(room, local(8, 10), customer=Customer(name="First", email="first@example.com"))
    offer_what_came_free(venue_id=room.venue_id)
    wait(room, "first@example.com", 10, 10)
    record_answers, more = answers.record_answers, [taken]

    def record_late(*args: Any) -> None:
        while more:
            cancel_reservation(reservation_id=more.pop().pk, actor=Actor())
        record_answers(*args)

    monkeypatch.setattr(offering, "record_answers", record_late)
    offer_what_came_free(venue_id=room.venue_id)
    cancel_reservation(reservation_id=own.pk, actor=Actor())
    assert served() == ["first@example.com"]


def test_what_was_taken_and_undone_within_a_change_is_free(room: Resource) -> None:
    made = book(room, local(7, 10))
    wait(room, "first@example.com", 10, 10)
    assert offer_what_came_free(venue_id=room.venue_id) == []
    with transaction.atomic(), announcing_freed():
        cancel_reservation(reservation_id=made.pk, actor=Actor())
        with suppress(SlotTaken), transaction.atomic(), announcing_freed():
            book(room, local(7, 10))
            raise SlotTaken
    assert served() == ["first@example.com"]
