from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from django.dispatch import Signal

if TYPE_CHECKING:
    from waitlist.models import WaitlistEntry, WaitlistOffer


class EntryNews(StrEnum):
    JOINED = "joined"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    LEFT = "left"
    CALLED_OFF = "called_off"
    CLOSED = "closed"
    CHANGED = "changed"


class EntryChange(NamedTuple):
    entry: "WaitlistEntry"
    news: EntryNews
    offer: "WaitlistOffer | None" = None


entries_changed = Signal()
"""``changes`` (``EntryChange``); sent in the transaction, a receiver that raises undoes it."""


def tell(entry: "WaitlistEntry", news: EntryNews, offer: "WaitlistOffer | None" = None) -> None:
    entries_changed.send(type(entry), changes=[EntryChange(entry, news, offer)])
