"""Those who wait are told that they do, of every offer, and of its end."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from common import clock
from notifications.enums import MessageStatus
from notifications.models import Message
from notifications.tests.helpers import html_of, kinds_to, send_all
from reservations.domain.values import Actor, Customer
from reservations.services import cancel_reservation
from resources.models import Resource
from tests.factories import at, book, make_resource, make_user
from waitlist.links import token_for
from waitlist.messages.names import WaitlistMessage
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services import accept_offer, expire_offers, join_waitlist, offer_freed_capacity

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BEA = Customer(name="Bea", email="bea@example.com")


def join(room: Resource, customer: Customer = BEA) -> WaitlistEntry:
    return join_waitlist(
        venue_id=room.venue_id,
        resource_id=room.pk,
        preferred_on=at().date(),
        duration=60,
        customer=customer,
        actor=Actor(customer.user),
    )


def offered(customer: Customer = BEA) -> WaitlistOffer:
    """Somebody waited, and a time became free."""
    room = make_resource(name="Blue room")
    join(room, customer)
    (offer,) = offer_freed_capacity(venue_id=room.venue_id)
    return offer


def test_joining_tells_the_place(outbox: list[Any], settings: Settings) -> None:
    settings.SITE_URL = "https://book.example"
    room = make_resource(name="Blue room")
    join(room, Customer(name="Cem", email="cem@example.com"))
    entry = join(room)
    send_all()
    mail = outbox[-1]
    assert mail.subject.startswith("You're on the waitlist: Blue room")
    assert "Position: 2" in mail.body
    assert f"https://book.example/waitlist/{entry.pk}/{token_for(entry)}/" in mail.body


def test_an_offer_has_a_deadline_and_a_link(outbox: list[Any]) -> None:
    offer = offered()
    send_all()
    mail = outbox[-1]
    zone = offer.reservation.venue.zone
    for text in (mail.body, html_of(mail)):
        assert f"{offer.deadline_at.astimezone(zone):%H:%M} (Berlin time)" in text
        assert f"/waitlist/{offer.entry_id}/{token_for(offer.entry)}/" in text
    assert kinds_to(BEA.email) == [WaitlistMessage.JOINED, WaitlistMessage.OFFERED]


def test_accepting_is_a_booking_like_any_other() -> None:
    accept_offer(offer_id=offered().pk, actor=Actor())
    assert kinds_to(BEA.email)[2:] == ["confirmed"]


def test_an_offer_that_expired_is_told_once() -> None:
    offer = offered()
    after = offer.deadline_at + timedelta(seconds=1)
    expire_offers(now=after)
    expire_offers(now=after)
    assert kinds_to(BEA.email)[2:] == [WaitlistMessage.EXPIRED]


def test_an_offer_that_is_over_is_not_sent_any_more(outbox: list[Any]) -> None:
    accept_offer(offer_id=offered().pk, actor=Actor())
    send_all()
    assert Message.objects.get(kind=WaitlistMessage.OFFERED).status == MessageStatus.CANCELLED
    assert [mail.subject.split(":")[0] for mail in outbox] == ["You're on the waitlist", "Confirmed"]


def test_urgent_news_go_to_the_phone_of_who_wants_them(texts: dict[str, tuple[str, str]]) -> None:
    user = make_user(phone="+4915112345678", wants_sms=True)
    offer = offered(Customer.from_user(user))
    send_all()
    ((number, text),) = texts.values()
    assert number == "+4915112345678"
    assert token_for(offer.entry) in text


@pytest.mark.parametrize(
    "fields", [{"phone": "+4915112345678"}, {"wants_sms": True}, {"phone": "", "wants_sms": True}]
)
def test_nobody_else_gets_text_messages(fields: dict[str, Any], texts: dict[str, Any]) -> None:
    offered(Customer.from_user(make_user(**fields)))
    book(make_resource())
    send_all()
    assert texts == {}


def test_changes_and_cancellations_are_urgent(texts: dict[str, tuple[str, str]]) -> None:
    user = make_user(phone="+4915112345678", wants_sms=True)
    reservation = book(make_resource(), customer=Customer.from_user(user), actor=Actor(user))
    cancel_reservation(reservation_id=reservation.pk, actor=Actor(user), now=clock.now())
    send_all()
    send_all()
    ((_number, text),) = texts.values()
    assert reservation.code in text
    assert text.endswith("is cancelled.")
