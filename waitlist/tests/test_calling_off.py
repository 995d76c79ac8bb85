"""What people wait for will not be: they hear why, and wait no more."""

from typing import Any

import pytest
from django.test import Client

from notifications.models import Message
from notifications.rendering import render_message
from reservations.domain.values import Actor, Customer
from reservations.enums import Source, Status
from reservations.models import Reservation
from reservations.services import cancel_many
from tests.factories import at, book, make_resource
from waitlist.exceptions import EntryNotFound
from waitlist.links import entry_path
from waitlist.messages.names import WaitlistMessage
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import end_waiting, leave_waitlist, offer_freed_capacity
from waitlist.tests.helpers import join, offer

pytestmark = pytest.mark.django_db
STAFF = Actor(source=Source.STAFF)
REASON = "The teacher is ill."


def wait(resource: Any, name: str, **fields: Any) -> WaitlistEntry:
    customer = Customer(name=name.title(), email=f"{name}@example.com")
    return join(resource, customer=customer, duration=60, party_size=1, **fields)


def test_they_hear_why_and_what_is_cancelled_is_not_offered_to_them(client: Client) -> None:
    room = make_resource(name="Yoga")
    booked = book(room, at(7, 10))
    waiting, gone = wait(room, "ada"), wait(room, "bob")
    leave_waitlist(entry_id=gone.pk, actor=STAFF)

    ended = end_waiting(entry_ids=[waiting.pk, gone.pk], reason=REASON, actor=STAFF)
    cancel_many(ids=[booked.pk], actor=STAFF, reason=REASON)
    offer_freed_capacity(venue_id=room.venue_id)

    assert ended == [waiting]
    assert not WaitlistOffer.objects.exists()
    assert list(WaitlistEntry.objects.order_by("pk").values_list("status", "end_reason")) == [
        ("called_off", REASON),
        ("left", ""),
    ]
    message = Message.objects.get(kind=WaitlistMessage.CALLED_OFF)
    made = render_message(message, "en")
    assert message.recipient == "ada@example.com"
    assert "Called off: Yoga" in made.subject
    assert REASON in made.text
    page = client.get(entry_path(waiting)).content.decode()
    assert "This was called off." in page
    assert REASON in page
    assert "Your waitlists" not in page
    assert "your place in the queue" not in page
    assert end_waiting(entry_ids=[waiting.pk], reason="Again", actor=STAFF) == []
    assert Message.objects.filter(kind=WaitlistMessage.CALLED_OFF).count() == 1


def test_what_is_held_for_them_is_released() -> None:
    entry = join(make_resource())
    made = offer(entry)
    end_waiting(entry_ids=[entry.pk], reason=REASON, actor=STAFF)
    made.refresh_from_db()
    assert made.outcome == WaitlistOffer.Outcome.DECLINED
    assert Reservation.objects.get(pk=made.reservation_id).status == Status.EXPIRED


def test_all_or_none() -> None:
    room = make_resource()
    entry = wait(room, "ada")
    with pytest.raises(EntryNotFound):
        end_waiting(entry_ids=[entry.pk, room.venue.uuid], reason=REASON, actor=STAFF)
    entry.refresh_from_db()
    assert entry.status == "waiting"
