from uuid import UUID

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from common import clock
from notifications.enums import ON_ITS_WAY, MessageStatus
from notifications.models import Message
from notifications.services.forgetting import KEPT

REPORTS = {
    "delivered": MessageStatus.SENT,
    "bounced": MessageStatus.BOUNCED,
    "rejected": MessageStatus.BOUNCED,
    "complained": MessageStatus.COMPLAINED,
    "failed": MessageStatus.FAILED,
}
"""A provider's word -> what has become of the message; other words mean nothing here."""


def record_report(*, report: str, number: str = "", reference: str = "", reason: str = "") -> bool:
    """Returns whether the report meant anything; ``number`` is the provider's, ``reference`` ours."""
    status = REPORTS.get(report)
    rows = _find_message(number, reference)
    if status is None or rows is None:
        return False
    now = clock.now()
    # Reports may come twice, in any order, and before the worker has recorded that it sent something: bad
    # news is kept, and a message that has arrived is not sent once more.
    if status == MessageStatus.SENT:
        rows.filter(status__in=(*ON_ITS_WAY, MessageStatus.SENT)).update(
            status=status,
            claimed_until=None,
            ended_at=now,
            forget_at=now + KEPT,
            delivered_at=now,
            sent_at=Coalesce("sent_at", Value(now)),
        )
    else:
        rows.exclude(status=MessageStatus.COMPLAINED).update(
            status=status,
            claimed_until=None,
            ended_at=now,
            forget_at=now + KEPT,
            last_error=reason[:500],
        )
    return True


def _find_message(number: str, reference: str) -> QuerySet[Message] | None:
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
