"""Reads of the waitlist."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Prefetch, Q, Window
from django.db.models.functions import RowNumber

from reservations.permissions import MANAGING
from resources.models import Venue
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.querysets import QUEUE_ORDER, WaitlistQuerySet

if TYPE_CHECKING:
    from accounts.models import User

QUEUE = ("resource_id", "group_id", "preferred_on")
"""Entries that agree in these compete for the same places."""


def entries_in_detail() -> WaitlistQuerySet:
    """With everything that one entry's answer shows; what is held now as ``open_offers``."""
    offers = WaitlistOffer.objects.filter(outcome=WaitlistOffer.Outcome.OPEN)
    held = Prefetch("offers", offers.select_related("reservation", "entry__venue"), to_attr="open_offers")
    return WaitlistEntry.objects.select_related("venue", "resource", "group").prefetch_related(held)


def open_offer(entry: WaitlistEntry) -> WaitlistOffer | None:
    """What is held now for an entry that came from ``entries_in_detail``."""
    found: list[WaitlistOffer] = entry.open_offers  # type: ignore[attr-defined]
    return found[0] if found else None


def positions(entries: Collection[WaitlistEntry]) -> dict[UUID, int]:
    """Each waiting entry's place in its queue, from 1; one query, none when nobody waits."""
    waiting = [entry for entry in entries if entry.status == WaitlistEntry.Status.WAITING]
    if not waiting:
        return {}
    queues = Q(resource_id__in={entry.resource_id for entry in waiting if entry.resource_id})
    queues |= Q(group_id__in={entry.group_id for entry in waiting if entry.group_id})
    place = Window(RowNumber(), partition_by=[F(name) for name in QUEUE], order_by=QUEUE_ORDER)
    everybody = WaitlistEntry.objects.waiting().filter(
        queues,
        venue_id__in={entry.venue_id for entry in waiting},
        preferred_on__in={entry.preferred_on for entry in waiting},
    )
    placed = everybody.order_by().annotate(place=place).values_list("pk", "place")
    wanted = {entry.pk for entry in waiting}
    return {pk: number for pk, number in placed if pk in wanted}


def managed_venues(user: "User | AnonymousUser", entries: Iterable[WaitlistEntry]) -> set[int]:
    """The venues of these entries whose waitlist ``user`` manages; one query."""
    ids = {entry.venue_id for entry in entries}
    found = Venue.objects.filter(pk__in=ids).staffed_by(user, *MANAGING)
    return set(found.values_list("pk", flat=True))


def own_offers(user: "User") -> list[WaitlistEntry]:
    """The account's entries for which something is held now, the one that ends first before the others."""
    held = WaitlistOffer.objects.filter(outcome=WaitlistOffer.Outcome.OPEN, entry__customer_id=user.pk)
    entries = list(entries_in_detail().filter(pk__in=held.values("entry")))
    found = [(offer.deadline_at, entry) for entry in entries if (offer := open_offer(entry))]
    return [entry for _deadline, entry in sorted(found, key=lambda pair: (pair[0], pair[1].pk))]
