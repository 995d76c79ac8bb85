"""How often mails may be sent at the press of a button: nobody is written to without end."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from classes.exceptions import AskedOften, ToldOften, WrittenOften
from classes.messages.names import ClassMessage
from common.clock import now
from notifications.models import Message

A_DAY = timedelta(days=1)
MOST_A_DAY: dict[ClassMessage, tuple[int, type[ToldOften]]] = {
    ClassMessage.LETTER: (5, WrittenOften),
    ClassMessage.SUBSTITUTE_WANTED: (3, AskedOften),
}
"""About one booking, or one session, to one person."""


def require_seldom(kind: ClassMessage, messages: Collection[Message]) -> None:
    """For messages about to be written, under the lock of their session. Raises ``ToldOften``."""
    most, refusal = MOST_A_DAY[kind]
    rows = Message.objects.filter(
        kind=kind,
        subject_type__in={message.subject_type for message in messages},
        subject_id__in={message.subject_id for message in messages},
        created_at__gt=now() - A_DAY,
        resend_of=None,
    ).order_by("created_at")
    keys = {message.dedupe_key for message in messages}
    written: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for key, subject_id, recipient, at in rows.values_list(
        "dedupe_key", "subject_id", "recipient", "created_at"
    ):
        if key in keys:
            return  # sent once more, and so written no more
        written[subject_id, recipient].append(at)
    full = [times[-most] for times in written.values() if len(times) >= most]
    if full:
        raise refusal(most, max(full) + A_DAY - now())
