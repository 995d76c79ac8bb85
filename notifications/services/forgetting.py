from datetime import datetime, timedelta

from notifications.models import Message

KEPT = timedelta(days=90)


def forget_texts(*, now: datetime, limit: int = 500) -> int:
    """Empty the texts of old messages, ``limit`` at most; that they were sent stays."""
    old = Message.objects.filter(forget_at__lte=now).order_by("forget_at")
    ids = list(old.values_list("pk", flat=True)[:limit])
    return Message.objects.filter(pk__in=ids).update(subject="", text="", html="", forget_at=None)
