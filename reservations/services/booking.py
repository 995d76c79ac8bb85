"""Booking: hold a time, or book it at once.

Always in this order: choose, price and check the rules without a lock; then in one transaction the
idempotency key, the locks, the same check again, the rows and the event. Nothing slow comes in between.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import Busy, Conflict, DomainError, InvalidInput
from common.keys import uuid7
from common.transactions import retried_atomic
from reservations.availability import Moment, Wish, find_alternatives, find_violations
from reservations.domain.choosing import Options, choose_lines, find_crowding
from reservations.domain.extensions import (
    Proposal,
    agree_on_price,
    has_own_times,
    lock_for_products,
    record_for_products,
    require_allowed,
    title_for,
)
from reservations.domain.history import write_event
from reservations.domain.limits import check_limits, lock_customer
from reservations.domain.lines import Line, Span, list_options, make_probes
from reservations.domain.occupancy import lock_leaves, raise_violation, translate_refusals
from reservations.domain.pricing import calculate_price
from reservations.domain.questions import check_reply
from reservations.domain.values import NO_REPLY, Actor, Customer, ItemRequest, Reply, booker_for
from reservations.domain.writing import insert_reservation, leaf_ids, occupy
from reservations.enums import EventKind, Purpose, Status
from reservations.exceptions import CapacityReached, ConfigurationMoved, SlotTaken
from reservations.models import Reservation
from reservations.policies import Booker, needs_approval
from reservations.services import idempotency
from reservations.services.contact import require_contact
from resources.bookables import Catalog
from resources.catalog import catalog
from resources.stamps import remembered_stamp
from resources.stays import length_of
from scheduling.zones import from_minute, to_minute

R = TypeVar("R")
MOST_CHOICES = 5
"""Changes of the configuration, each between choosing and locking, after which the venue is too busy."""


@dataclass(frozen=True, slots=True)
class Booking:
    venue_id: int
    items: tuple[ItemRequest, ...]
    start: datetime
    end: datetime
    party_size: int
    customer: Customer
    actor: Actor
    requests: str = ""
    is_hold: bool = False
    until: datetime | None = None
    purpose: Purpose = Purpose.BOOKING
    title: str = ""
    reply: Reply = NO_REPLY
    venue_catalog: Catalog | None = None
    """The venue's configuration as its caller has just read it."""
    seen_free: bool = False
    begun: bool = False
    """Those who come are there already."""
    found_free: bool = False
    """By its caller, under the locks: after that only the guard in the database looks again."""

    @property
    def span(self) -> Span:
        return Span(to_minute(self.start), to_minute(self.end), self.party_size)

    def propose(self, lines: Sequence[Line], booker: Booker, moment: Moment) -> Proposal:
        return Proposal(
            self.venue_id,
            lines,
            self.span,
            self.customer,
            self.actor,
            booker,
            moment,
            is_hold=self.is_hold,
            venue_catalog=self.venue_catalog,
        )

    @property
    def request(self) -> dict[str, object]:
        """Equal only for the same request; who acts is already part of the key's scope."""
        customer = self.customer
        return {
            "venue": self.venue_id,
            "items": [astuple(item) for item in self.items],
            "span": [self.start.isoformat(), self.end.isoformat(), self.party_size],
            "customer": [customer.user and customer.user.pk, customer.name, customer.email, customer.phone],
            "requests": self.requests,
            "hold": self.is_hold,
            "purpose": [self.purpose, self.title],
            "reply": [sorted(self.reply.answers.items()), *astuple(self.reply)[1:]],
        }


