from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings

from common.lanes import Lane
from common.periodic import register_job
from reservations import services
from reservations.messages.reminders import schedule_reminders
from resources.models import Venue

MOST_AT_ONCE = 20_000


def register() -> None:
    register_job("reservations.write_reminders", schedule_reminders)
    register_job("reservations.expire_holds", services.expire_overdue_holds)
    register_job("reservations.release_no_shows", services.release_no_shows)
    register_job("reservations.expire_unpaid", services.expire_unpaid)
    register_job(
        "reservations.remove_history", remove_history, lane=Lane.LONG, every=3600, venues=list_venues
    )


def list_venues() -> Iterable[int]:
    return Venue.objects.values_list("pk", flat=True) if settings.HISTORY_MONTHS else []


def remove_history(*, now: datetime, venue_id: int) -> int:
    """What ``HISTORY_MONTHS`` lets go; the command of the same name does it by other rules, too."""
    rule = services.make_rule(
        Venue.objects.get(pk=venue_id),
        months=settings.HISTORY_MONTHS,
        paid_months=settings.HISTORY_PAID_MONTHS,
        archive=Path(settings.HISTORY_ARCHIVE) if settings.HISTORY_ARCHIVE else None,
        now=now,
    )
    return services.remove_history(rule, now=now, limit=MOST_AT_ONCE)
