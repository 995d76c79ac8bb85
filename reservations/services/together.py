"""Several holds booked at once: all of them, or none."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import DomainError, InvalidInput
from common.transactions import retried_atomic
from reservations.domain.history import locked_reservations
from reservations.domain.limits import lock_customer
from reservations.domain.lines import Line
from reservations.domain.occupancy import lock_leaves
from reservations.domain.questions import narrowed
from reservations.domain.values import NO_REPLY, Actor, Customer, Reply
from reservations.domain.writing import booked_lines, leaf_ids
from reservations.exceptions import CartRefused, ReservationNotFound
from reservations.models import Reservation
from reservations.services.booking import require_contact
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
    """Turns several holds into bookings of one customer; those that are bookings already stay quietly.

    ``reply`` answers the questions of all of them. Raises ``CartRefused`` with every hold that cannot be
    booked, ``InvalidInput``, ``ReservationNotFound``.
    """
    require_contact(customer)
    ids = list(dict.fromkeys(reservation_ids))
    if not 1 <= len(ids) <= MOST_HOLDS:
        raise InvalidInput(_("Book between 1 and %(most)d times at once.") % {"most": MOST_HOLDS})
    at = now or clock_now()
    lock_customer(customer, [line for lines in _lines_of(ids).values() for line in lines])
    locked_reservations(ids)
    lines_of = _lines_of(ids)
    lock_leaves({leaf for lines in lines_of.values() for leaf in leaf_ids(lines)})
    refused, booked = [], []
    for each in ids:
        said = narrowed(reply, lines_of[each])
        try:
            with transaction.atomic():
                booked.append(
                    confirm_hold(
                        reservation_id=each,
                        customer=customer,
                        actor=actor,
                        requests=requests,
                        reply=said,
                        now=at,
                    )
                )
        except DomainError as error:
            if isinstance(error, InvalidInput):
                raise  # an answer or the terms are missing: to be corrected, no obstacle
            refused.append(_refusal(each, lines_of[each], error))
    if refused:
        raise CartRefused(extra={"refused": refused})
    return booked


def _lines_of(ids: Sequence[UUID]) -> dict[UUID, list[Line]]:
    """What each of them books. Raises ``ReservationNotFound``."""
    known = Reservation.objects.prefetch_related("items").in_bulk(ids)
    if len(known) < len(ids):
        raise ReservationNotFound
    return {each: booked_lines(known[each]) for each in ids}


def _refusal(reservation_id: UUID, lines: Sequence[Line], error: DomainError) -> dict[str, Any]:
    return {
        "reservation_id": str(reservation_id),
        "resources": ", ".join(line.bookable.name for line in lines),
        "reason": error.code,
        "message": str(error),
    }
