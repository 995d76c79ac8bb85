"""Invitations by mail (iMIP, RFC 6047): bookings, changes and cancellations reach the customer's calendar."""

from dataclasses import replace
from typing import Literal

from django.core.mail import EmailMultiAlternatives
from django.utils.translation import override

from calendars.feeds import alarm_of
from calendars.ical import IcalCalendar, IcalEvent, Participant, write_calendar
from calendars.ical_rows import CALLED_OFF, STATUS, Reader, read_ical_event
from reservations.enums import Status
from reservations.models import Reservation

Method = Literal["REQUEST", "CANCEL"]
FILE_NAME = "invite.ics"


def make_invitation(reservation: Reservation, *, method: Method, language: str) -> tuple[str, bytes, str]:
    """File name, content and MIME type; the SEQUENCE rises with every change, so a later message wins.

    Raises ``ValueError`` without an email address, and for a ``REQUEST`` about a cancelled reservation.
    """
    if not reservation.customer_email:
        raise ValueError("Nobody can be invited without an email address.")
    with override(language):
        event = _invited_event(reservation, method)
    if method == "REQUEST" and event.status == CALLED_OFF:
        raise ValueError(f"A reservation that is {reservation.status} is cancelled, not announced.")
    return make_file(event, method)


def make_file(event: IcalEvent, method: Method) -> tuple[str, bytes, str]:
    return FILE_NAME, write_invitation(event, method), f"text/calendar; method={method}; charset=utf-8"


def _invited_event(reservation: Reservation, method: Method) -> IcalEvent:
    reader = Reader(is_own=True, alarm=alarm_of(reservation.customer) if method == "REQUEST" else None)
    event = read_ical_event(reservation, reader)
    attendee = Participant(reservation.customer_name, reservation.customer_email)
    if method == "CANCEL":
        event = replace(event, status=CALLED_OFF, is_opaque=False, alarm=None)
    return replace(event, attendee=attendee)


def write_invitation(event: IcalEvent, method: str) -> bytes:
    return write_calendar(
        IcalCalendar(method, zones=(event.zone,), first=event.starts_at, last=event.ends_at), [event]
    )


def method_for(reservation: Reservation) -> Method:
    return "CANCEL" if STATUS.get(Status(reservation.status)) == CALLED_OFF else "REQUEST"


def make_event_file(reservation: Reservation) -> tuple[str, bytes]:
    event = read_ical_event(reservation, Reader(is_own=True, alarm=alarm_of(reservation.customer)))
    return f"{reservation.code}.ics", write_invitation(event, "PUBLISH")


def attach_invitation(message: EmailMultiAlternatives, invitation: tuple[str, bytes, str]) -> None:
    """Twice, as programs differ: as an alternative that mail programs act upon, and as a file."""
    name, content, mimetype = invitation
    message.attach_alternative(content.decode(), mimetype)
    message.attach(name, content, "application/ics")
