"""Text messages about one booking: only with consent, which its customer gives and takes back."""

from typing import Any

import pytest
from django.test import Client

from accounts.privacy import build_document_of, erase_person, guest_with
from common import clock
from notifications.enums import Channel, MessageStatus
from notifications.models import Message
from notifications.tests.helpers import send_all
from reservations.domain.values import Actor, Customer, Reply, ReservationChanges
from reservations.enums import Consent, EventKind, Source
from reservations.models import Reservation
from reservations.services import cancel_reservation, confirm_hold, edit_reservation
from reservations.tests.api_helpers import booked, local, post, wanted
from resources.models import Resource
from tests.factories import at, book, hold, make_member, make_resource

pytestmark = pytest.mark.django_db
PHONE = "+4915112345678"
GUEST = Customer(None, "Ada Lovelace", "ada@example.com", PHONE)
AGREED = Reply(texts_agreed=Consent.PAGE)


@pytest.fixture
def room() -> Resource:
    return make_resource()


def patch(client: Client, booking: dict[str, Any], **fields: Any) -> Any:
    return client.patch(
        f"/api/reservations/{booking['id']}",
        fields,
        content_type="application/json",
        headers={"X-Reservation-Token": booking["manage_token"]},
    ).json()


def recorded(reservation: Reservation) -> list[tuple[str, Any]]:
    events = reservation.events.filter(changes__has_key="texts_agreed_how")
    return [(event.kind, event.changes["texts_agreed_how"]) for event in events]


def test_a_guest_who_agreed_is_texted_and_no_other(room: Resource, texts: dict[str, tuple[str, str]]) -> None:
    silent = book(room, at(7, 10), customer=GUEST)
    held = hold(room, at(7, 12))
    confirmed = confirm_hold(reservation_id=held.pk, customer=GUEST, actor=Actor(), reply=AGREED)
    nameless = book(room, at(7, 14), customer=Customer(None, "Ada", "ada@example.com"), reply=AGREED)
    for each in (silent, confirmed, nameless):
        cancel_reservation(reservation_id=each.pk, actor=Actor())
    send_all()
    ((number, text),) = texts.values()
    assert (number, confirmed.code in text) == (PHONE, True)
    assert recorded(confirmed) == [(EventKind.BOOKED, ["", "page"])]


def test_what_waits_is_not_sent_after_it_was_taken_back(room: Resource, texts: dict[str, Any]) -> None:
    made = book(room, at(7, 10), customer=GUEST, reply=AGREED)
    later = ReservationChanges(start=at(7, 12), end=at(7, 13))
    edit_reservation(reservation_id=made.pk, changes=later, actor=Actor())
    stop = ReservationChanges(texts_agreed="")
    edit_reservation(reservation_id=made.pk, changes=stop, actor=Actor())
    send_all()
    assert texts == {}
    assert Message.objects.get(channel=Channel.SMS).status == MessageStatus.CANCELLED
    made.refresh_from_db()
    assert (made.texts_agreed_at, made.texts_agreed_how) == (None, "")
    assert recorded(made) == [(EventKind.BOOKED, ["", "page"]), (EventKind.EDITED, ["page", ""])]


def test_the_api_takes_it_and_takes_it_back_and_tells_nobody(client: Client, room: Resource) -> None:
    boss = make_member(room.venue, email="boss@example.com")
    silent = booked(client, room)
    made = booked(client, room, time="12:00", sms_updates=True)
    Message.objects.all().delete()
    assert (silent["sms_updates"], made["sms_updates"]) == (False, True)
    assert patch(client, silent, sms_updates=True)["sms_updates"] is True
    assert patch(client, silent, sms_updates=True, special_requests="x")["sms_updates"] is True
    assert patch(client, silent, sms_updates=False)["sms_updates"] is False
    assert Message.objects.filter(recipient=boss.email).count() == 1  # of the wish alone
    history = client.get(
        f"/api/reservations/{silent['id']}/history", headers={"X-Reservation-Token": silent["manage_token"]}
    ).json()
    told = [
        event["changes"]["sms_updates"] for event in history["results"] if "sms_updates" in event["changes"]
    ]
    assert told == [[False, True], [True, False]]


def test_staff_write_down_what_they_were_told(client: Client, room: Resource) -> None:
    client.force_login(make_member(room.venue))
    made = post(client, "/api/reservations", wanted(room, sms_updates=True, as_staff=True)).json()
    booking = Reservation.objects.get(pk=made["id"])
    event = booking.events.get()
    assert (booking.texts_agreed_how, event.source, event.actor is not None) == ("phone", Source.STAFF, True)
    assert abs(booking.texts_agreed_at - clock.now()).total_seconds() < 3600 if booking.texts_agreed_at else 0
    series = wanted(room, sms_updates=True, as_staff=True, date=f"{local(9):%Y-%m-%d}")
    dates = post(client, "/api/series", series | {"rule": "FREQ=DAILY;COUNT=2"}).json()["reservations"]
    assert [date["sms_updates"] for date in dates] == [True, True]


def test_it_is_handed_out_and_erased_with_the_rest(room: Resource) -> None:
    made = book(room, at(7, 10), customer=GUEST, reply=AGREED)
    person = guest_with(GUEST.email)
    (told,) = build_document_of(person)["bookings"]
    assert (told["texts_agreed_how"], told["texts_agreed_at"] is not None) == ("page", True)
    assert told["history"][0]["changes"] == {"texts_agreed_how": ["", "page"]}
    erase_person(person)
    made.refresh_from_db()
    assert (made.texts_agreed_at, made.texts_agreed_how, recorded(made)) == (None, "", [])
