from collections.abc import Iterable
from datetime import datetime, timedelta

from notifications.enums import REFUSED
from notifications.models import Message

KEPT = timedelta(days=90)


def forget_texts(*, now: datetime, limit: int = 500) -> int:
    """Empty the texts of old messages, ``limit`` at most; that they were sent stays."""
    old = Message.objects.filter(forget_at__lte=now).order_by("forget_at")
    ids = list(old.values_list("pk", flat=True)[:limit])
    return Message.objects.filter(pk__in=ids).update(subject="", text="", html="", forget_at=None)


def remove_messages(subject_type: str, subject_ids: Iterable[str]) -> None:
    """All about subjects that are removed, but for those that say which addresses refuse mail."""
    rows = Message.objects.filter(subject_type=subject_type, subject_id__in=list(subject_ids))
    rows = rows.exclude(status__in=REFUSED)
    Message.objects.filter(resend_of__in=rows).update(resend_of=None)
    rows._raw_delete(rows.db)
