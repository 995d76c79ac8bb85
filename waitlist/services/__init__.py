"""Locks come in this order: the venue's queue, the entry's row, the person's names, the reservation's."""

from waitlist.services.joining import EntryChanges, change_entry, join_waitlist, leave_waitlist
from waitlist.services.offering import (
    accept_offer,
    decline_offer,
    expire_entries,
    expire_offers,
    offer_freed_capacity,
)

__all__ = [
    "EntryChanges",
    "accept_offer",
    "change_entry",
    "decline_offer",
    "expire_entries",
    "expire_offers",
    "join_waitlist",
    "leave_waitlist",
    "offer_freed_capacity",
]
