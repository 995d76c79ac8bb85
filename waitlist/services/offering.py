"""Freed time is offered to those who wait, in order, as a held reservation with a deadline.

One offer is one transaction: the venue's queue is locked, the first who fits gets the time. So nobody is
passed over while they fit, and an offer is made exactly as often as there is room for it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import DomainError
from common.transactions import lock_name, retried_atomic
from reservations.enums import Source
from reservations.models import Reservation
from reservations.services import confirm_hold, hold_reservation, release_hold
from reservations.services.values import Actor, Customer, ItemRequest
from resources.catalog import catalog
from scheduling.zones import from_minute, to_minute
from waitlist.exceptions import OfferExpired, OfferNotFound
from waitlist.matching import Place, is_touched, place_for
from waitlist.models import WaitlistEntry, WaitlistOffer
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
    made: list[WaitlistOffer] = []
    while len(made) < MOST_OFFERS:
        offer = _offer_next(venue_id, frozenset(leaf_ids), start, end, at)
        if offer is None:
            break
        made.append(offer)
    return made


@retried_atomic
def _offer_next(
    venue_id: int, leaf_ids: frozenset[int], start: int | None, end: int | None, now: datetime
) -> WaitlistOffer | None:
    """The first in the queue whom something fits gets it."""
    lock_name(f"waitlist-queue:{venue_id}")
    known = catalog(venue_id)
    for entry in _asked(venue_id, start, end, str(known.zone)):
        if leaf_ids and not is_touched(entry, known, set(leaf_ids)):
            continue
        found = place_for(entry, now=now, declined=refused_by(entry))
        made = _offer(entry, found, now) if isinstance(found, Place) else found
        if isinstance(made, WaitlistOffer):
            return made
        _record_skip(entry, made, now)
    return None


def _asked(venue_id: int, start: int | None, end: int | None, zone: str) -> list[WaitlistEntry]:
    rows = WaitlistEntry.objects.waiting().filter(venue_id=venue_id).in_order()
    if start is not None and end is not None:
        first = from_minute(start, zone).date() - timedelta(days=1)  # a booking may begin before midnight
        rows = rows.filter(preferred_on__range=(first, from_minute(end, zone).date()))
    return list(rows.select_related("venue", "customer").select_for_update(of=("self",), no_key=True))


def refused_by(entry: WaitlistEntry) -> frozenset[tuple[int, int]]:
    """Resources and starts this person has declined."""
    rows = entry.offers.filter(outcome=OUTCOME.DECLINED)
    pairs = rows.values_list("reservation__items__resource_id", "reservation__starts_at")
    return frozenset((resource_id, to_minute(at)) for resource_id, at in pairs if resource_id)


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
    offer = WaitlistOffer.objects.create(entry=entry, reservation=held, deadline_at=deadline)
    entry_changed.send(WaitlistEntry, entry=entry, news=News.OFFERED, offer=offer)
    return offer


def customer_of(entry: WaitlistEntry) -> Customer:
    return Customer(
        entry.customer, entry.customer_name, entry.customer_email, str(entry.customer_phone or "")
    )


def _record_skip(entry: WaitlistEntry, reason: str, now: datetime) -> None:
    """Staff see why somebody was passed over, and when."""
    entry.skip_reason, entry.skipped_at = reason, now
    entry.save(update_fields=["skip_reason", "skipped_at"])


@retried_atomic
def accept_offer(
    *, offer_id: UUID, actor: Actor, requests: str = "", now: datetime | None = None
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
    ids = list(late.order_by("deadline_at").values_list("pk", flat=True)[:limit])
    return sum(_expire(offer_id, now) for offer_id in ids)


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
