from datetime import datetime

from django.db.models import Max

from common.periodic import register_job
from live.models import Change, StreamTicket
from live.reading import KEPT

EVERY = 600


def register() -> None:
    register_job("live.forget_changes", forget_changes, every=EVERY)
    register_job("live.forget_tickets", forget_tickets, every=EVERY)


def forget_changes(*, now: datetime) -> int:
    # The newest row stays, so that it is known how far there is to read.
    newest = Change.objects.aggregate(newest=Max("pk"))["newest"] or 0
    old = Change.objects.filter(created_at__lt=now - KEPT, pk__lt=newest)
    return old._raw_delete(old.db)  # nothing refers to them


def forget_tickets(*, now: datetime) -> int:
    expired = StreamTicket.objects.filter(expires_at__lt=now)
    return expired._raw_delete(expired.db)
