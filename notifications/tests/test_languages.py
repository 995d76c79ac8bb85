"""Guests have no account that says their language: the page on which they book or join says it."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation

from notifications.enums import Channel
from notifications.rendering import message_language, render_message
from notifications.samples import make_sample
from notifications.tests.helpers import send_all
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.links import token_for
from reservations.messages.names import BookingMessage
from reservations.models import Reservation
from reservations.services import cancel_reservation
from resources.models import Resource
from tests.factories import at, hold, make_resource, make_user
from waitlist.services import offer_freed_capacity

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADA = "ada@example.com"
DETAILS = {"name": "Ada", "email": ADA, "phone": "", "requests": ""}


@pytest.fixture
def room() -> Resource:
    return make_resource(name="Blue room")


def subjects() -> list[str]:
    send_all()
    return [str(sent.subject) for sent in mail.outbox if ADA in sent.to[0]]


def booked_in(language: str, room: Resource) -> Reservation:
    reservation = hold(room, at(3))
    address = reverse("reservation-details", args=[reservation.pk, token_for(reservation)])
    answer = Client().post(address, DETAILS, headers={"Accept-Language": language})
    assert answer.status_code == 302
    return reservation


@pytest.mark.parametrize(
    ("language", "word"), [("de-CH, en", "Bestätigt"), ("en", "Confirmed"), ("fr", "Confirmed")]
)
def test_guest_gets_mails_in_the_language_of_the_page(room: Resource, language: str, word: str) -> None:
    booked_in(language, room)
    assert [subject.partition(":")[0] for subject in subjects()] == [word]


def test_later_mails_keep_the_guests_language_whoever_causes_them(room: Resource) -> None:
    reservation = booked_in("de", room)
    subjects()
    with translation.override("en"):  # as staff do, on their own pages
        cancel_reservation(reservation_id=reservation.pk, actor=Actor(source=Source.STAFF), waive_fee=True)
    assert subjects()[-1].startswith("Storniert: ")


def test_waitlist_answers_in_the_language_in_which_a_guest_joined(room: Resource) -> None:
    wish = {
        "date": at(3).date().isoformat(),
        "duration": "60",
        "party_size": "1",
        "earliest": "",
        "latest": "",
    }
    address = reverse("waitlist-join", args=[room.uuid])
    answer = Client().post(address, DETAILS | wish, headers={"Accept-Language": "de"})
    assert answer.status_code == 302
    assert subjects()[-1].startswith("Sie stehen auf der Warteliste")
    offer_freed_capacity(venue_id=room.venue_id)
    assert subjects()[-1].startswith("Termin frei geworden")


@pytest.mark.parametrize(("language", "direction"), [("de", "ltr"), ("he", "rtl")])
def test_mails_run_in_the_direction_of_their_language(room: Resource, language: str, direction: str) -> None:
    made = render_message(make_sample(BookingMessage.CONFIRMED, Channel.EMAIL, room.venue), language)
    assert f'<html lang="{language}" dir="{direction}">' in made.html


def test_americans_read_their_own_clock_in_mails_too(room: Resource) -> None:
    reservation = booked_in("en-US,en;q=0.9", room)
    send_all()
    cancel_reservation(reservation_id=reservation.pk, actor=Actor(source=Source.STAFF), waive_fee=True)
    send_all()
    clock = f"{reservation.local_start:%I:%M %p}".lstrip("0").replace(" ", "\N{NO-BREAK SPACE}")
    bodies = [str(sent.body) for sent in mail.outbox if ADA in sent.to[0]]
    assert len(bodies) == 2
    assert all(clock in body for body in bodies)


def test_an_account_in_english_takes_its_region_from_the_browser(room: Resource) -> None:
    sample = make_sample(BookingMessage.CONFIRMED, Channel.EMAIL, room.venue)
    sample.user = make_user(language="en")
    for said, spoken in (("en-us", "en-us"), ("", "en"), ("de", "en")):
        sample.language = said
        assert message_language(sample) == spoken
