from collections.abc import Iterable
from datetime import datetime

from common.clock import now as clock_now
from common.periodic import register_job
from waitlist.services import expire_entries, expire_offers, list_venues_to_ask, offer_what_came_free


def register() -> None:
    register_job("waitlist.expire_offers", expire_offers)
    register_job("waitlist.expire_entries", expire_entries)
    register_job("waitlist.offer_freed_capacity", offer_again, venues=list_venues_with_a_queue)


def offer_again(*, now: datetime, venue_id: int) -> int:
    """Also what came free just before a process died."""
    return len(offer_what_came_free(venue_id=venue_id, now=now))


def list_venues_with_a_queue() -> Iterable[int]:
    return list_venues_to_ask(clock_now())
