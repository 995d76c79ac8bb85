"""Freed time is offered to those who wait, in order, as a held reservation with a deadline.

One offer is one transaction: the venue's queue is locked, the first who fits gets the time. So nobody is
passed over while they fit, and an offer is made exactly as often as there is room for it.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import DatabaseError, OperationalError, transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import DomainError
from common.sweeping import Sweep, sweep
from common.transactions import lock_name, retried_atomic
from reservations.domain.values import NO_REPLY, Actor, Customer, ItemRequest, Reply
from reservations.enums import Source
from reservations.models import Reservation
from reservations.services import confirm_hold, hold_reservation, release_hold
from resources.catalog import catalog
from resources.facts import Catalog
from resources.models import Venue
from scheduling.zones import from_minute, to_minute
from waitlist.exceptions import OfferExpired, OfferNotFound
from waitlist.matching import Outlook, Place, is_touched
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.querysets import WaitlistQuerySet
from waitlist.signals import News, entry_changed

OUTCOME = WaitlistOffer.Outcome
STATUS = WaitlistEntry.Status
MOST_OFFERS = 500
"""Of one run; more than a venue has places that come free at once."""


def offer_freed_capacity(
    *,
    venue_id: int,
    leaf_ids: Collection[int] = (),
    start: int | None = None,
    end: int | None = None,
    now: datetime | None = None,
) -> list[WaitlistOffer]:
    """Offers what is free to those who wait for it; returns the offers.

    ``leaf_ids``, ``start`` and ``end`` (UTC minutes) narrow down whom to ask; without them, everybody.
    """
    at = now or clock_now()
    run = _Run(venue_id, frozenset(leaf_ids), start, end, at, Sweep("waitlist.offer_freed_capacity", now=at))
    made: list[WaitlistOffer] = []
    while len(made) < MOST_OFFERS:
        offer, skipped = _offer_next(run)
        if offer is None:
            break
        made.append(offer)
        run.asked.update(skipped)
    return made


@dataclass
class _Run:
    """Whom to ask, and who has been asked: what did not fit them will not fit after further offers."""

    venue_id: int
    leaf_ids: frozenset[int]
    start: int | None
    end: int | None
    now: datetime
    sweep: Sweep
    asked: set[UUID] = field(default_factory=set)


@retried_atomic
def _offer_next(run: _Run) -> tuple[WaitlistOffer | None, set[UUID]]:
    """The first in the queue whom something fits gets it; with those who were passed over."""
    lock_name(f"waitlist-queue:{run.venue_id}")
    known = catalog(run.venue_id)
    entries = [each for each in _waiting(run, str(known.zone)) if _is_asked(run, each, known)]
    declined = declined_by(entries)
    outlook = Outlook(known, now=run.now, longest=max((each.duration for each in entries), default=0))
    skipped: dict[str, list[UUID]] = defaultdict(list)
    made: WaitlistOffer | str | None = None
    by_id = {each.pk: each for each in entries}

    def offer_to(entry_id: UUID) -> WaitlistOffer | str:
        refused = declined.get(entry_id, frozenset())
        return _offer_a_place(by_id[entry_id], outlook, refused, run.now)

    for entry_id in run.sweep.in_turn(list(by_id)):
        made = run.sweep.attempt(entry_id, offer_to, savepoint=False)
        if isinstance(made, WaitlistOffer):
            break
        if made is None:
            run.asked.add(entry_id)  # not again in this run
        else:
            skipped[made].append(entry_id)
    _record_skips(skipped, run.now)
    passed_over = {pk for ids in skipped.values() for pk in ids}
    return (made if isinstance(made, WaitlistOffer) else None), passed_over


def _waiting(run: _Run, zone: str) -> list[WaitlistEntry]:
    rows = WaitlistEntry.objects.waiting().filter(venue_id=run.venue_id).in_order()
    if run.start is not None and run.end is not None:
        # A booking may begin long before what came free, if it lasts long enough.
        longest = rows.aggregate(longest=Max("duration"))["longest"] or 0
        first = from_minute(run.start - longest, zone).date() - timedelta(days=1)
        rows = rows.filter(preferred_on__range=(first, from_minute(run.end, zone).date()))
    return list(rows.select_related("venue", "customer").select_for_update(of=("self",), no_key=True))


def _is_asked(run: _Run, entry: WaitlistEntry, known: Catalog) -> bool:
    if entry.pk in run.asked:
        return False
    return not run.leaf_ids or is_touched(entry, known, run.leaf_ids)


def declined_by(entries: Sequence[WaitlistEntry]) -> dict[UUID, frozenset[tuple[int, int]]]:
    """Resources and starts that these people have declined, by entry."""
    rows = WaitlistOffer.objects.filter(entry__in=entries, outcome=OUTCOME.DECLINED)
    found: dict[UUID, set[tuple[int, int]]] = defaultdict(set)
    names = ("entry_id", "reservation__items__resource_id", "reservation__starts_at")
    for entry_id, resource_id, start in rows.values_list(*names):
        found[entry_id].add((resource_id, to_minute(start)))
    return {entry_id: frozenset(pairs) for entry_id, pairs in found.items()}


class OfferFailed(Exception):
    """Nothing of the offer is left; the transaction around it can go on."""


def _offer_a_place(
    entry: WaitlistEntry, outlook: Outlook, refused: frozenset[tuple[int, int]], now: datetime
) -> WaitlistOffer | str:
    found = outlook.place_for(entry, refused)
    if not isinstance(found, Place):
        return found
    try:
        with transaction.atomic():
            return _offer(entry, found, now)
    except OperationalError:
        raise  # the whole transaction begins anew
    except DatabaseError as error:
        raise OfferFailed from error


def _offer(entry: WaitlistEntry, place: Place, now: datetime) -> WaitlistOffer | str:
    """Holds the time and writes the offer; else why not: somebody was quicker, or a limit is reached."""
    deadline = min(
        clock_now() + timedelta(minutes=place.bookable.customer_rules.offer_minutes),
        from_minute(place.start),
    )
    try:
        held = hold_reservation(
            venue_id=entry.venue_id,
            items=[ItemRequest(place.bookable.id)],
            start=from_minute(place.start),
            end=from_minute(place.end),
            party_size=entry.party_size,
            actor=Actor(entry.customer, Source.WAITLIST),
            customer=customer_of(entry),
            until=deadline,
            now=now,
        )
    except DomainError as refused:
        return refused.code
    entry.status = STATUS.CONTACTED
    entry.skip_reason, entry.skipped_at = "", None
    entry.save(update_fields=["status", "skip_reason", "skipped_at"])
    offer = WaitlistOffer.objects.create(
        venue_id=entry.venue_id, entry=entry, reservation=held, deadline_at=deadline
    )
    entry_changed.send(WaitlistEntry, entry=entry, news=News.OFFERED, offer=offer)
    return offer


def customer_of(entry: WaitlistEntry) -> Customer:
    return Customer(
        entry.customer, entry.customer_name, entry.customer_email, str(entry.customer_phone or "")
    )


def _record_skips(skipped: Mapping[str, Collection[UUID]], now: datetime) -> None:
    """Staff see why somebody was passed over, and when."""
    for reason, ids in skipped.items():
        WaitlistEntry.objects.filter(pk__in=ids).update(skip_reason=reason, skipped_at=now)


@retried_atomic
def accept_offer(
    *,
    offer_id: UUID,
    actor: Actor,
    requests: str = "",
    reply: Reply = NO_REPLY,
    now: datetime | None = None,
) -> Reservation:
    """The held time becomes a booking; asked again, it answers the same.

    Raises ``OfferNotFound``, ``OfferExpired``, and what ``confirm_hold`` raises.
    """
    at = now or clock_now()
    offer, entry = _locked(offer_id)
    if offer.outcome == OUTCOME.ACCEPTED:
        return offer.reservation
    if offer.outcome != OUTCOME.OPEN or offer.deadline_at <= at:
        raise OfferExpired
    booked = confirm_hold(
        reservation_id=offer.reservation_id,
        customer=customer_of(entry),
        actor=actor,
        requests=requests,
        reply=reply,
        now=at,
    )
    _settle(offer, OUTCOME.ACCEPTED, entry, STATUS.BOOKED)
    return booked


@retried_atomic
def decline_offer(*, offer_id: UUID, actor: Actor, now: datetime | None = None) -> WaitlistOffer:
    """Gives the time on; the person keeps waiting, and is not offered this time again.

    Raises ``OfferNotFound``, ``OfferExpired``.
    """
    offer, entry = _locked(offer_id)
    if offer.outcome == OUTCOME.DECLINED:
        return offer
    if offer.outcome != OUTCOME.OPEN:
        raise OfferExpired
    _settle(offer, OUTCOME.DECLINED, entry, STATUS.WAITING)
    release_hold(reservation_id=offer.reservation_id, actor=actor, now=now)
    return offer


def expire_offers(*, now: datetime, limit: int = 500) -> int:
    """Ends offers nobody answered, so that the next in the queue is asked; returns how many."""
    late = WaitlistOffer.objects.filter(outcome=OUTCOME.OPEN, deadline_at__lte=now)
    ids = late.order_by("deadline_at").values_list("pk", flat=True)
    return sweep("waitlist.expire_offers", ids, partial(_expire, now=now), now=now, limit=limit)


@retried_atomic
def _expire(offer_id: UUID, now: datetime) -> bool:
    offer, entry = _locked(offer_id)
    if offer.outcome != OUTCOME.OPEN or offer.deadline_at > now:
        return False
    _settle(offer, OUTCOME.EXPIRED, entry, STATUS.EXPIRED)
    try:
        release_hold(reservation_id=offer.reservation_id, actor=Actor(source=Source.WAITLIST), now=now)
    except DomainError as error:
        raise OfferExpired(_("What was offered is a booking by now.")) from error
    return True


def expire_entries(*, now: datetime) -> int:
    """Ends waiting for a date that is over at the venue; returns how many. Nobody is told: it is no news."""
    run = Sweep("waitlist.expire_entries", now=now)
    venues = run.in_turn(list(_unanswered().order_by().values_list("venue_id", flat=True).distinct()))
    return sum(run.attempt(venue_id, partial(_expire_entries, now=now)) or 0 for venue_id in venues)


def _expire_entries(venue_id: int, *, now: datetime) -> int:
    today = now.astimezone(Venue.objects.get(pk=venue_id).zone).date()
    over = _unanswered().filter(venue_id=venue_id, preferred_on__lt=today)
    return WaitlistEntry.objects.filter(pk__in=over.values("pk")).update(status=STATUS.EXPIRED)


def _unanswered() -> WaitlistQuerySet:
    return WaitlistEntry.objects.active().exclude(offers__outcome=OUTCOME.OPEN)


def _settle(offer: WaitlistOffer, outcome: str, entry: WaitlistEntry, status: str) -> None:
    offer.outcome = outcome
    offer.save(update_fields=["outcome"])
    entry.status = status
    entry.save(update_fields=["status"])
    entry_changed.send(WaitlistEntry, entry=entry, news=News(outcome), offer=offer)


def _locked(offer_id: UUID) -> tuple[WaitlistOffer, WaitlistEntry]:
    """The offer with its entry's row locked until commit. Raises ``OfferNotFound``."""
    known = WaitlistOffer.objects.filter(pk=offer_id).values_list("entry_id", flat=True).first()
    if known is None:
        raise OfferNotFound
    rows = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    entry = rows.get(pk=known)
    return WaitlistOffer.objects.select_related("reservation__venue").get(pk=offer_id), entry
