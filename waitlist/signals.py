from enum import StrEnum

from django.dispatch import Signal


class EntryNews(StrEnum):
    JOINED = "joined"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    LEFT = "left"
    CHANGED = "changed"


entry_changed = Signal()
"""``entry``, ``news``, ``offer`` or None; sent in the transaction, a receiver that raises undoes it."""
