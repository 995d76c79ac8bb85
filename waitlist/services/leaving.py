"""How waiting ends before anything was offered, or in spite of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from common.transactions import retried_atomic
from reservations.domain.freeing import announcing_freed
from reservations.domain.values import Actor
from reservations.services import release_hold
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.services.locking import lock_entries_and_offers, lock_entry_and_offer, require_active
from waitlist.signals import EntryChange, EntryNews, entries_changed, tell

OUTCOME = WaitlistOffer.Outcome


@retried_atomic
def leave_waitlist(*, entry_id: UUID, actor: Actor, now: datetime | None = None) -> WaitlistEntry:
    """Leave and release what is held; no error when they have left, ``TransitionNotAllowed`` if ended."""
    entry = lock_entry_and_offer(entry_id)
    if entry.status == WaitlistStatus.LEFT:
        return entry
    require_active(entry)
    # The status first, so that the freed time is not offered to this person again.
    entry.status = WaitlistStatus.LEFT
    entry.save(update_fields=["status"])
    _close_offers([entry], actor, now)
    tell(entry, EntryNews.LEFT)
    return entry


@retried_atomic
@announcing_freed()
def end_waiting(
    *,
    entry_ids: Collection[UUID],
    reason: str,
    actor: Actor,
    news: EntryNews = EntryNews.CALLED_OFF,
    now: datetime | None = None,
) -> list[WaitlistEntry]:
    """What they wait for will not be: they hear so, with the reason, and what is held for them is released.

    With ``news`` of another end (``ENDS``) nobody is told that it was called off. Whoever waits no more is
    left as they are; returns the others. Call it before anything is freed.
    """
    entries = [entry for entry in lock_entries_and_offers(entry_ids) if entry.status in WaitlistEntry.ACTIVE]
    if not entries:
        return []
    for entry in entries:
        entry.status, entry.end_reason = ENDS[news], reason
    rows = WaitlistEntry.objects.filter(pk__in=[entry.pk for entry in entries])
    rows.update(status=ENDS[news], end_reason=reason)
    _close_offers(entries, actor, now)
    entries_changed.send(WaitlistEntry, changes=[EntryChange(entry, news) for entry in entries])
    return entries


ENDS = {
    EntryNews.CALLED_OFF: WaitlistStatus.CALLED_OFF,
    EntryNews.CLOSED: WaitlistStatus.EXPIRED,
    EntryNews.LEFT: WaitlistStatus.LEFT,
}


def _close_offers(entries: Sequence[WaitlistEntry], actor: Actor, now: datetime | None) -> None:
    for offer in WaitlistOffer.objects.filter(entry__in=entries, outcome=OUTCOME.OPEN).order_by("pk"):
        offer.outcome = OUTCOME.DECLINED
        offer.save(update_fields=["outcome"])
        release_hold(reservation_id=offer.reservation_id, actor=actor, now=now)
