"""The venue's queue, then reservations, then entries: the one order in which they are locked."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.transactions import lock_name
from reservations.domain.history import lock_reservations
from reservations.exceptions import TransitionNotAllowed
from waitlist.exceptions import EntryNotFound
from waitlist.models import WaitlistEntry, WaitlistOffer


def lock_queue(venue_id: int) -> None:
    """Until commit nobody else makes offers at this venue."""
    lock_name(f"waitlist-queue:{venue_id}")


def lock_entry(entry_id: UUID) -> WaitlistEntry:
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    entry = rows.filter(pk=entry_id).first()
    if entry is None:
        raise EntryNotFound
    return entry


def lock_entries_and_offers(ids: Collection[UUID]) -> list[WaitlistEntry]:
    """With the reservations of their open offers before them; no offer can be new then.

    In the order of their ids. Raises ``EntryNotFound``.
    """
    venue_ids = WaitlistEntry.objects.filter(pk__in=ids).order_by("venue").values_list("venue", flat=True)
    for venue_id in venue_ids.distinct():
        lock_queue(venue_id)
    open_offers = WaitlistOffer.objects.filter(entry__in=ids, outcome=WaitlistOffer.Outcome.OPEN)
    lock_reservations(open_offers.values_list("reservation_id", flat=True))
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    entries = list(rows.filter(pk__in=ids).order_by("pk"))
    if len(entries) < len(set(ids)):
        raise EntryNotFound
    return entries


def lock_entry_and_offer(entry_id: UUID) -> WaitlistEntry:
    return lock_entries_and_offers([entry_id])[0]


def require_active(entry: WaitlistEntry) -> None:
    if entry.status not in WaitlistEntry.ACTIVE:
        raise TransitionNotAllowed(_("This waitlist entry has ended."))
