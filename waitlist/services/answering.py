"""How offers end: by an answer, by their deadline, or as the held reservation changes by another door."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.sweeping import sweep
from common.transactions import retried_atomic
from reservations.domain.history import lock_reservation
from reservations.domain.values import NO_REPLY, Actor, Customer, Reply
from reservations.enums import EventKind, Source, Status
from reservations.exceptions import BookingRefused, HoldExpired, TransitionNotAllowed
from reservations.models import Reservation, ReservationEvent
from reservations.services import confirm_hold, release_hold
from waitlist.enums import WaitlistStatus
from waitlist.exceptions import OfferExpired, OfferNotFound
from waitlist.models import WaitlistEntry, WaitlistOffer
from waitlist.signals import EntryNews, tell

OUTCOME = WaitlistOffer.Outcome
STATUS_AFTER = {
    OUTCOME.ACCEPTED: WaitlistStatus.BOOKED,
    OUTCOME.DECLINED: WaitlistStatus.WAITING,
    OUTCOME.EXPIRED: WaitlistStatus.EXPIRED,
}
BOOKED = (Status.PENDING, Status.CONFIRMED)


@retried_atomic
def accept_offer(
    *,
    offer_id: UUID,
    actor: Actor,
    requests: str = "",
    reply: Reply = NO_REPLY,
    now: datetime | None = None,
) -> Reservation:
    """Accepting again answers the same. Raises ``OfferNotFound``, ``OfferExpired``, like ``confirm_hold``."""
    at = now or clock_now()
    offer = _find_offer(offer_id)
    if offer.outcome == OUTCOME.ACCEPTED:
        return offer.reservation
    if offer.outcome != OUTCOME.OPEN or offer.deadline_at <= at:
        raise OfferExpired
    # The offer is settled by what this records of the reservation, as when it is confirmed elsewhere.
    try:
        return confirm_hold(
            reservation_id=offer.reservation_id,
            customer=customer_of(offer.entry),
            actor=_acting_for(offer.entry, actor),
            requests=requests,
            reply=reply,
            now=at,
        )
    except (HoldExpired, TransitionNotAllowed) as ended:
        raise OfferExpired from ended


@retried_atomic
def decline_offer(*, offer_id: UUID, actor: Actor, now: datetime | None = None) -> WaitlistOffer:
    """The person keeps waiting and is not offered this time again. Raises ``OfferExpired``."""
    offer = _lock_offer(offer_id)
    if offer.outcome == OUTCOME.DECLINED:
        return offer
    if offer.outcome != OUTCOME.OPEN:
        raise OfferExpired
    settle(offer, OUTCOME.DECLINED)
    release_hold(reservation_id=offer.reservation_id, actor=actor, now=now)
    return offer


def expire_offers(*, now: datetime, limit: int = 500) -> int:
    """End offers that nobody answered, so that the next in the queue is asked; returns how many."""
    overdue = WaitlistOffer.objects.filter(outcome=OUTCOME.OPEN, deadline_at__lte=now)
    overdue_ids = overdue.order_by("deadline_at").values_list("pk", flat=True)
    return sweep("waitlist.expire_offers", overdue_ids, partial(_expire_offer, now=now), now=now, limit=limit)


@retried_atomic
def _expire_offer(offer_id: UUID, now: datetime) -> bool:
    offer = _lock_offer(offer_id)
    # Checked again under the lock: an answer may have come since the sweep listed it.
    if offer.outcome != OUTCOME.OPEN or offer.deadline_at > now:
        return False
    settle(offer, OUTCOME.EXPIRED)
    release_hold(reservation_id=offer.reservation_id, actor=Actor(source=Source.WAITLIST), now=now)
    return True


def settle_offer_of(event: ReservationEvent) -> None:
    """End the offer whose reservation has just changed; in the transaction and under the lock of the change.

    Raises ``BookingRefused`` for a hold that is to last longer, since others wait for the deadline, or that
    is to become one of something else.
    """
    if event.reservation.source != Source.WAITLIST or event.old_status != Status.HELD:
        return  # not asked of the database: most changes concern no offer
    offer = WaitlistOffer.objects.filter(reservation=event.reservation, outcome=OUTCOME.OPEN).first()
    if offer is None:
        return
    if event.kind == EventKind.EXTENDED:
        raise BookingRefused(_("This hold can't be extended any further."), code="hold_limit")
    if event.kind == EventKind.ADJUSTED and not _holds_what_was_offered(offer):
        raise BookingRefused(
            _("This time is an offer from the waitlist. Decline the offer instead."), code="last_resource"
        )
    if event.new_status != Status.HELD:
        settle(_lock_entry(offer), _outcome_of(event, offer))


def _holds_what_was_offered(offer: WaitlistOffer) -> bool:
    items, entry = offer.reservation.items, offer.entry
    if entry.group_id is not None:
        return items.filter(resource__group_links__group=entry.group_id).exists()
    return items.filter(resource=entry.resource_id).exists()


def _outcome_of(event: ReservationEvent, offer: WaitlistOffer) -> WaitlistOffer.Outcome:
    if event.new_status in BOOKED:
        return OUTCOME.ACCEPTED
    return OUTCOME.EXPIRED if event.at >= offer.deadline_at else OUTCOME.DECLINED


def settle(offer: WaitlistOffer, outcome: WaitlistOffer.Outcome) -> None:
    """With ``offer.entry`` locked. The hold is released after it: then the entry waits, the time declined."""
    offer.outcome = outcome
    offer.save(update_fields=["outcome"])
    offer.entry.status, offer.entry.due_at = STATUS_AFTER[outcome], clock_now()
    offer.entry.save(update_fields=["status", "due_at"])
    tell(offer.entry, EntryNews(outcome), offer)


def customer_of(entry: WaitlistEntry) -> Customer:
    return Customer(
        entry.customer, entry.customer_name, entry.customer_email, str(entry.customer_phone or "")
    )


def _acting_for(entry: WaitlistEntry, actor: Actor) -> Actor:
    """Whoever comes by the entry's link without signing in is who waits: what was offered can be booked."""
    return replace(actor, user=actor.user or entry.customer)


def _find_offer(offer_id: UUID) -> WaitlistOffer:
    offers = WaitlistOffer.objects.select_related("reservation__venue", "entry__customer")
    offer = offers.filter(pk=offer_id).first()
    if offer is None:
        raise OfferNotFound
    return offer


def _lock_offer(offer_id: UUID) -> WaitlistOffer:
    """With the rows of its reservation and entry locked until commit. Raises ``OfferNotFound``."""
    lock_reservation(_find_offer(offer_id).reservation_id)
    return _lock_entry(_find_offer(offer_id))


def _lock_entry(offer: WaitlistOffer) -> WaitlistOffer:
    entries = WaitlistEntry.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    offer.entry = entries.get(pk=offer.entry_id)
    return offer
