"""Sending what is due: claim, render, hand over, record.

::

    waiting --claim--> sending --handed over--> sent --webhook--> bounced, complained
       ^                  |  \\\\--refused-------> failed, bounced
       '----later---------'   \\\\--no longer true, refuses mail, no server--> cancelled, suppressed, not_sent
"""

import logging
import time
from datetime import datetime, timedelta
from random import uniform
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from common import clock
from common.sweeping import Sweep
from notifications.channels import SENDERS, MessageRefused, can_send
from notifications.enums import REFUSED, Channel, MessageStatus
from notifications.kinds import kinds
from notifications.models import Message
from notifications.rendering import message_language, render_message
from notifications.services.forgetting import KEPT
from notifications.services.writing import phone_for_texts

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
"""Longer than any try takes: connecting, sending and answering have timeouts of seconds."""
LONGEST_RUN = 10
"""Seconds after which a run begins no other try, so that a dead mail server delays nothing else."""
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))
"""After the first, second … failed try; then it has failed."""


def deliver_due(*, now: datetime, limit: int = 100) -> int:
    """Send what is due, and what a dead worker had claimed; returns how many were tried."""
    run = Sweep("notifications.deliver", now=now)
    ids = run.first(_due(now).order_by("due_at").values_list("pk", flat=True), limit)
    until = time.monotonic() + LONGEST_RUN
    return sum(bool(run.attempt(pk, deliver_message)) for pk in ids if time.monotonic() < until)


def _due(now: datetime) -> QuerySet[Message]:
    waiting = Q(status=MessageStatus.WAITING, due_at__lte=now)
    return Message.objects.filter(waiting | Q(status=MessageStatus.SENDING, claimed_until__lte=now))


def deliver_message(message_id: UUID) -> bool:
    """Try one message if it is due and unclaimed; never raises because of it."""
    now = clock.now()
    # A claim is a conditional update with a lease. A worker that dies leaves a lease that runs out; then the
    # same text is sent again under the same Message-ID (decision 0008).
    lease = now + LEASE
    claim = _due(now).filter(pk=message_id)
    if not claim.update(status=MessageStatus.SENDING, claimed_until=lease, attempts=F("attempts") + 1):
        return False
    message = _load_message(message_id)
    try:
        outcome = _try_message(message)
    except MessageRefused as error:
        outcome = _refused_columns(error)
    except Exception as error:
        logger.warning("Message %s could not be sent (%s).", message.pk, type(error).__name__)
        outcome = _retry_columns(message, error)
    # A lease that ran out meanwhile is somebody else's now, and so is what is written down.
    Message.objects.filter(pk=message.pk, status=MessageStatus.SENDING, claimed_until=lease).update(
        claimed_until=None, **outcome
    )
    return True


def _load_message(message_id: UUID) -> Message:
    return Message.objects.select_related("venue", "user").get(pk=message_id)


def _try_message(message: Message) -> dict[str, Any]:
    """The columns to write after a try. Raises ``MessageRefused``, or whatever went wrong."""
    # Asked at the last moment: a reminder of a cancelled booking must not go out.
    if reason := kinds[message.kind].still_needed(message):
        return _ended_columns(MessageStatus.CANCELLED, reason)
    if message.channel == Channel.SMS and message.about and not phone_for_texts(message.about):
        return _ended_columns(MessageStatus.CANCELLED, _("Text messages are turned off."))
    if _is_suppressed(message):
        return _ended_columns(MessageStatus.SUPPRESSED, _("The last message to this address bounced."))
    if not message.text:
        _store_rendered(message)
    number = SENDERS[Channel(message.channel)](message)
    if not can_send(Channel(message.channel)):
        return _ended_columns(MessageStatus.NOT_SENT, _describe_lack(message.channel))
    columns = _ended_columns(MessageStatus.SENT) | {"sent_at": clock.now()}
    return columns | ({"provider_id": number} if number else {})


def _describe_lack(channel: str) -> str:
    name = "SMS_URL" if channel == Channel.SMS else "EMAIL_URL"
    return _("%(setting)s is not set, so nothing is sent.") % {"setting": name}


def _ended_columns(status: MessageStatus, trouble: str = "") -> dict[str, Any]:
    now = clock.now()
    columns = {"status": status, "ended_at": now, "forget_at": now + KEPT}
    return columns | ({"last_error": str(trouble)} if trouble else {})


def _store_rendered(message: Message) -> None:
    # Stored before it is handed over, so that every try sends the same.
    message.language = message_language(message)
    rendered = render_message(message, message.language)
    message.subject, message.text, message.html = rendered.subject, rendered.text, rendered.html
    message.last_error = rendered.trouble or message.last_error
    column_names = ("language", "subject", "text", "html", "last_error")
    # Only while the lease is ours: another worker may have taken over.
    claimed = Message.objects.filter(pk=message.pk, claimed_until=message.claimed_until)
    claimed.update(**{name: getattr(message, name) for name in column_names})


def _is_suppressed(message: Message) -> bool:
    # The last message to this address came back, unless staff want to try it again.
    if message.resent_by_id:
        return False
    to_address = Message.objects.filter(recipient=message.recipient, channel=message.channel)
    settled = to_address.filter(status__in=(MessageStatus.SENT, *REFUSED)).order_by("-ended_at")
    return settled.values_list("status", flat=True).first() in REFUSED


def _refused_columns(error: MessageRefused) -> dict[str, Any]:
    return _ended_columns(MessageStatus.BOUNCED if error.is_address else MessageStatus.FAILED, str(error))


def _retry_columns(message: Message, error: Exception) -> dict[str, Any]:
    error_text = f"{type(error).__name__}: {error}"[:500]
    if message.attempts > len(PAUSES):
        return _ended_columns(MessageStatus.FAILED, error_text)
    # Jitter, so that messages that failed together are not all retried together.
    pause = PAUSES[message.attempts - 1] * uniform(1, 1.2)
    return {"status": MessageStatus.WAITING, "due_at": clock.now() + pause, "last_error": error_text}
