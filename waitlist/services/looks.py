"""What is known of a venue's queue since everybody in it was last asked."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Sum

from reservations.availability import Moment
from reservations.models import Allocation, Reservation
from resources.models import Resource, Venue
from waitlist.matching import FreedSpan
from waitlist.models import FreedTime, QueueLook, WaitlistEntry
from waitlist.querysets import WaitlistQuerySet

LOOK_AGAIN_AFTER = timedelta(hours=1)
"""So often everybody is asked where bookings change, lest something came free that nobody was told of."""


class Freed:
    """What came free and was written down, with the rows that name it."""

    def __init__(self, venue_id: int) -> None:
        self._venue_id = venue_id
        self.row_ids: set[int] = set()
        self.spans: set[FreedSpan] = set()
        self.read_more()

    def read_more(self) -> bool:
        """Whether more has been written down since."""
        rows = dict(FreedTime.objects.filter(venue=self._venue_id).values_list("pk", "spans"))
        new = rows.keys() - self.row_ids
        self.row_ids |= new
        self.spans |= {FreedSpan(*span) for pk in new for span in rows[pk]}
        return bool(new)


def list_run_out(venue_id: int, moment: Moment) -> list[FreedSpan]:
    """What holds kept until just now, and nobody has tidied up: it is free although nobody has said so."""
    # By the index of what is held, whatever the venue: these are few.
    before = datetime.fromtimestamp(moment.seconds + 1, UTC)
    holds = Reservation.objects.filter(expires_at__lt=before).order_by().values_list("pk", "venue_id")
    here = [pk for pk, venue in holds if venue == venue_id]
    if not here:
        return []
    rows = Allocation.objects.filter(
        reservation__in=here, expires_at__lte=moment.seconds, b1__gt=moment.minute
    )
    spans = rows.values_list("resource_id", "b0", "b1")
    return [FreedSpan(leaf, b0 or 0, b1 or 0) for leaf, b0, b1 in spans]


def forget_freed(row_ids: Collection[int]) -> None:
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
