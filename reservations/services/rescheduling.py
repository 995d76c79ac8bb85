"""Moving a reservation. The old time is never lost when the new one is refused."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.money import round_amount
from reservations.availability import DAY, Moment
from reservations.domain.common_starts import common_starts, lines_busy
from reservations.domain.pricing import priced
from reservations.domain.values import Actor, booker_for
from reservations.domain.writing import booked_lines
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.models import Reservation
from reservations.services.changing import Changes, change_reservation, planned
from scheduling.zones import from_minute, to_minute

LOOK_BACK, LOOK_AHEAD = 3 * DAY, 4 * DAY
"""How far around a time that is taken others are looked for, minutes."""
MOST_ALTERNATIVES = 3


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
    return NewPrice(round_amount(reservation.total_amount, reservation.currency), new, reservation.currency)


def reparty_preview(reservation: Reservation, *, party_size: int) -> NewPrice:
    """The price for another number of people; unchanged for the present one. Raises ``InvalidInput``."""
    old = round_amount(reservation.total_amount, reservation.currency)
    if party_size == reservation.party_size:
        return NewPrice(old, old, reservation.currency)
    move = planned(reservation, Changes(party_size=party_size))
    new = priced(move.lines, move.span.start, move.span.end, party_size)["total_amount"]
    return NewPrice(old, new, reservation.currency)


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
    seen: Reservation | None = None,
    now: datetime | None = None,
) -> Reservation:
    """``change_reservation``, telling near free starts (``extra["alternatives"]``) where a time is taken."""
    at = now or clock_now()
    try:
        return change_reservation(
            reservation_id=reservation_id, changes=changes, actor=actor, version=version, seen=seen, now=at
        )
    except (SlotTaken, CapacityReached) as refused:
        refused.extra["alternatives"] = _alternatives(reservation_id, changes, actor, at)
        raise


def _alternatives(reservation_id: UUID, changes: Changes, actor: Actor, now: datetime) -> list[datetime]:
    """Near free starts of everything that was wanted together, for the party that was wanted."""
    reservation = Reservation.objects.select_related("venue").get(pk=reservation_id)
    move = planned(reservation, changes)
    span, moment = move.span, Moment(epoch_minute(now), epoch_seconds(clock_now()))
    duration = span.end - span.start
    start, end = max(span.start - LOOK_BACK, moment.minute), span.start + LOOK_AHEAD
    busy = lines_busy(move.lines, duration=duration, start=start, end=end, moment=moment, but=reservation.pk)
    found = common_starts(
        move.lines,
        busy,
        duration=duration,
        party_size=span.party_size,
        booker=booker_for(actor, reservation.venue_id),
        start=start,
        end=end,
        now=moment.minute,
    )
    near = sorted(sorted(found, key=lambda at: abs(at - span.start))[:MOST_ALTERNATIVES])
    return [from_minute(at, reservation.venue.zone_name) for at in near]
