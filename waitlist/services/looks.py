"""What is known of a venue's queue since everybody in it was last asked."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Sum

from resources.models import Resource, Venue
from waitlist.matching import FreedSpan
from waitlist.models import FreedTime, QueueLook, WaitlistEntry
from waitlist.querysets import WaitlistQuerySet

LOOK_AGAIN_AFTER = timedelta(hours=1)
"""So often everybody is asked where bookings change, lest something came free that nobody was told of."""


def list_freed(venue_id: int) -> tuple[list[int], list[FreedSpan]]:
    """Rows, and the time that they name."""
    rows = list(FreedTime.objects.filter(venue=venue_id).values_list("pk", "spans"))
    spans = {FreedSpan(*span) for _pk, row_spans in rows for span in row_spans}
    return [pk for pk, _spans in rows], sorted(spans)


def forget_freed(row_ids: Sequence[int]) -> None:
    if row_ids:
        FreedTime.objects.filter(pk__in=row_ids).delete()


def entries_due(venue_id: int, now: datetime) -> WaitlistQuerySet:
    return WaitlistEntry.objects.waiting().filter(venue=venue_id, due_at__lte=now)


def everybody_is_due(venue_id: int, config_stamp: int, now: datetime) -> bool:
    look = QueueLook.objects.filter(venue=venue_id).first()
    if look is None or look.config_stamp != config_stamp:
        return True
    return look.looked_at <= now - LOOK_AGAIN_AFTER and look.occupancy != read_occupancy(venue_id)


def remember_look(look: QueueLook) -> None:
    QueueLook.objects.bulk_create(
        [look],
        update_conflicts=True,
        unique_fields=["venue"],
        update_fields=["config_stamp", "occupancy", "looked_at"],
    )


def read_occupancy(venue_id: int) -> int:
    """Another number after every change of what is booked: the guard counts them."""
    total: int | None = Resource.objects.filter(venue=venue_id).aggregate(total=Sum("version"))["total"]
    return total or 0


def list_venues_to_ask(now: datetime) -> Iterable[int]:
    of_venue = {"venue": OuterRef("pk")}
    waiting = WaitlistEntry.objects.waiting().filter(**of_venue).order_by()
    freed = FreedTime.objects.filter(**of_venue)
    looks = QueueLook.objects.filter(
        **of_venue, config_stamp=OuterRef("config_stamp"), looked_at__gt=now - LOOK_AGAIN_AFTER
    )
    to_ask = Exists(waiting) & (Exists(waiting.filter(due_at__lte=now)) | ~Exists(looks))
    return Venue.objects.filter(Exists(freed) | to_ask).order_by().values_list("pk", flat=True)
