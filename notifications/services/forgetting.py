"""Texts of old messages go; that they were sent stays."""

from datetime import datetime, timedelta

from notifications.enums import ON_ITS_WAY
from notifications.models import Message

KEPT = timedelta(days=90)


def forget_texts(*, now: datetime, limit: int = 500) -> int:
    """Empties what was settled long ago, ``limit`` at most; returns how many."""
    old = Message.objects.filter(ended_at__lte=now - KEPT).exclude(text="").exclude(status__in=ON_ITS_WAY)
    ids = list(old.order_by("ended_at").values_list("pk", flat=True)[:limit])
    return Message.objects.filter(pk__in=ids).update(subject="", text="", html="")
