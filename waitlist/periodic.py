"""What becomes of those who wait by itself."""

from collections.abc import Iterable
from datetime import datetime

from common.periodic import register_job
from waitlist.models import WaitlistEntry
from waitlist.services import expire_entries, expire_offers, offer_freed_capacity


def register() -> None:
    register_job("waitlist.expire_offers", expire_offers)
    register_job("waitlist.expire_entries", expire_entries)
    register_job("waitlist.offer_freed_capacity", offer, venues=venues_with_a_queue)


def offer(*, now: datetime, venue_id: int) -> int:
    """Asks everybody who waits once more, in case a process died between commit and offer."""
    return len(offer_freed_capacity(venue_id=venue_id, now=now))


def venues_with_a_queue() -> Iterable[int]:
    return WaitlistEntry.objects.waiting().order_by().values_list("venue_id", flat=True).distinct()
