from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Case, F, Prefetch, Q, When, Window
from django.db.models.functions import RowNumber

from common.venues import MANAGING
from resources.models import Venue
from waitlist.enums import WaitlistStatus
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.querysets import QUEUE_ORDER, WaitlistQuerySet

if TYPE_CHECKING:
    from accounts.models import User

QUEUE = ("resource_id", "group_id", "preferred_on", "exact_start")
"""Entries that agree in these compete for the same times."""
EXACT_START = Case(
    When(~Q(resource__extension="") & Q(earliest_time=F("latest_time")), then=F("earliest_time"))
)
"""Of a product's own times, like those of classes, each has a line of its own."""


def entries_in_detail() -> WaitlistQuerySet:
    """With all that an entry's answer shows; the open offer as ``open_offers``."""
    offers = WaitlistOffer.objects.filter(outcome=WaitlistOffer.Outcome.OPEN)
    open_offers = Prefetch(
        "offers", offers.select_related("reservation__venue", "entry__venue"), to_attr="open_offers"
    )
    return WaitlistEntry.objects.select_related("venue", "resource", "group").prefetch_related(open_offers)


def open_offer(entry: WaitlistEntry) -> WaitlistOffer | None:
    offers: list[WaitlistOffer] = entry.open_offers  # type: ignore[attr-defined]
    return offers[0] if offers else None


def queue_positions(entries: Collection[WaitlistEntry]) -> dict[UUID, int]:
    """Each waiting entry's position in its queue, from 1, with one query."""
    waiting = [entry for entry in entries if entry.status == WaitlistStatus.WAITING]
    if not waiting:
        return {}
    queues = Q(resource_id__in={entry.resource_id for entry in waiting if entry.resource_id})
    queues |= Q(group_id__in={entry.group_id for entry in waiting if entry.group_id})
    position = Window(RowNumber(), partition_by=[F(name) for name in QUEUE], order_by=QUEUE_ORDER)
    queued = WaitlistEntry.objects.waiting().filter(
        queues,
        venue_id__in={entry.venue_id for entry in waiting},
        preferred_on__in={entry.preferred_on for entry in waiting},
    )
    numbered = (
        queued.order_by().annotate(exact_start=EXACT_START, position=position).values_list("pk", "position")
    )
    waiting_ids = {entry.pk for entry in waiting}
    return {pk: position for pk, position in numbered if pk in waiting_ids}


def managed_venues(user: "User | AnonymousUser", entries: Iterable[WaitlistEntry]) -> set[int]:
    ids = {entry.venue_id for entry in entries}
    managed = Venue.objects.filter(pk__in=ids).staffed_by(user, *MANAGING)
    return set(managed.values_list("pk", flat=True))


def entries_with_own_offer(user: "User") -> list[WaitlistEntry]:
    open_offers = WaitlistOffer.objects.filter(outcome=WaitlistOffer.Outcome.OPEN, entry__customer_id=user.pk)
    entries = list(entries_in_detail().filter(pk__in=open_offers.values("entry")))
    with_deadline = [(offer.deadline_at, entry) for entry in entries if (offer := open_offer(entry))]
    return [entry for _deadline, entry in sorted(with_deadline, key=lambda pair: (pair[0], pair[1].pk))]