def book_reservation(
    *,
    venue_id: int,
    items: Sequence[ItemRequest],
    start: datetime,
    end: datetime,
    party_size: int = 1,
    customer: Customer,
    actor: Actor,
    requests: str = "",
    reply: Reply = NO_REPLY,
    idempotency_key: str = "",
    venue_catalog: Catalog | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Book at once: confirmed, or pending if the rules want approval.

    Conflicts come with ``extra["alternatives"]``, a list of starts. Raises also ``NotFound`` and
    ``IdempotencyMismatch``.
    """
    require_contact(customer, actor=actor, venue_id=venue_id)
    booking = Booking(
        venue_id,
        tuple(items),
        start,
        end,
        party_size,
        customer,
        actor,
        requests,
        reply=reply,
        venue_catalog=venue_catalog,
    )
    return _create_once(booking, idempotency_key, now or clock_now())


def hold_reservation(
    *,
    venue_id: int,
    items: Sequence[ItemRequest],
    start: datetime,
    end: datetime,
    party_size: int = 1,
    actor: Actor,
    customer: Customer | None = None,
    until: datetime | None = None,
    idempotency_key: str = "",
    venue_catalog: Catalog | None = None,
    seen_free: bool = False,
    now: datetime | None = None,
) -> Reservation:
    """Keep a time while the customer fills in the form; ``until`` replaces the end that the rules give.

    ``seen_free`` by the caller just now: what is named is looked at only once more, under the lock.
    """
    booking = Booking(
        venue_id,
        tuple(items),
        start,
        end,
        party_size,
        customer or Customer(),
        actor,
        is_hold=True,
        until=until,
        venue_catalog=venue_catalog,
        seen_free=seen_free,
    )
    return _create_once(booking, idempotency_key, now or clock_now())


def _create_once(booking: Booking, key: str, now: datetime) -> Reservation:
    """Books, or returns what the same key booked before.

    The transaction inserts the key before anything else. It is looked for after a refusal, too: the request
    that took the time may have been the client's own first try.
    """
    if not key:
        return _create(booking, "", now)
    try:
        return _create(booking, key, now)
    except DomainError:
        if earlier := idempotency.earlier_answer(key, booking.actor, booking.request):
            return earlier
        raise


def _create(booking: Booking, key: str, now: datetime) -> Reservation:
    check_shape(booking)
    return write_by_current(
        booking.venue_catalog or catalog(booking.venue_id),
        lambda venue_catalog: _choose_and_write(
            replace(booking, venue_catalog=venue_catalog), venue_catalog, key, now
        ),
    )


def write_by_current(venue_catalog: Catalog, write: Callable[[Catalog], R]) -> R:
    """``write`` by the configuration that still holds once its locks are taken. Raises ``Busy``."""
    for _attempt in range(MOST_CHOICES):
        try:
            return write(venue_catalog)
        except ConfigurationMoved:
            # Changed while we waited for the lock: chosen and priced anew, by what holds now.
            venue_catalog = catalog(venue_catalog.venue_id)
    raise Busy


def _choose_and_write(booking: Booking, venue_catalog: Catalog, key: str, now: datetime) -> Reservation:
    moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
    booker = booker_for(booking.actor, booking.venue_id)
    choices = list_options(booking.items, venue_catalog, booking.span, moment)
    refused_ids: set[int] = set()
    try:
        # Each round rules out what was lost, so that it ends with the last of the choices.
        while True:
            lines = _choose(booking, choices, booker, moment, refused_ids)
            require_allowed(booking.propose(lines, booker, moment))
            try:
                return write_booking(booking, lines, booker, key, now, stamp=venue_catalog.stamp)
            except (SlotTaken, CapacityReached) as conflict:
                # Somebody was quicker. Where another one will do as well, the next one is tried.
                lost_ids = _list_lost(conflict, lines, choices)
                if not lost_ids:
                    raise
                refused_ids |= lost_ids
    except Conflict as conflict:
        # Looked for outside the transaction: a search must not keep locks.
        _add_alternatives(conflict, choices, booking, booker, moment)
        raise


def _choose(
    booking: Booking, choices: Options, booker: Booker, moment: Moment, refused_ids: Collection[int]
) -> list[Line]:
    if booking.seen_free and all(len(options) == 1 for options in choices):
        return [options[0] for options in choices]
    return choose_lines(choices, booking.span, booker, moment, refused=refused_ids)


def _list_lost(
    conflict: SlotTaken | CapacityReached, lines: Sequence[Line], choices: Sequence[Sequence[Line]]
) -> set[int]:
    """What may have been taken in the last moment, of the lines for which there are others."""
    exchangeable = {
        line.bookable.id for line, options in zip(lines, choices, strict=True) if len(options) > 1
    }
    return exchangeable if conflict.resource_id is None else exchangeable & {conflict.resource_id}


def check_shape(booking: Booking) -> None:
    for name, at in (("start", booking.start), ("end", booking.end)):
        if at.second or at.microsecond:
            raise InvalidInput(_("Enter times in whole minutes."), fields={name: [_("Enter whole minutes.")]})
    if booking.end <= booking.start:
        raise InvalidInput(
            _("Enter an end after the start."), fields={"end": [_("Enter an end after the start.")]}
        )
    if booking.party_size < 1:
        raise InvalidInput(_("Enter at least 1 person."), fields={"party_size": [_("Enter 1 or more.")]})


def _claim_key(booking: Booking, key: str, id: UUID, now: datetime) -> Reservation | None:
    """What the key has made before; else it is claimed for the reservation ``id``."""
    actor, request = booking.actor, booking.request
    claimed = idempotency.claim(key, actor, request, venue_id=booking.venue_id, reservation_id=id, now=now)
    return None if claimed else idempotency.earlier_answer(key, actor, request)


@retried_atomic
def write_booking(
    booking: Booking, lines: Sequence[Line], booker: Booker, key: str, now: datetime, *, stamp: int
) -> Reservation:
    """``stamp`` is that of the configuration the lines come from. Raises ``ConfigurationMoved``."""
    id = uuid7()
    if key and (earlier := _claim_key(booking, key, id, now)):
        return earlier
    span = booking.span
    reply_fields = {} if booking.is_hold else check_reply(lines, booking.reply, booker, now)
    # The person's name before any row: their bookings are counted one after the other.
    if not booker.is_staff:
        lock_customer(booking.customer, lines)
        check_limits(booking.customer, lines, span, now=now)
    proposal = booking.propose(lines, booker, Moment(epoch_minute(now), epoch_seconds(clock_now())))
    lock_for_products(proposal)
    # All leaves in key order. From here on nobody else can take this time, so the check below stays true.
    lock_leaves(leaf_ids(lines))
    if remembered_stamp(booking.venue_id) != stamp:
        raise ConfigurationMoved
    if not booking.found_free:
        _check_again(lines, span, booker, now)
    require_allowed(proposal)
    # Priced and stated under the lock, by the configuration that the check has just used.
    price = agree_on_price(proposal, calculate_price(lines, span.start, span.end, span.party_size))
    state = _first_state(booking, lines, booker, price["deposit_amount"])
    titled = replace(booking, title=booking.title or title_for(proposal))
    reservation = insert_reservation(
        titled, lines, *state, price=price, id=id, now=now, reply_fields=reply_fields
    )
    # The guard in the database refuses what the check overlooked: no code path can overbook.
    with translate_refusals(single_unit=all(line.bookable.limit == 1 for line in lines)):
        occupy(reservation, lines)
    record_for_products(reservation, lines)
    kind = EventKind.HELD if booking.is_hold else EventKind.BOOKED
    write_event(reservation, kind=kind, actor=booking.actor, now=now, changes=booking.reply.recorded)
    return reservation


def _check_again(lines: Sequence[Line], span: Span, booker: Booker, now: datetime) -> None:
    moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
    obstacles = find_violations(make_probes(lines, span), booker, moment)
    for line, obstacle in zip(lines, obstacles, strict=True):
        if obstacle is not None:
            raise_violation(obstacle, line.bookable.id)
    if obstacle := find_crowding(lines, span, moment):
        raise_violation(obstacle)


def _first_state(
    booking: Booking, lines: Sequence[Line], booker: Booker, deposit: Decimal
) -> tuple[Status, datetime | None]:
    """The first status, and when a hold ends, by the real clock: the database judges it."""
    if booking.is_hold and booking.until is not None:
        return Status.HELD, booking.until
    if booking.is_hold:
        minutes = min(line.bookable.customer_rules.hold_minutes for line in lines)
        return Status.HELD, clock_now() + timedelta(minutes=minutes)
    if booking.begun:
        return Status.CHECKED_IN, None
    return booked_status(lines, booking.span, booker, deposit=deposit), None


def booked_status(
    lines: Sequence[Line], span: Span, booker: Booker, *, deposit: Decimal, paid: Decimal = Decimal(0)
) -> Status:
    """Pending while approval or a deposit is missing, unless staff book."""
    is_incomplete = wants_approval(lines, span) or deposit > paid
    return Status.PENDING if is_incomplete and not booker.is_staff else Status.CONFIRMED


def wants_approval(lines: Sequence[Line], span: Span) -> bool:
    return any(
        needs_approval(
            line.bookable.customer_rules,
            party_size=span.party_size,
            duration=length_of(line.bookable, span.start, span.end),
        )
        for line in lines
    )


def _add_alternatives(
    conflict: Conflict, choices: Sequence[Sequence[Line]], booking: Booking, booker: Booker, moment: Moment
) -> None:
    if len(choices) != 1 or has_own_times([choices[0][0].bookable]):
        return
    line, span = choices[0][0], booking.span
    wish = Wish(length_of(line.bookable, span.start, span.end), span.party_size, line.units, booker)
    near = find_alternatives(line.bookable, wish, wanted=span.start, moment=moment)
    conflict.extra["alternatives"] = [from_minute(at, str(line.bookable.zone)) for at in near]
