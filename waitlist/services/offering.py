"""Offers freed time to those who wait, in order, as a held reservation with a deadline.

Each offer is one transaction that locks the venue's queue and takes the first entry that fits.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Max

from common.clock import now as clock_now
from common.errors import DomainError
from common.sweeping import Sweep
from common.transactions import retried_atomic
from reservations.domain.values import Actor, ItemRequest
from reservations.enums import Source
from reservations.services import hold_reservation
from resources.bookables import Catalog
from resources.catalog import catalog
from resources.models import Venue
from scheduling.zones import from_minute, to_minute
from waitlist.enums import WaitlistStatus
from waitlist.matching import FreeTime, Outlook, is_affected
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.querysets import WaitlistQuerySet
from waitlist.services.answering import customer_of
from waitlist.services.locking import lock_queue
from waitlist.signals import EntryNews, tell

OUTCOME = WaitlistOffer.Outcome
MOST_OFFERS = 500


def offer_freed_capacity(
    *,
    venue_id: int,
    leaf_ids: Collection[int] = (),
    start: int | None = None,
    end: int | None = None,
    now: datetime | None = None,
) -> list[WaitlistOffer]:
    """``leaf_ids``, ``start`` and ``end`` (UTC minutes) narrow down whom to ask."""
    at = now or clock_now()
    run = _OfferRun(
        venue_id, frozenset(leaf_ids), start, end, at, Sweep("waitlist.offer_freed_capacity", now=at)
    )
    offers: list[WaitlistOffer] = []
    while len(offers) < MOST_OFFERS:
        offer, skipped = _offer_next(run)
        if offer is None:
            break
        offers.append(offer)
        # Offers only take time away: whoever did not fit is not asked again in this run.
        run.asked.update(skipped)
    return offers


@dataclass
class _OfferRun:
    venue_id: int
    leaf_ids: frozenset[int]
    start: int | None
    end: int | None
    now: datetime
    sweep: Sweep
    asked: set[UUID] = field(default_factory=set)


@retried_atomic
def _offer_next(run: _OfferRun) -> tuple[WaitlistOffer | None, set[UUID]]:
    # One run at a time per venue, so that two freed times cannot both go to the second in the queue.
    lock_queue(run.venue_id)
    venue_catalog = catalog(run.venue_id)
    entries = [
        entry
        for entry in _list_waiting(run, str(venue_catalog.zone))
        if _is_to_be_asked(run, entry, venue_catalog)
    ]
    declined = read_declined_times(entries)
    # Read once for the whole queue, inside the lock: nothing an earlier run offered looks free.
    outlook = Outlook(
        venue_catalog, now=run.now, longest=max((entry.duration for entry in entries), default=0)
    )
    skipped: dict[str, list[WaitlistEntry]] = defaultdict(list)
    result: WaitlistOffer | str | None = None
    entry_by_id = {entry.pk: entry for entry in entries}

    def offer_to(entry_id: UUID) -> WaitlistOffer | str:
        declined_times = declined.get(entry_id, frozenset())
        return _try_to_offer(entry_by_id[entry_id], outlook, declined_times, run.now)

    # In queue order, but entries that failed before wait longer and longer, so that they block nobody.
    for entry_id in run.sweep.in_turn(list(entry_by_id)):
        result = run.sweep.attempt(entry_id, offer_to, savepoint=False)
        if isinstance(result, WaitlistOffer):
            # One offer per transaction: the lock is released, and the next look sees what this one took.
            break
        if result is None:
            run.asked.add(entry_id)  # not again in this run
        else:
            skipped[result].append(entry_by_id[entry_id])
    _record_skips(skipped, run)
    skipped_ids = {entry.pk for entries in skipped.values() for entry in entries}
    return (result if isinstance(result, WaitlistOffer) else None), skipped_ids


def _list_waiting(run: _OfferRun, zone: str) -> list[WaitlistEntry]:
    entries = WaitlistEntry.objects.waiting().filter(venue_id=run.venue_id).in_order()
    if run.start is not None and run.end is not None:
        # A booking may begin long before what came free, if it lasts long enough.
        longest = entries.aggregate(longest=Max("duration"))["longest"] or 0
        first = from_minute(run.start - longest, zone).date() - timedelta(days=1)
        entries = entries.filter(preferred_on__range=(first, from_minute(run.end, zone).date()))
    return list(entries.select_related("venue", "customer").select_for_update(of=("self",), no_key=True))


def _is_to_be_asked(run: _OfferRun, entry: WaitlistEntry, venue_catalog: Catalog) -> bool:
    if entry.pk in run.asked:
        return False
    return not run.leaf_ids or is_affected(entry, venue_catalog, run.leaf_ids)


def read_declined_times(entries: Sequence[WaitlistEntry]) -> dict[UUID, frozenset[tuple[int, int]]]:
    """By entry: pairs of resource id and start (UTC minutes)."""
    declined_offers = WaitlistOffer.objects.filter(entry__in=entries, outcome=OUTCOME.DECLINED)
    declined: dict[UUID, set[tuple[int, int]]] = defaultdict(set)
    names = ("entry_id", "reservation__items__resource_id", "reservation__starts_at")
    for entry_id, resource_id, start in declined_offers.values_list(*names):
        declined[entry_id].add((resource_id, to_minute(start)))
    return {entry_id: frozenset(pairs) for entry_id, pairs in declined.items()}


class OfferFailed(Exception):
    """The offer was rolled back; the transaction around it can go on."""


def _try_to_offer(
    entry: WaitlistEntry, outlook: Outlook, declined: frozenset[tuple[int, int]], now: datetime
) -> WaitlistOffer | str:
    free_time = outlook.find_free_time(entry, declined)
    if not isinstance(free_time, FreeTime):
        return free_time
    # A savepoint: one entry that cannot be written must not undo the skips of the others.
    try:
        with transaction.atomic():
            return _hold_and_offer(entry, free_time, now)
    except OperationalError:
        raise  # the whole transaction begins anew
    except DatabaseError as error:
        raise OfferFailed from error


def _hold_and_offer(entry: WaitlistEntry, free_time: FreeTime, now: datetime) -> WaitlistOffer | str:
    """Hold the time and write the offer; else the code of the rule or conflict in the way."""
    # Never later than the time itself begins.
    deadline = min(
        clock_now() + timedelta(minutes=free_time.bookable.customer_rules.offer_minutes),
        from_minute(free_time.start),
    )
    try:
        hold = hold_reservation(
            venue_id=entry.venue_id,
            items=[ItemRequest(free_time.bookable.id)],
            start=from_minute(free_time.start),
            end=from_minute(free_time.end),
            party_size=entry.party_size,
            actor=Actor(entry.customer, Source.WAITLIST),
            customer=customer_of(entry),
            until=deadline,
            now=now,
        )
    except DomainError as refusal:
        return refusal.code
    entry.status = WaitlistStatus.CONTACTED
    entry.skip_reason, entry.skipped_at = "", None
    entry.save(update_fields=["status", "skip_reason", "skipped_at"])
    offer = WaitlistOffer.objects.create(
        venue_id=entry.venue_id, entry=entry, reservation=hold, deadline_at=deadline
    )
    tell(entry, EntryNews.OFFERED, offer)
    return offer


def _record_skips(skipped: Mapping[str, Collection[WaitlistEntry]], run: _OfferRun) -> None:
    for reason, entries in skipped.items():
        # Only looking again passes nobody over: what is known already stays, with the moment it came about.
        new = [entry.pk for entry in entries if run.start is not None or entry.skip_reason != reason]
        if new:
            WaitlistEntry.objects.filter(pk__in=new).update(skip_reason=reason, skipped_at=run.now)


def expire_entries(*, now: datetime) -> int:
    run = Sweep("waitlist.expire_entries", now=now)
    # Nowhere is it later than 14 hours after UTC: no venue's day is over of which UTC has seen nothing.
    maybe_over = _entries_without_offer().filter(preferred_on__lte=now.astimezone(UTC).date())
    venues = run.in_turn(list(maybe_over.order_by().values_list("venue_id", flat=True).distinct()))
    return sum(run.attempt(venue_id, partial(_expire_entries, now=now)) or 0 for venue_id in venues)


def _expire_entries(venue_id: int, *, now: datetime) -> int:
    today = now.astimezone(Venue.objects.get(pk=venue_id).zone).date()
    past = _entries_without_offer().filter(venue_id=venue_id, preferred_on__lt=today)
    return WaitlistEntry.objects.filter(pk__in=past.values("pk")).update(status=WaitlistStatus.EXPIRED)


def _entries_without_offer() -> WaitlistQuerySet:
    return WaitlistEntry.objects.active().exclude(offers__outcome=OUTCOME.OPEN)
