"""Sending what is due: claim, render, hand over, write down.

::

    waiting --claim--> sending --handed over--> sent --webhook--> bounced, complained
       ^                  |  \\--refused-------> failed, bounced
       '----later---------'   \\--no longer true, or refuses mail--> cancelled, suppressed

A claim is a conditional UPDATE with a lease. Whoever dies between claim and the last UPDATE leaves a
lease that runs out; then the same text is sent again under the same Message-ID (decision 0008).
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
from notifications.channels import SENDERS, Refused
from notifications.enums import REFUSED, Channel, Status
from notifications.kinds import kinds
from notifications.models import Message
from notifications.rendering import language_of, render
from notifications.services.forgetting import KEPT

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
"""Longer than any try takes: connecting, sending and answering have timeouts of seconds."""
LONGEST_RUN = 10
"""Seconds after which a run begins no other try, so that a mail server that is away delays nothing else."""
PAUSES = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720))
"""After the first, second … failed try; then it has failed."""


def deliver_due(*, now: datetime, limit: int = 100) -> int:
    """Sends what is due, and what a worker that died had claimed; returns how many were tried."""
    run = Sweep("notifications.deliver", now=now)
    ids = run.first(_due(now).order_by("due_at").values_list("pk", flat=True), limit)
    until = time.monotonic() + LONGEST_RUN
    return sum(bool(run.attempt(pk, deliver)) for pk in ids if time.monotonic() < until)


def _due(now: datetime) -> QuerySet[Message]:
    waiting = Q(status=Status.WAITING, due_at__lte=now)
    return Message.objects.filter(waiting | Q(status=Status.SENDING, claimed_until__lte=now))


def deliver(message_id: UUID) -> bool:
    """Tries one message if it is due and nobody else has claimed it; never raises because of it."""
    now = clock.now()
    lease = now + LEASE
    claim = _due(now).filter(pk=message_id)
    if not claim.update(status=Status.SENDING, claimed_until=lease, attempts=F("attempts") + 1):
        return False
    message = _loaded(message_id)
    try:
        outcome = _attempt(message)
    except Refused as error:
        outcome = _refusal(error)
    except Exception as error:
        logger.warning("Message %s could not be sent (%s).", message.pk, type(error).__name__)
        outcome = _next_try(message, error)
    # A lease that ran out meanwhile is somebody else's now, and so is what is written down.
    Message.objects.filter(pk=message.pk, status=Status.SENDING, claimed_until=lease).update(
        claimed_until=None, **outcome
    )
    return True


def _loaded(message_id: UUID) -> Message:
    """With what rendering reads."""
    return Message.objects.select_related("venue", "user").get(pk=message_id)


def _attempt(message: Message) -> dict[str, Any]:
    """What is to be written down after a try. Raises ``Refused``, or whatever went wrong."""
    if reason := kinds[message.kind].still_needed(message):
        return _ended(Status.CANCELLED, reason)
    if _is_suppressed(message):
        return _ended(Status.SUPPRESSED, _("The last message to this address came back."))
    if not message.text:
        _keep_rendered(message)
    number = SENDERS[Channel(message.channel)](message)
    found = _ended(Status.SENT) | {"sent_at": clock.now()}
    return found | ({"provider_id": number} if number else {})


def _ended(status: Status, trouble: str = "") -> dict[str, Any]:
    now = clock.now()
    found = {"status": status, "ended_at": now, "forget_at": now + KEPT}
    return found | ({"last_error": str(trouble)} if trouble else {})


def _keep_rendered(message: Message) -> None:
    """From now on every try sends the same."""
    message.language = language_of(message)
    made = render(message, message.language)
    message.subject, message.text, message.html = made.subject, made.text, made.html
    message.last_error = made.trouble or message.last_error
    kept = ("language", "subject", "text", "html", "last_error")
    mine = Message.objects.filter(pk=message.pk, claimed_until=message.claimed_until)
    mine.update(**{name: getattr(message, name) for name in kept})


def _is_suppressed(message: Message) -> bool:
    """The last one came back, unless staff want to try it again."""
    if message.resent_by_id:
        return False
    same = Message.objects.filter(recipient=message.recipient, channel=message.channel)
    settled = same.filter(status__in=(Status.SENT, *REFUSED)).order_by("-ended_at")
    return settled.values_list("status", flat=True).first() in REFUSED


def _refusal(error: Refused) -> dict[str, Any]:
    return _ended(Status.BOUNCED if error.is_address else Status.FAILED, str(error))


def _next_try(message: Message, error: Exception) -> dict[str, Any]:
    """Later, with some jitter so that not all come at once; after the last pause it has failed."""
    trouble = f"{type(error).__name__}: {error}"[:500]
    if message.attempts > len(PAUSES):
        return _ended(Status.FAILED, trouble)
    pause = PAUSES[message.attempts - 1] * uniform(1, 1.2)
    return {"status": Status.WAITING, "due_at": clock.now() + pause, "last_error": trouble}
