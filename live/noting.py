"""Every change leaves a row in its own transaction and wakes those who wait for rows after it."""

from datetime import datetime

from django.db.models import Max

from common.clock import now
from common.transactions import after_commit
from live.models import Change
from live.news import KEPT
from live.waking import announce


def note(change: Change) -> None:
    """Writes the row. Its kind is registered in ``live.kinds``."""
    change.created_at = now()
    change.save(force_insert=True)
    after_commit(announce)


def tick(at: datetime) -> dict[str, int]:
    """Forgets what is old; the newest row stays, so that it is known how far there is to read."""
    newest = Change.objects.aggregate(newest=Max("pk"))["newest"] or 0
    old = Change.objects.filter(created_at__lt=at - KEPT, pk__lt=newest)
    return {"changes forgotten": old._raw_delete(old.db)}  # nothing refers to them
