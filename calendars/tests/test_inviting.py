"""Mails about bookings carry invitations that calendars act upon (RFC 5546, 6047)."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from icalendar import Calendar
from pytest_django import Settings

from notifications.channels.email import build_mail
from notifications.models import Message
from notifications.services.resending import resend_message
from notifications.tests.helpers import send_all
from reservations.domain.values import Actor
from reservations.models import Reservation
from reservations.services import (
    cancel_reservation,
    confirm_reservation,
    decline_reservation,
    record_payment,
    reschedule_reservation,
)
from resources.enums import Approval
from tests.factories import at, book, make_resource, make_rules, make_user, make_venue, open_always

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def invitations(mail: Any) -> tuple[Any, Any]:
    """The calendar that mail programs read and the file to open, which say the same."""
    types = ("text/calendar", "application/ics")
    shown, file = (part for part in mail.message().walk() if part.get_content_type() in types)
    assert text_of(shown) == text_of(file)
    assert file.get_filename() == "invite.ics"
    return shown, Calendar.from_ical(file.get_payload(decode=True))


def text_of(part: Any) -> list[bytes]:
    return list(part.get_payload(decode=True).splitlines())


def read(mail: Any) -> tuple[str, str, int, str]:
    """METHOD, UID, SEQUENCE and STATUS; the MIME type names the same method."""
    shown, calendar = invitations(mail)
    (event,) = calendar.walk("VEVENT")
    assert shown.get_param("method") == calendar["METHOD"]
    assert shown.get_content_charset() == "utf-8"
    return str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"]), str(event["STATUS"])


def last(mailoutbox: list[Any]) -> Any:
    send_all()
    return mailoutbox[-1]


def waiting_for_approval() -> Reservation:
    venue = make_venue()
    open_always(venue)
    return book(make_resource(venue, rules=make_rules(venue, approval=Approval.MANUAL)))


def test_one_event_through_its_life(mailoutbox: list[Any]) -> None:
    booked = book(make_resource())
    method, uid, first, status = read(last(mailoutbox))
    assert (method, status) == ("REQUEST", "CONFIRMED")

    reschedule_reservation(
        reservation_id=booked.pk, start=at(8, 15), end=at(8, 15) + timedelta(hours=1), actor=Actor()
    )
    mail = last(mailoutbox)
    assert read(mail) == ("REQUEST", uid, first + 1, "CONFIRMED")
    _shown, calendar = invitations(mail)
    assert calendar.walk("VEVENT")[0].decoded("DTSTART") == at(8, 15)
    assert "ada@example.com" in str(calendar.walk("VEVENT")[0]["ATTENDEE"]).lower()

    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    assert read(last(mailoutbox)) == ("CANCEL", uid, first + 2, "CANCELLED")


def test_a_request_is_tentative_until_it_is_answered(mailoutbox: list[Any]) -> None:
    asked = waiting_for_approval()
    method, uid, first, status = read(last(mailoutbox))
    assert (method, status) == ("REQUEST", "TENTATIVE")
    confirm_reservation(reservation_id=asked.pk, actor=Actor())
    assert read(last(mailoutbox)) == ("REQUEST", uid, first + 1, "CONFIRMED")

    other = waiting_for_approval()
    decline_reservation(reservation_id=other.pk, actor=Actor())
    method, _uid, _sequence, status = read(last(mailoutbox))
    assert (method, status) == ("CANCEL", "CANCELLED")


def test_a_late_mail_announces_nothing_that_was_called_off(mailoutbox: list[Any]) -> None:
    booked = book(make_resource())
    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    send_all()
    assert [read(mail)[0] for mail in mailoutbox] == ["CANCEL", "CANCEL"]


def test_mails_about_other_things_carry_none(mailoutbox: list[Any]) -> None:
    booked = book(make_resource(hourly_rate=20))
    record_payment(reservation_id=booked.pk, amount=Decimal(5), actor=Actor())
    send_all()
    receipt = next(mail for mail in mailoutbox if "ayment" in mail.subject)
    assert not receipt.attachments
    assert [each.mimetype for each in receipt.alternatives] == ["text/html"]


def test_providers_get_a_file_that_says_what_it_is(settings: Settings) -> None:
    book(make_resource())
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    mail = build_mail(Message.objects.get())
    (file,) = mail.attachments
    assert file[2] == "text/calendar; method=REQUEST; charset=utf-8"
    assert len(mail.alternatives) <= 1


def test_what_is_sent_again_is_about_the_present(mailoutbox: list[Any]) -> None:
    booked = book(make_resource())
    send_all()
    cancel_reservation(reservation_id=booked.pk, actor=Actor())
    send_all()
    resend_message(message=Message.objects.order_by("created_at")[0], by=make_user("desk@example.com"))
    assert read(last(mailoutbox))[0] == "CANCEL"
