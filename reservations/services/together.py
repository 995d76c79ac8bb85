from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import DomainError, InvalidInput
from common.transactions import retried_atomic
from reservations.domain.history import lock_reservations
from reservations.domain.limits import lock_customer
from reservations.domain.lines import Line
from reservations.domain.occupancy import lock_leaves
from reservations.domain.questions import narrow_reply
from reservations.domain.values import NO_REPLY, Actor, Customer, Reply
from reservations.domain.writing import booked_lines, leaf_ids
from reservations.exceptions import CartRefused, ReservationNotFound
from reservations.models import Reservation
from reservations.services.holding import confirm_hold

MOST_HOLDS = 50


@retried_atomic
def confirm_holds(
    *,
    reservation_ids: Sequence[UUID],
    customer: Customer,
    actor: Actor,
    requests: str = "",
    reply: Reply = NO_REPLY,
    now: datetime | None = None,
) -> list[Reservation]:
    """Turn several holds into bookings of one customer; holds booked before stay as they are.

    ``reply`` answers the questions of all. Raises ``CartRefused`` with every hold that cannot be booked.
    """
    ids = list(dict.fromkeys(reservation_ids))
    if not 1 <= len(ids) <= MOST_HOLDS:
        raise InvalidInput(_("Book 1 to %(most)d times at once.") % {"most": MOST_HOLDS})
    at = now or clock_now()
    # Person, reservations, leaves, each in its order: carts that overlap cannot wait for each other.
    lock_customer(customer, [line for lines in _read_lines(ids).values() for line in lines])
    lock_reservations(ids)
    # Read again under the lock, which may have been waited for.
    lines_by_hold = _read_lines(ids)
    lock_leaves({leaf for lines in lines_by_hold.values() for leaf in leaf_ids(lines)})
    refusals, booked = [], []
    for hold_id in ids:
        own_reply = narrow_reply(reply, lines_by_hold[hold_id])
        try:
            # A savepoint each, so that all refusals are found and told at once.
            with transaction.atomic():
                booked.append(
                    confirm_hold(
                        reservation_id=hold_id,
                        customer=customer,
                        actor=actor,
                        requests=requests,
                        reply=own_reply,
                        now=at,
                    )
                )
        except DomainError as error:
            if isinstance(error, InvalidInput):
                raise  # an answer or the terms are missing: to be corrected, no obstacle
            refusals.append(_refusal_json(hold_id, lines_by_hold[hold_id], error))
    if refusals:
        raise CartRefused(extra={"refused": refusals})
    return booked


def _read_lines(ids: Sequence[UUID]) -> dict[UUID, list[Line]]:
    holds = Reservation.objects.prefetch_related("items").in_bulk(ids)
    if len(holds) < len(ids):
        raise ReservationNotFound
    return {hold_id: booked_lines(holds[hold_id]) for hold_id in ids}


def _refusal_json(reservation_id: UUID, lines: Sequence[Line], error: DomainError) -> dict[str, Any]:
    return {
        "reservation_id": str(reservation_id),
        "resources": ", ".join(line.bookable.name for line in lines),
        "reason": error.code,
        "message": str(error),
    }
