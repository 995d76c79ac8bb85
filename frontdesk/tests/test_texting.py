"""Staff write down a consent to text messages that they were told, and its end."""

import pytest
from pytest_django import Settings

from frontdesk.tests.planning_helpers import NEW, asked, changed, edit, signed_in
from reservations.models import Reservation
from resources.models import Resource
from tests.factories import at, make_member, make_resource

pytestmark = [pytest.mark.django_db, pytest.mark.once]
PHONE = "+4915112345678"


@pytest.fixture
def room(settings: Settings) -> Resource:
    settings.SMS_BACKEND = "notifications.channels.sms.MemorySms"
    return make_resource()


def test_staff_write_down_and_take_back_what_they_were_told(room: Resource) -> None:
    staff = make_member(room.venue)
    client = signed_in(staff)
    assert client.post(NEW, asked(room, texts_agreed="on")).status_code == 400
    client.post(NEW, asked(room, texts_agreed="on", phone=PHONE))
    made = Reservation.objects.get()
    event = made.events.get()
    assert (made.texts_agreed_how, event.actor, event.changes) == (
        "phone",
        staff,
        {"texts_agreed_how": ["", "phone"]},
    )
    assert "In person or by phone" in client.get(edit(made)).content.decode()
    client.post(edit(made), changed(made, at(7)))
    made.refresh_from_db()
    assert (made.texts_agreed_how, made.texts_agreed_at) == ("", None)
    client.post(edit(made), changed(made, at(7), texts_agreed="on"))
    made.refresh_from_db()
    assert made.texts_agreed_how == "phone"


def test_nothing_is_asked_where_no_text_messages_are_sent(room: Resource, settings: Settings) -> None:
    settings.SMS_BACKEND = "notifications.channels.sms.ConsoleSms"
    client = signed_in(make_member(room.venue))
    assert "texts_agreed" not in client.get(NEW, {"venue": room.venue.slug}).content.decode()
    client.post(NEW, asked(room, texts_agreed="on", phone=PHONE))
    assert Reservation.objects.get().texts_agreed_at is None
