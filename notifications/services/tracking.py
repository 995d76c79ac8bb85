"""What providers report later: delivered, bounced, marked as spam."""

from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from common import clock
from notifications.enums import ON_ITS_WAY, Status
from notifications.models import Message
from notifications.services.forgetting import KEPT

REPORTS = {
    "delivered": Status.SENT,
    "bounced": Status.BOUNCED,
    "rejected": Status.BOUNCED,
    "complained": Status.COMPLAINED,
    "failed": Status.FAILED,
}
"""A provider's word -> what has become of the message; other words mean nothing here."""


def record_report(*, what: str, number: str = "", reference: str = "", reason: str = "") -> bool:
    """Writes a report down; ``number`` is the provider's, ``reference`` ours. Whether it meant anything.

    Reports may come twice, in any order, and before the worker has written down that it sent something:
    bad news is kept, and a message that has arrived is not sent once more.
    """
    status = REPORTS.get(what)
    rows = _named(number, reference)
    if status is None or rows is None:
        return False
    now = clock.now()
    if status == Status.SENT:
        rows.filter(status__in=(*ON_ITS_WAY, Status.SENT)).update(
            status=status,
            claimed_until=None,
            ended_at=now,
            forget_at=now + KEPT,
            delivered_at=now,
            sent_at=Coalesce("sent_at", Value(now)),
        )
    else:
        rows.exclude(status=Status.COMPLAINED).update(
            status=status,
            claimed_until=None,
            ended_at=now,
            forget_at=now + KEPT,
            last_error=reason[:500],
        )
    return True


def _named(number: str, reference: str) -> QuerySet[Message] | None:
    """The message that is meant, if there is one."""
    if reference:
        try:
            wanted = Q(pk=UUID(reference))
        except ValueError:
            return None
    elif number:
        wanted = Q(provider_id=number)
    else:
        return None
    rows = Message.objects.filter(wanted)
    return rows if rows.exists() else None
