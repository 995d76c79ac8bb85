"""RFC 5546 and RFC 6047: what mail programs need to act upon an invitation."""

import email
from datetime import timedelta
from email.message import Message
from typing import Any

import icalendar
import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from calendars.invitations import attach_invitation, make_event_file, make_invitation, method_for
from calendars.links import event_url
from calendars.tests.helpers import address, as_customer, body
from reservations.domain.values import Actor, Customer
from reservations.models import Reservation
from reservations.selectors import reservations_in_detail
from reservations.services import cancel_reservation, reschedule_reservation
from resources.models import Resource
from tests.factories import at, book, hold, make_resource, make_user, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Mill; the old", email="mill@example.com", time_zone="America/New_York")
    open_always(venue)
    return make_resource(venue, name="Blue room")


def fresh(reservation: Reservation) -> Reservation:
    return reservations_in_detail().get(pk=reservation.pk)


def invited(reservation: Reservation, method: str = "") -> tuple[Any, Any]:
    found = fresh(reservation)
    name, content, mimetype = make_invitation(found, method=method or method_for(found), language="en")  # type: ignore[arg-type]
    assert name == "invite.ics"
    calendar: Any = icalendar.Calendar.from_ical(content)
    assert mimetype == f"text/calendar; method={calendar['method']}; charset=utf-8"
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_a_request_has_all_that_rfc_5546_wants(room: Resource) -> None:
    booked = book(room, at(7, 15))
    calendar, event = invited(booked)
    assert (calendar["version"], calendar["method"]) == ("2.0", "REQUEST")
    assert calendar["prodid"]
    assert event["uid"] == f"{booked.pk}@localhost"
    assert event["organizer"] == "mailto:mill@example.com"
    assert event["organizer"].params["CN"] == "Mill; the old"
    assert event["attendee"] == "mailto:ada@example.com"
    params = event["attendee"].params
    assert (params["PARTSTAT"], params["RSVP"], params["ROLE"]) == ("ACCEPTED", "FALSE", "REQ-PARTICIPANT")
    assert params["CN"] == "Ada Lovelace"
    assert event.decoded("dtstart") == booked.starts_at
    assert event["dtstart"].params["TZID"] == "America/New_York"
    assert [zone["tzid"] for zone in calendar.walk("VTIMEZONE")] == ["America/New_York"]
    assert event["status"] == "CONFIRMED"
    for name in ("dtstamp", "sequence", "summary", "location", "dtend"):
        assert name in event, name
    assert f"/bookings/{booked.pk}/" in event["description"]


def test_a_change_has_the_same_uid_and_a_higher_sequence(room: Resource) -> None:
    booked = book(room, at(7, 15))
    _, first = invited(booked)
    reschedule_reservation(reservation_id=booked.pk, start=at(8, 15), end=at(8, 16), actor=Actor())
    _, second = invited(booked)
    assert second["uid"] == first["uid"]
    assert second["sequence"] > first["sequence"]
    assert second.decoded("dtstart") == at(8, 15)
    assert second.decoded("dtstamp") >= first.decoded("dtstamp")


def test_a_cancellation_cancels(room: Resource) -> None:
    booked = book(room, at(7, 15), **as_customer(make_user()))
    _, first = invited(booked)
    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    calendar, event = invited(booked)
    assert calendar["method"] == "CANCEL"
    assert event["status"] == "CANCELLED"
    assert event["uid"] == first["uid"]
    assert event["sequence"] > first["sequence"]
    assert (event["organizer"], event["attendee"]) == (first["organizer"], first["attendee"])
    assert not event.walk("VALARM")


def test_the_alarm_is_the_customers_own(room: Resource) -> None:
    _, event = invited(book(room, **as_customer(make_user(reminder_hours=5))))
    assert [each.decoded("trigger") for each in event.walk("VALARM")] == [-timedelta(hours=5)]
    _, event = invited(book(room, at(8)))
    assert not event.walk("VALARM")  # guests were not asked


def test_without_an_address_of_the_venue_the_sender_organizes() -> None:
    _, event = invited(book(make_resource()))
    assert event["organizer"] == "mailto:holdfast@localhost"


def test_nobody_is_invited_to_what_is_called_off_or_to_nothing(room: Resource) -> None:
    booked = book(room)
    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    with pytest.raises(ValueError, match="cancelled"):
        make_invitation(fresh(booked), method="REQUEST", language="en")
    with pytest.raises(ValueError, match="address"):
        make_invitation(fresh(hold(room)), method="REQUEST", language="en")


def test_a_message_carries_it_as_an_alternative_and_as_a_file(room: Resource) -> None:
    booked = fresh(book(room, customer=Customer(name="Zoë 🎉", email="zoe@example.com")))
    message = EmailMultiAlternatives("Booked", "text", "mill@example.com", ["zoe@example.com"])
    message.attach_alternative("<p>html</p>", "text/html")
    attach_invitation(message, make_invitation(booked, method="REQUEST", language="en"))
    message.send()
    parts = {part.get_content_type(): part for part in email.message_from_bytes(_sent()).walk()}
    inline, attached = parts["text/calendar"], parts["application/ics"]
    assert inline.get_param("method") == "REQUEST"
    assert str(inline.get_param("charset")).lower() == "utf-8"
    assert inline.get_filename() is None
    assert attached.get_filename() == "invite.ics"
    texts = [_content(part) for part in (inline, attached)]
    assert texts[0].replace(b"\r\n", b"\n") == texts[1].replace(b"\r\n", b"\n")
    assert "Zoë 🎉".encode() in texts[0]
    assert parts["multipart/alternative"].get_payload()[-1] is inline  # type: ignore[index]


def _sent() -> bytes:
    return mail.outbox[-1].message().as_bytes()


def _content(part: Message) -> bytes:
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def test_one_booking_as_a_file_for_whoever_has_its_link(room: Resource) -> None:
    booked = fresh(book(room))
    path = address(event_url(booked))
    response = Client().get(path)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert f"{booked.code}.ics" in response["Content-Disposition"]
    assert body(response) == make_event_file(booked)[1]
    file: Any = icalendar.Calendar.from_ical(body(response))
    (event,) = file.walk("VEVENT")
    assert event["uid"] == f"{booked.pk}@localhost"
    assert Client().get(path.replace("/event", "0/event")).status_code == 404
    manage = Client().get(path.removesuffix("event.ics"))
    assert path in manage.content.decode()
