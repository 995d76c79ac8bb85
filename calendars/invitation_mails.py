from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from calendars.invitations import attach_invitation, make_invitation, method_for
from notifications.models import Message
from reservations.messages.names import INVITING


def attach_to_mail(mail: EmailMultiAlternatives, message: Message) -> None:
    """The reservation as it is now: a late mail never announces what was cancelled since."""
    reservation = message.about if message.kind in INVITING else None
    if reservation is None or not reservation.customer_email:
        return
    language = message.language or settings.LANGUAGE_CODE
    add_invitation(mail, make_invitation(reservation, method=method_for(reservation), language=language))


def add_invitation(mail: EmailMultiAlternatives, invitation: tuple[str, bytes, str]) -> None:
    if settings.EMAIL_BACKEND.startswith("anymail."):
        mail.attach(*invitation)
    else:
        attach_invitation(mail, invitation)
