"""Mail, through whatever backend Django is configured with: SMTP, console, or a provider of anymail."""

import smtplib
from email.utils import formataddr, parseaddr
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications.channels.errors import Refused
from notifications.kinds import attachments
from notifications.links import with_links
from notifications.models import Message

PERMANENT = range(500, 600)
REFUSED_REQUESTS = (400, 413, 422)
"""HTTP answers of a provider that find fault with this one mail."""


def message_id(message: Message) -> str:
    """The same for every try, so that whoever gets it twice can tell."""
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{message.pk}@{host}>"


def send_email(message: Message) -> str:
    """Returns the provider's number of it, or nothing. Raises ``Refused``, or what may pass."""
    mail = as_mail(message)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        _sort_out_recipients(error)
    except smtplib.SMTPDataError as error:
        if error.smtp_code in PERMANENT:
            raise Refused(str(error)) from error
        raise
    except AnymailRecipientsRefused as error:
        raise Refused(str(error), is_address=True) from error
    except AnymailAPIError as error:
        if error.status_code in REFUSED_REQUESTS:
            raise Refused(str(error)) from error
        raise
    return _number(mail)


def as_mail(message: Message) -> EmailMultiAlternatives:
    recipient = formataddr((" ".join(message.name.split()), message.recipient))
    reply_to = [message.venue.email] if message.venue.email else None
    headers = {"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"}
    text = with_links(message.text, message)
    mail = EmailMultiAlternatives(message.subject, text, to=[recipient], reply_to=reply_to, headers=headers)
    if message.html:
        mail.attach_alternative(with_links(message.html, message), "text/html")
    for attach in attachments:
        attach(mail, message)
    mail.metadata = {"message": str(message.pk)}  # type: ignore[attr-defined]  # comes back in webhooks
    return mail


def _sort_out_recipients(error: smtplib.SMTPRecipientsRefused) -> None:
    """5xx of the one recipient is final, everything else may pass."""
    code, reason = next(iter(error.recipients.values()), (0, b""))
    if code in PERMANENT:
        said = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise Refused(f"{code} {said}", is_address=True) from error
    raise error


def _number(mail: Any) -> str:
    status = getattr(mail, "anymail_status", None)
    found = getattr(status, "message_id", None)
    return found[:300] if isinstance(found, str) else ""
