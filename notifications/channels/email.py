"""Mail, through whatever backend Django is configured with: SMTP, console, or a provider of anymail."""

import smtplib
from email.utils import formataddr, parseaddr
from typing import Any

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from common.addresses import normal_email
from notifications.channels.errors import MessageRefused
from notifications.kinds import attachments
from notifications.links import insert_links
from notifications.models import Message

PERMANENT = range(500, 600)
# A provider's answers that find fault with this one mail.
REFUSED_REQUESTS = (400, 413, 422)


def message_id(message: Message) -> str:
    # The same for every try, so that whoever gets it twice can tell.
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{message.pk}@{host}>"


def send_email(message: Message) -> str:
    """Returns the provider's number. Raises ``MessageRefused``, or anything else for what may pass."""
    mail = build_mail(message)
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        _raise_refusal(error)
    except smtplib.SMTPDataError as error:
        if error.smtp_code in PERMANENT:
            raise MessageRefused(str(error)) from error
        raise
    except AnymailRecipientsRefused as error:
        raise MessageRefused(str(error), is_address=True) from error
    except AnymailAPIError as error:
        if error.status_code in REFUSED_REQUESTS:
            raise MessageRefused(str(error)) from error
        raise
    return _provider_number(mail)


def build_mail(message: Message) -> EmailMultiAlternatives:
    recipient = formataddr((" ".join(message.name.split()), normal_email(message.recipient)))
    reply_to = [normal_email(message.venue.email)] if message.venue.email else None
    headers = {"Message-ID": message_id(message), "Auto-Submitted": "auto-generated"}
    text = insert_links(message.text, message)
    mail = EmailMultiAlternatives(message.subject, text, to=[recipient], reply_to=reply_to, headers=headers)
    if message.html:
        mail.attach_alternative(insert_links(message.html, message), "text/html")
    for attach in attachments:
        attach(mail, message)
    mail.metadata = {"message": str(message.pk)}  # type: ignore[attr-defined]  # comes back in webhooks
    return mail


def _raise_refusal(error: smtplib.SMTPRecipientsRefused) -> None:
    # 5xx for the one recipient is final, everything else may pass.
    code, reason = next(iter(error.recipients.values()), (0, b""))
    if code in PERMANENT:
        reason_text = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise MessageRefused(f"{code} {reason_text}", is_address=True) from error
    raise error


def _provider_number(mail: Any) -> str:
    status = getattr(mail, "anymail_status", None)
    number = getattr(status, "message_id", None)
    return number[:300] if isinstance(number, str) else ""
