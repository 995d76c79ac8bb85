"""Moving a reservation. The old time is never lost when the new one is refused."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from reservations.availability import Moment, Wish, alternatives
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.models import Reservation
from reservations.services.changing import Changes, change_reservation, planned
from reservations.services.values import Actor, booker_for
from reservations.services.writing import booked_lines, priced
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
    changes = Changes(start=start, end=end)
    return edit_reservation(
        reservation_id=reservation_id, changes=changes, actor=actor, version=version, now=at
    )


def edit_reservation(
    *,
    reservation_id: UUID,
    changes: Changes,
    actor: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Reservation:
    """``change_reservation``, telling near free starts (``extra["alternatives"]``) where a time is taken."""
    at = now or clock_now()
    try:
        return change_reservation(
            reservation_id=reservation_id, changes=changes, actor=actor, version=version, now=at
        )
    except (SlotTaken, CapacityReached) as refused:
        refused.extra["alternatives"] = _alternatives(reservation_id, changes, actor, at)
        raise


def _alternatives(reservation_id: UUID, changes: Changes, actor: Actor, now: datetime) -> list[datetime]:
    """Near free starts of the resource that was wanted, for the party that was wanted."""
    reservation = Reservation.objects.select_related("venue").get(pk=reservation_id)
    move = planned(reservation, changes)
    if len(move.lines) != 1:
        return []
    line, span = move.lines[0], move.span
    bookable = line.bookable
    wish = Wish(span.end - span.start, span.party_size, line.units, booker_for(actor, reservation.venue_id))
    moment = Moment(epoch_minute(now), epoch_seconds(clock_now()))
    near = alternatives(bookable, wish, wanted=span.start, moment=moment, but=reservation.pk)
    return [from_minute(at, str(bookable.zone)) for at in near]
