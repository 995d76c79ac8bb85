"""Moving a reservation. The old time is never lost when the new one is refused."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.errors import InvalidInput
from common.transactions import retried_atomic
from reservations.availability import Moment, Wish, alternatives, violations
from reservations.enums import RESCHEDULABLE, EventKind, Status
from reservations.exceptions import BookingRefused, CapacityReached, SlotTaken, TransitionNotAllowed
from reservations.models import Reservation
from reservations.policies import Booker
from reservations.services.booking import booked_status
from reservations.services.cancelling import cancellation_preview
from reservations.services.choosing import Line, Span, probes
from reservations.services.occupying import guarded, lock_leaves, raise_violation
from reservations.services.recording import locked_reservation, save_change, set_status, write_event
from reservations.services.values import Actor, booker_for
from reservations.services.writing import booked_lines, leaf_ids, move_allocations, priced
from resources.pricing import rounded
from scheduling.zones import from_minute, to_minute


@dataclass(frozen=True, slots=True)
class NewPrice:
    """What a reservation costs now and would cost at the new time."""

    old: Decimal
    new: Decimal
    currency: str

    @property
    def difference(self) -> Decimal:
        return self.new - self.old


def reschedule_preview(reservation: Reservation, *, start: datetime, end: datetime) -> NewPrice:
    """The price at another time, by the function that ``reschedule_reservation`` charges with."""
    lines = booked_lines(reservation)
    new = priced(lines, to_minute(start), to_minute(end), reservation.party_size)["total_amount"]
    return NewPrice(rounded(reservation.total_amount, reservation.currency), new, reservation.currency)


def reschedule_reservation(
    *,
    reservation_id: UUID,
    start: datetime,
    end: datetime,
    actor: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Moves a reservation to [start, end) and prices it anew; asked for its own time, it changes nothing.

    Where the rules want approval, a confirmed reservation that its customer moves is pending again.
    Customers may move it for as long as cancelling would still return something.
    Raises ``InvalidInput``, ``BookingRefused``, ``SlotTaken``/``CapacityReached`` (with alternatives),
    ``TransitionNotAllowed``, ``StaleVersion``, ``ReservationNotFound``, ``Busy``.
    """
    at = now or clock_now()
    if end <= start:
        raise InvalidInput(fields={"end": [_("Must be after the start.")]})
    try:
        return _move(reservation_id, start, end, actor, version, at)
    except (SlotTaken, CapacityReached) as refused:
        refused.extra["alternatives"] = _alternatives(reservation_id, start, end, actor, at)
        raise


@retried_atomic
def _move(
    reservation_id: UUID, start: datetime, end: datetime, actor: Actor, version: int | None, now: datetime
) -> Reservation:
    reservation = locked_reservation(reservation_id, version=version)
    if reservation.status not in RESCHEDULABLE:
        raise TransitionNotAllowed
    if (reservation.starts_at, reservation.ends_at) == (start, end):
        return reservation
    lines, booker = booked_lines(reservation), booker_for(actor, reservation.venue_id)
    if not booker.is_staff:
        _require_in_time(reservation, now)
    span = Span(to_minute(start), to_minute(end), reservation.party_size)
    lock_leaves(leaf_ids(lines))
    moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
    for found in violations(probes(lines, span), booker, moment, but=reservation.pk):
        if found is not None:
            raise_violation(found)
    _record_move(reservation, lines, span, actor, booker, now)
    with guarded(single_unit=all(line.bookable.limit == 1 for line in lines)):
        move_allocations(reservation, lines)
    return reservation


def _require_in_time(reservation: Reservation, now: datetime) -> None:
    terms = cancellation_preview(reservation, now=now)
    total = rounded(reservation.total_amount, reservation.currency)
    if reservation.starts_at <= now or (total and terms.fee >= total):
        raise BookingRefused(_("It is too late to change this reservation."), code="too_late_to_change")


def _record_move(
    reservation: Reservation, lines: list[Line], span: Span, actor: Actor, booker: Booker, now: datetime
) -> None:
    """Writes the new times, price and history; the occupied rows follow."""
    old = [reservation.starts_at, reservation.ends_at, reservation.total_amount]
    reservation.starts_at, reservation.ends_at = from_minute(span.start), from_minute(span.end)
    for name, value in priced(lines, span.start, span.end, span.party_size).items():
        setattr(reservation, name, value)
    new = [reservation.starts_at, reservation.ends_at, reservation.total_amount]
    names = ("starts_at", "ends_at", "total_amount")
    changes = {name: [str(was), str(now_is)] for name, was, now_is in zip(names, old, new, strict=True)}
    fields = (*names, "currency", "price_lines", "cancellation_terms")
    if reservation.status == Status.CONFIRMED and booked_status(lines, span, booker) == Status.PENDING:
        set_status(
            reservation,
            Status.PENDING,
            kind=EventKind.RESCHEDULED,
            actor=actor,
            now=now,
            changes=changes,
            fields=fields,
        )
        return
    save_change(reservation, *fields)
    write_event(
        reservation,
        kind=EventKind.RESCHEDULED,
        actor=actor,
        now=now,
        old_status=reservation.status,
        changes=changes,
    )


def _alternatives(
    reservation_id: UUID, start: datetime, end: datetime, actor: Actor, now: datetime
) -> list[datetime]:
    reservation = Reservation.objects.select_related("venue").get(pk=reservation_id)
    lines = booked_lines(reservation)
    if len(lines) != 1:
        return []
    bookable = lines[0].bookable
    booker = booker_for(actor, reservation.venue_id)
    wish = Wish(to_minute(end) - to_minute(start), reservation.party_size, lines[0].units, booker)
    moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
    near = alternatives(bookable, wish, wanted=to_minute(start), moment=moment, but=reservation.pk)
    return [from_minute(at, str(bookable.zone)) for at in near]
