"""Booking: hold a time, or book it at once.

Always in this order: choose, price and check the rules without a lock; then in one transaction the
idempotency key, the locks, the same check again, the rows and the event. Nothing slow in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import Conflict, DomainError, InvalidInput
from common.keys import uuid7
from common.transactions import retried_atomic
from reservations.availability import Moment, Wish, alternatives, violations
from reservations.domain.history import write_event
from reservations.domain.limits import check_limits, lock_customer
from reservations.domain.lines import Line, Span, choose, options, probes
from reservations.domain.occupancy import guarded, lock_leaves, raise_violation
from reservations.domain.pricing import priced
from reservations.domain.questions import replied
from reservations.domain.values import NO_REPLY, Actor, Customer, ItemRequest, Reply, booker_for
from reservations.domain.writing import leaf_ids, new_reservation, occupy
from reservations.enums import EventKind, Purpose, Status
from reservations.models import Reservation
from reservations.policies import Booker, needs_approval
from reservations.services import idempotency
from resources.catalog import catalog
from resources.facts import Catalog
from scheduling.zones import from_minute, to_minute


@dataclass(frozen=True, slots=True)
class Booking:
    """Everything a booking is asked for with; the instants are aware and in whole minutes."""

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
    known: Catalog | None = None
    """The venue's configuration as its caller has just read it."""

    @property
    def span(self) -> Span:
        return Span(to_minute(self.start), to_minute(self.end), self.party_size)

    @property
    def asked(self) -> dict[str, object]:
        """Equal for the same request only; who acts is the key's scope already."""
        customer = self.customer
        return {
            "venue": self.venue_id,
            "items": [[item.resource_id, item.group_id, item.quantity] for item in self.items],
            "span": [self.start.isoformat(), self.end.isoformat(), self.party_size],
            "customer": [customer.user and customer.user.pk, customer.name, customer.email, customer.phone],
            "requests": self.requests,
            "hold": self.is_hold,
            "purpose": [self.purpose, self.title],
            "reply": [sorted(self.reply.answers.items()), self.reply.accepts_terms],
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
    known: Catalog | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Books at once: confirmed, or pending where the rules want approval.

    Customers answer the venue's questions and accept its terms in ``reply``.
    Raises ``InvalidInput``, ``NotFound``, ``BookingRefused`` (a rule), ``SlotTaken`` or
    ``CapacityReached`` (both with ``extra["alternatives"]``, a list of starts), ``Busy`` and
    ``IdempotencyMismatch``. Nothing is written then.
    """
    require_contact(customer)
    booking = Booking(
        venue_id, tuple(items), start, end, party_size, customer, actor, requests, reply=reply, known=known
    )
    return _once(booking, idempotency_key, now or clock_now())


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
    known: Catalog | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Keeps a time, until ``expires_at``, while the customer fills in the form.

    ``until`` holds it for longer, or shorter, than the rules' usual hold.
    Raises what ``book_reservation`` raises.
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
        known=known,
    )
    return _once(booking, idempotency_key, now or clock_now())


def require_contact(customer: Customer) -> None:
    """Raises ``InvalidInput`` for somebody who cannot be reached."""
    missing = [name for name in ("name", "email") if not getattr(customer, name)]
    if missing:
        fields: dict[str, list[str | Promise]] = {name: [_("This field is required.")] for name in missing}
        raise InvalidInput(_("Please give a name and an e-mail address."), fields=fields)


def _once(booking: Booking, key: str, now: datetime) -> Reservation:
    """Books, or returns what the same key booked before.

    The transaction inserts the key before anything else. It is looked for after a refusal, too: the request
    that took the time may have been the client's own first try.
    """
    if not key:
        return _create(booking, "", now)
    try:
        return _create(booking, key, now)
    except DomainError:
        if earlier := idempotency.earlier_answer(key, booking.actor, booking.asked):
            return earlier
        raise


def _create(booking: Booking, key: str, now: datetime) -> Reservation:
    check_shape(booking)
    moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
    booker = booker_for(booking.actor, booking.venue_id)
    known = booking.known or catalog(booking.venue_id)
    choices = options(booking.items, known, booking.span, moment)
    refused: set[int] = set()
    try:
        while True:
            lines = choose(choices, booking.span, booker, moment, refused=refused)
            try:
                return write(booking, lines, booker, key, now)
            except Conflict:
                # Somebody was quicker. Where any one of a group will do, the next one is tried.
                tried = {line.bookable.id for line in lines if line.group_id is not None}
                if not tried:
                    raise
                refused |= tried
    except Conflict as conflict:
        _add_alternatives(conflict, choices, booking, booker, moment)
        raise


def check_shape(booking: Booking) -> None:
    """Raises ``InvalidInput`` for what no rule could make sense of."""
    for name, at in (("start", booking.start), ("end", booking.end)):
        if at.second or at.microsecond:
            raise InvalidInput(
                _("Times are given in whole minutes."), fields={name: [_("Whole minutes only.")]}
            )
    if booking.end <= booking.start:
        raise InvalidInput(
            _("The end must be after the start."), fields={"end": [_("Must be after the start.")]}
        )
    if booking.party_size < 1:
        raise InvalidInput(_("A party has at least one person."), fields={"party_size": [_("At least 1.")]})


@retried_atomic
def write(booking: Booking, lines: Sequence[Line], booker: Booker, key: str, now: datetime) -> Reservation:
    id = uuid7()
    actor, asked, venue_id = booking.actor, booking.asked, booking.venue_id
    if (
        key
        and idempotency.claim(key, actor, asked, venue_id=venue_id, reservation_id=id, now=now) is None
        and (earlier := idempotency.earlier_answer(key, actor, asked))
    ):
        return earlier
    span = booking.span
    said = {} if booking.is_hold else replied(lines, booking.reply, booker, now)
    if not booker.is_staff:
        lock_customer(booking.customer, lines)
        check_limits(booking.customer, lines, start=span.start, now=now)
    lock_leaves(leaf_ids(lines))
    _check_again(lines, span, booker, now)
    price = priced(lines, span.start, span.end, span.party_size)
    state = _state(booking, lines, booker, price["deposit_amount"])
    reservation = new_reservation(booking, lines, *state, price=price, id=id, now=now, said=said)
    with guarded(single_unit=all(line.bookable.limit == 1 for line in lines)):
        occupy(reservation, lines)
    kind = EventKind.HELD if booking.is_hold else EventKind.BOOKED
    write_event(reservation, kind=kind, actor=booking.actor, now=now)
    return reservation


def _check_again(lines: Sequence[Line], span: Span, booker: Booker, now: datetime) -> None:
    """The same check as before, now that nobody else can write to these resources."""
    moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
    for found in violations(probes(lines, span), booker, moment):
        if found is not None:
            raise_violation(found)


def _state(
    booking: Booking, lines: Sequence[Line], booker: Booker, deposit: Decimal
) -> tuple[Status, datetime | None]:
    """The first status, and until when a hold lasts (by the real clock: the database judges it)."""
    if booking.is_hold and booking.until is not None:
        return Status.HELD, booking.until
    if booking.is_hold:
        minutes = min(line.bookable.customer_rules.hold_minutes for line in lines)
        return Status.HELD, clock_now() + timedelta(minutes=minutes)
    return booked_status(lines, booking.span, booker, deposit=deposit), None


def booked_status(
    lines: Sequence[Line], span: Span, booker: Booker, *, deposit: Decimal, paid: Decimal = Decimal(0)
) -> Status:
    """Pending where approval or a deposit is missing and staff are not booking themselves."""
    wanted = wants_approval(lines, span) or deposit > paid
    return Status.PENDING if wanted and not booker.is_staff else Status.CONFIRMED


def wants_approval(lines: Sequence[Line], span: Span) -> bool:
    """Whether any resource's rules want staff to approve this."""
    duration = span.end - span.start
    return any(
        needs_approval(line.bookable.customer_rules, party_size=span.party_size, duration=duration)
        for line in lines
    )


def _add_alternatives(
    conflict: Conflict, choices: Sequence[Sequence[Line]], booking: Booking, booker: Booker, moment: Moment
) -> None:
    """Near starts of the resource, where only one was asked for."""
    if len(choices) != 1:
        return
    line, span = choices[0][0], booking.span
    wish = Wish(span.end - span.start, span.party_size, line.units, booker)
    near = alternatives(line.bookable, wish, wanted=span.start, moment=moment)
    conflict.extra["alternatives"] = [from_minute(at, str(line.bookable.zone)) for at in near]
