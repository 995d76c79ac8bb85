"""What happens to a booking reaches its customer and the venue's people, once each."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from notifications.models import Message
from notifications.tests.helpers import html_of, kinds, kinds_to, send_all
from reservations.domain.values import Actor, Customer, Reply, ReservationChanges
from reservations.enums import Source
from reservations.links import manage_path
from reservations.messages.names import BookingMessage
from reservations.models import Reservation
from reservations.services import (
    cancel_reservation,
    check_in,
    confirm_hold,
    confirm_reservation,
    decline_reservation,
    edit_reservation,
    mark_no_show,
    record_payment,
    reschedule_reservation,
)
from reservations.signals import reservations_recorded
from resources.enums import Approval, Role
from resources.models import Question
from tests.factories import (
    GUEST,
    at,
    book,
    hold,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
)

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADA = "ada@example.com"
STAFF = Actor(source=Source.STAFF)


def test_a_booking_through_the_api_is_confirmed_once(
    client: Client, outbox: list[Any], settings: Settings
) -> None:
    settings.SITE_URL = "https://book.example"
    room = make_resource(name="Blue room")
    boss = make_member(room.venue, Role.MANAGER, email="boss@example.com")
    body = {
        "resource_id": str(room.uuid),
        "start": at(7, 10).isoformat(),
        "duration": 60,
        "customer_info": {"name": "Ada Lovelace", "email": ADA},
    }
    for _turn in range(2):
        answer = client.post(
            "/api/reservations", body, content_type="application/json", headers={"Idempotency-Key": "one"}
        )
        assert answer.status_code in (200, 201), answer.content
    send_all()
    send_all()
    reservation = Reservation.objects.get()
    to_ada, to_boss = sorted(outbox, key=lambda mail: str(mail.to[0]))
    assert to_ada.to == [f"Ada Lovelace <{ADA}>"]
    assert "Blue room" in to_ada.subject
    for text in (to_ada.body, html_of(to_ada)):
        assert reservation.code in text
        assert "(Berlin time)" in text
        assert f"https://book.example{manage_path(reservation)}" in text
        assert "€25.00" in text
    assert boss.email in to_boss.to[0]
    assert "Ada Lovelace" in to_boss.body
    assert manage_path(reservation) not in to_boss.body + html_of(to_boss)


def test_a_request_and_its_answer() -> None:
    venue = make_venue()
    open_always(venue)
    make_member(venue, Role.STAFF, email="staff@example.com")
    room = make_resource(venue, rules=make_rules(venue, approval=Approval.MANUAL))
    confirmed, declined = book(room), book(room, at(8))
    confirm_reservation(reservation_id=confirmed.pk, actor=STAFF)
    decline_reservation(reservation_id=declined.pk, actor=STAFF, reason="Closed for painting")
    assert kinds_to(ADA) == [
        BookingMessage.REQUESTED,
        BookingMessage.REQUESTED,
        BookingMessage.CONFIRMED,
        BookingMessage.DECLINED,
    ]
    assert kinds_to("staff@example.com") == [BookingMessage.STAFF_APPROVAL, BookingMessage.STAFF_APPROVAL]


def test_a_hold_is_nobodys_business_until_it_is_booked() -> None:
    held = hold(make_resource())
    assert kinds() == []
    confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor())
    assert kinds() == [BookingMessage.CONFIRMED]


def test_a_hold_that_is_given_up_says_nothing() -> None:
    held = hold(make_resource())
    cancel_reservation(reservation_id=held.pk, actor=Actor())
    assert kinds() == []


def test_cancelling_tells_the_fee_and_the_refund(outbox: list[Any]) -> None:
    venue = make_venue(email="venue@example.com")
    open_always(venue)
    policy = make_policy(venue, (0, "50", "0"))
    room = make_resource(venue, cancellation_policy=policy)
    reservation = book(room)
    record_payment(reservation_id=reservation.pk, amount=Decimal(25), actor=STAFF)
    cancel_reservation(reservation_id=reservation.pk, actor=Actor(), reason="ill")
    send_all()
    assert kinds_to(ADA) == [BookingMessage.CONFIRMED, BookingMessage.PAYMENT, BookingMessage.CANCELLED]
    assert kinds_to("venue@example.com") == [BookingMessage.STAFF_BOOKING, BookingMessage.STAFF_CANCELLED]
    told = next(mail for mail in outbox if mail.subject.startswith("Cancelled") and ADA in mail.to[0])
    assert "Cancellation fee: €12.50" in told.body
    assert "Refund: €12.50" in told.body
    assert "Reason: ill" in html_of(told)
    assert told.reply_to == ["venue@example.com"]


def test_free_cancelling_speaks_of_no_fee(outbox: list[Any]) -> None:
    reservation = book(make_resource())
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())
    send_all()
    assert not re.search(r"\bfee\b", outbox[-1].body)  # the letters alone may stand in a link's secret
    assert "\n\n\n" not in outbox[-1].body


def test_moving_tells_old_and_new(outbox: list[Any]) -> None:
    room = make_resource()
    make_member(room.venue, Role.STAFF, email="staff@example.com")
    reservation = book(room, at(7, 10))
    start = at(8, 12)
    reschedule_reservation(
        reservation_id=reservation.pk, start=start, end=start + timedelta(hours=1), actor=Actor()
    )
    send_all()
    told = next(mail for mail in outbox if mail.subject.startswith("Changed:") and ADA in mail.to[0])
    zone = room.venue.zone
    assert f"{start.astimezone(zone):%H:%M}" in told.body
    assert f"Previous time: {at(7, 10).astimezone(zone):%A}" in told.body
    assert kinds_to("staff@example.com") == [BookingMessage.STAFF_BOOKING, BookingMessage.STAFF_CHANGED]


def test_staff_hear_of_other_wishes(outbox: list[Any]) -> None:
    room = make_resource()
    make_member(room.venue, Role.STAFF, email="staff@example.com")
    reservation = book(room)
    edit_reservation(
        reservation_id=reservation.pk, changes=ReservationChanges(requests="A high chair"), actor=Actor()
    )
    send_all()
    assert kinds_to("staff@example.com") == [BookingMessage.STAFF_BOOKING, BookingMessage.STAFF_CHANGED]
    assert kinds_to(ADA) == [BookingMessage.CONFIRMED]
    told = next(mail for mail in outbox if mail.subject.startswith("Changed by"))
    assert "Special requests: A high chair" in told.body


def test_staff_hear_what_was_answered(outbox: list[Any]) -> None:
    room = make_resource()
    make_member(room.venue, Role.STAFF, email="staff@example.com", language="de")
    vegan = Question.objects.create(venue=room.venue, text="Vegan?", kind="yes_no")
    nuts = Question.objects.create(venue=room.venue, text="Allergies?")
    book(room, reply=Reply({vegan.pk: "no", nuts.pk: "<b>Nuts</b>"}))
    send_all()
    told = {mail.to[0]: mail for mail in outbox}
    assert "Antworten: Vegan? Nein; Allergies? <b>Nuts</b>" in told["staff@example.com"].body
    assert "&lt;b&gt;Nuts" in html_of(told["staff@example.com"])
    assert "Nuts" not in next(mail.body for to, mail in told.items() if ADA in to)


def test_another_price_alone_is_no_news() -> None:
    reservation = book(make_resource())
    later = reservation.ends_at + timedelta(hours=1)
    longer = ReservationChanges(start=reservation.starts_at, end=later)
    edit_reservation(reservation_id=reservation.pk, changes=longer, actor=STAFF)
    assert kinds_to(ADA) == [BookingMessage.CONFIRMED, BookingMessage.CHANGED]
    event = reservation.events.latest("id")
    event.changes = {"total_amount": ["25.00", "30.00"]}
    reservations_recorded.send(Reservation, events=[event])
    assert kinds_to(ADA) == [BookingMessage.CONFIRMED, BookingMessage.CHANGED]


def test_arriving_and_not_coming() -> None:
    reservation = book(make_resource())
    check_in(reservation_id=reservation.pk, actor=STAFF, now=reservation.starts_at)
    other = book(make_resource())
    mark_no_show(reservation_id=other.pk, actor=STAFF, now=other.starts_at)
    assert kinds_to(ADA) == [
        BookingMessage.CONFIRMED,
        BookingMessage.CHECK_IN,
        BookingMessage.CONFIRMED,
        BookingMessage.NO_SHOW,
    ]


def test_staff_are_not_told_of_what_staff_do() -> None:
    room = make_resource()
    boss = make_member(room.venue, Role.MANAGER)
    book(room, actor=Actor(boss, Source.STAFF))
    assert kinds() == [BookingMessage.CONFIRMED]


def test_who_wants_no_notices_gets_none() -> None:
    room = make_resource()
    for role, email in (("facilitator", "f@example.com"), ("staff", "s@example.com"), ("staff", "t@x.de")):
        make_member(room.venue, role, email=email)
    room.venue.memberships.filter(user__email="t@x.de").update(wants_notices=False)
    book(room)
    staff = Message.objects.filter(kind=BookingMessage.STAFF_BOOKING)
    assert [message.recipient for message in staff] == ["s@example.com"]


def test_imports_and_blocks_say_nothing() -> None:
    room = make_resource()
    make_member(room.venue, Role.MANAGER)
    book(room, actor=Actor(source=Source.IMPORT))
    assert kinds() == []


def test_a_refused_booking_leaves_no_message() -> None:
    room = make_resource()
    book(room)
    with pytest.raises(Exception, match="taken"):
        book(room)
    assert kinds() == [BookingMessage.CONFIRMED]


def test_languages_and_zones_are_the_customers(outbox: list[Any]) -> None:
    user = make_user(ADA, language="de", time_zone="Asia/Tokyo")
    room = make_resource()
    reservation = book(room, at(7, 10), customer=Customer.from_user(user), actor=Actor(user))
    send_all()
    (mail,) = outbox
    assert mail.subject.startswith("Bestätigt:")
    assert "19:00 – 20:00 (Ortszeit Tokio)" in mail.body
    assert 'lang="de"' in html_of(mail)
    assert reservation.code in mail.body


def test_a_guest_is_answered_in_the_language_of_the_page(client: Client, outbox: list[Any]) -> None:
    room = make_resource()
    body = {
        "resource_id": str(room.uuid),
        "start": at(7, 10).isoformat(),
        "duration": 60,
        "customer_info": {"name": "Ada Lovelace", "email": ADA},
    }
    client.post("/api/reservations", body, content_type="application/json", headers={"Accept-Language": "de"})
    reservation = Reservation.objects.get()
    cancel_reservation(reservation_id=reservation.pk, actor=STAFF)
    send_all()
    assert [mail.subject.split(":")[0] for mail in outbox] == ["Bestätigt", "Storniert"]


def test_a_confirmation_says_until_when_cancelling_is_free_and_what_is_due(outbox: list[Any]) -> None:
    venue = make_venue(city="Berlin")
    open_always(venue)
    policy = make_policy(venue, (24, "100", "0"))
    room = make_resource(venue, hourly_rate=Decimal(25), cancellation_policy=policy)
    booked = book(room)
    send_all()
    mail = outbox[-1]
    free_until = (booked.starts_at - timedelta(days=1)).astimezone(venue.zone)
    assert "Amount due: €25.00" in mail.body
    until = f"{free_until:%a, %-d %b %Y, %H:%M}"
    assert f"Cancellation: Free cancellation until {until}. After that 100% (€25.00)." in mail.body
    for text in (mail.body, html_of(mail)):
        assert f"{manage_path(booked)}event.ics" in text
        assert "https://www.openstreetmap.org/search?query=" in text
    assert html_of(mail).count('class="button"') == 1, "the other links are quiet"
