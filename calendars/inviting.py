"""Invitations that go along with mails about bookings, so that they stand in the customer's calendar."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from calendars.invitations import attach_invitation, invitation_for, method_for
from notifications.models import Message
from reservations.messages.names import INVITING


def invite(mail: EmailMultiAlternatives, message: Message) -> None:
    """Adds the reservation as it stands now: a late mail never announces what was called off since.

    Providers with an interface of their own know no third alternative; there it is a file only.
    """
    reservation = message.about if message.kind in INVITING else None
    if reservation is None or not reservation.customer_email:
        return
    language = message.language or settings.LANGUAGE_CODE
    invitation = invitation_for(reservation, method=method_for(reservation), language=language)
    if settings.EMAIL_BACKEND.startswith("anymail."):
        mail.attach(*invitation)
    else:
        attach_invitation(mail, invitation)
