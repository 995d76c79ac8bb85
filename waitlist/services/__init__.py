"""Locks come in this order: the venue's queue, the reservation's row, the entry's row, the person's names."""

from waitlist.services.answering import (
    accept_offer,
    customer_of,
    decline_offer,
    expire_offers,
    settle_offer_of,
)
from waitlist.services.joining import EntryChanges, change_entry, join_waitlist, put_first, renew_link
from waitlist.services.leaving import end_waiting, leave_waitlist
from waitlist.services.locking import lock_queue
from waitlist.services.looks import list_venues_to_ask
from waitlist.services.offering import MOST_OFFERS, expire_entries, offer_freed_capacity, offer_what_came_free

__all__ = [
    "MOST_OFFERS",
    "EntryChanges",
    "accept_offer",
    "change_entry",
    "customer_of",
    "decline_offer",
    "end_waiting",
    "expire_entries",
    "expire_offers",
    "join_waitlist",
    "leave_waitlist",
    "list_venues_to_ask",
    "lock_queue",
    "offer_freed_capacity",
    "offer_what_came_free",
    "put_first",
    "renew_link",
    "settle_offer_of",
]
