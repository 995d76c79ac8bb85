"""Invitations that go along with mails about bookings, so that they stand in the customer's calendar."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from calendars.invitations import attach_invitation, invitation_for, method_for
from notifications.enums import Kind
from notifications.models import Message

INVITING = frozenset({Kind.REQUESTED, Kind.CONFIRMED, Kind.CHANGED, Kind.CANCELLED, Kind.DECLINED})


def invite(mail: EmailMultiAlternatives, message: Message) -> None:
    """Adds the reservation as it stands now: a late mail never announces what was called off since.

    Providers with an interface of their own know no third alternative; there it is a file only.
    """
    reservation = message.reservation
    if message.kind not in INVITING or reservation is None or not reservation.customer_email:
        return
    language = message.language or settings.LANGUAGE_CODE
    invitation = invitation_for(reservation, method=method_for(reservation), language=language)
    if settings.EMAIL_BACKEND.startswith("anymail."):
        mail.attach(*invitation)
    else:
        attach_invitation(mail, invitation)
