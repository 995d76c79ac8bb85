from collections.abc import Iterable
from datetime import datetime

from common.periodic import register_job
from waitlist.models import WaitlistEntry
from waitlist.services import expire_entries, expire_offers, offer_freed_capacity


def register() -> None:
    register_job("waitlist.expire_offers", expire_offers)
    register_job("waitlist.expire_entries", expire_entries)
    register_job("waitlist.offer_freed_capacity", offer_again, venues=list_venues_with_a_queue)


def offer_again(*, now: datetime, venue_id: int) -> int:
    """Offer again what is free, in case a process died between a commit and its offer."""
    return len(offer_freed_capacity(venue_id=venue_id, now=now))


def list_venues_with_a_queue() -> Iterable[int]:
    return WaitlistEntry.objects.waiting().order_by().values_list("venue_id", flat=True).distinct()
