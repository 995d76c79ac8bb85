from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from common.money import round_amount
from reservations.availability import DAY, Moment, moment_now
from reservations.domain.common_starts import find_common_starts, read_busy_of_lines
from reservations.domain.extensions import agree_on_price
from reservations.domain.moves import plan_move
from reservations.domain.pricing import calculate_price
from reservations.domain.values import Actor, ReservationChanges, booker_for
from reservations.exceptions import CapacityReached, SlotTaken
from reservations.models import Reservation
from reservations.services.changing import change_reservation, find_minimum_fee
from resources.stays import is_stay, length_of
from scheduling.zones import from_minute

LOOK_BACK, LOOK_AHEAD = 3 * DAY, 4 * DAY
"""Minutes around a taken time in which others are looked for."""
MOST_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class NewPrice:
    """``minimum_fee``: what cancelling costs at least afterwards."""

    old: Decimal
    new: Decimal
    currency: str
    minimum_fee: Decimal
    cancellation_terms: Sequence[Any] = ()

    @property
    def difference(self) -> Decimal:
        return self.new - self.old


def preview_change(
    reservation: Reservation, changes: ReservationChanges, *, actor: Actor, now: datetime
) -> NewPrice:
    """By the functions that ``edit_reservation`` charges and settles with."""
    currency = reservation.currency
    old = round_amount(reservation.total_amount, currency)
    move = plan_move(reservation, changes)
    booker = booker_for(actor, reservation.venue_id)
    if not move.is_occupancy:
        minimum_fee = round_amount(reservation.minimum_fee, currency)
        return NewPrice(old, old, currency, minimum_fee, reservation.cancellation_terms)
    span = move.span
    price = agree_on_price(
        move.propose(actor, booker, moment_now()),
        calculate_price(move.lines, span.start, span.end, span.party_size),
    )
    new = price["total_amount"]
    minimum_fee = round_amount(find_minimum_fee(reservation, changes, booker, now), currency)
    return NewPrice(old, new, currency, minimum_fee, price["cancellation_terms"])


def reschedule_reservation(
    *,
    reservation_id: UUID,
    start: datetime,
    end: datetime,
    actor: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Reservation:
    """Move a reservation to [start, end) and price it anew; see ``change_reservation``."""
    at = now or clock_now()
    changes = ReservationChanges(start=start, end=end)
    return edit_reservation(
        reservation_id=reservation_id, changes=changes, actor=actor, version=version, now=at
    )


def edit_reservation(
    *,
    reservation_id: UUID,
    changes: ReservationChanges,
    actor: Actor,
    version: int | None = None,
    seen: Reservation | None = None,
    now: datetime | None = None,
) -> Reservation:
    """``change_reservation`` with near free starts (``extra["alternatives"]``) if the time is taken."""
    at = now or clock_now()
    try:
        return change_reservation(
            reservation_id=reservation_id, changes=changes, actor=actor, version=version, seen=seen, now=at
        )
    # Looked for after the transaction is over: a search must not keep locks.
    except (SlotTaken, CapacityReached) as conflict:
        conflict.extra["alternatives"] = _find_alternatives(reservation_id, changes, actor, at)
        raise


def _find_alternatives(
    reservation_id: UUID, changes: ReservationChanges, actor: Actor, now: datetime
) -> list[datetime]:
    reservation = Reservation.objects.select_related("venue").get(pk=reservation_id)
    move = plan_move(reservation, changes)
    span, moment = move.span, Moment(epoch_minute(now), epoch_seconds(clock_now()))
    duration = next(
        (length_of(line.bookable, span.start, span.end) for line in move.lines if is_stay(line.bookable)),
        span.end - span.start,
    )
    start, end = max(span.start - LOOK_BACK, moment.minute), span.start + LOOK_AHEAD
    # Its own time counts as free: the booking would leave it.
    busy = read_busy_of_lines(
        move.lines, duration=duration, start=start, end=end, moment=moment, excluding=reservation.pk
    )
    starts = find_common_starts(
        move.lines,
        busy,
        duration=duration,
        party_size=span.party_size,
        booker=booker_for(actor, reservation.venue_id),
        start=start,
        end=end,
        now=moment.minute,
    )
    near = sorted(sorted(starts, key=lambda at: abs(at - span.start))[:MOST_ALTERNATIVES])
    return [from_minute(at, reservation.venue.zone_name) for at in near]
