"""Invitations by e-mail (iMIP, RFC 6047): booking, change and cancellation reach the customer's calendar."""

from dataclasses import replace
from typing import Literal

from django.core.mail import EmailMultiAlternatives
from django.utils.translation import override

from calendars.facts import CALLED_OFF, STATUS, Reader, facts_of
from calendars.feeds import alarm_of
from calendars.ical import CalendarFacts, EventFacts, Person, whole
from reservations.enums import Status
from reservations.models import Reservation

Method = Literal["REQUEST", "CANCEL"]
FILE_NAME = "invite.ics"


def invitation_for(reservation: Reservation, *, method: Method, language: str) -> tuple[str, bytes, str]:
    """File name, content and MIME type of the invitation as it stands.

    The same UID as in every feed; the SEQUENCE rises with every change of the reservation, so a later
    message always wins. ``reservation`` comes with venue, customer and items. Raises ``ValueError`` when
    there is nobody to invite, or when what was called off is to be announced.
    """
    if not reservation.customer_email:
        raise ValueError("Nobody can be invited without an e-mail address.")
    with override(language):
        facts = _invited(reservation, method)
    if method == "REQUEST" and facts.status == CALLED_OFF:
        raise ValueError(f"A reservation that is {reservation.status} is cancelled, not announced.")
    return FILE_NAME, _calendar(facts, method), f"text/calendar; method={method}; charset=utf-8"


def _invited(reservation: Reservation, method: Method) -> EventFacts:
    reader = Reader(own=True, alarm=alarm_of(reservation.customer) if method == "REQUEST" else None)
    facts = facts_of(reservation, reader)
    attendee = Person(reservation.customer_name, reservation.customer_email)
    if method == "CANCEL":
        facts = replace(facts, status=CALLED_OFF, is_opaque=False, alarm=None)
    return replace(facts, attendee=attendee)


def _calendar(facts: EventFacts, method: str) -> bytes:
    return whole(
        CalendarFacts(method, zones=(facts.zone,), first=facts.starts_at, last=facts.ends_at), [facts]
    )


def method_for(reservation: Reservation) -> Method:
    """What a message about the reservation as it is now has to say."""
    return "CANCEL" if STATUS.get(Status(reservation.status)) == CALLED_OFF else "REQUEST"


def event_file(reservation: Reservation) -> tuple[str, bytes]:
    """Name and content of one reservation as a file to keep (METHOD:PUBLISH)."""
    facts = facts_of(reservation, Reader(own=True, alarm=alarm_of(reservation.customer)))
    return f"{reservation.code}.ics", _calendar(facts, "PUBLISH")


def attach_invitation(message: EmailMultiAlternatives, invitation: tuple[str, bytes, str]) -> None:
    """Twice, as programs differ: an alternative that mail programs act upon, and a file to open."""
    name, content, mimetype = invitation
    message.attach_alternative(content.decode(), mimetype)
    message.attach(name, content, "application/ics")
