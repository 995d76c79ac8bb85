"""Loans for dates: they begin, or can be fetched, once what they are for is really there."""

import logging
from collections.abc import Sequence
from uuid import UUID

from django.db import OperationalError

from common.transactions import atomic_change
from lending.enums import Kind, Status
from lending.granting import find_pickup_end, start_loan
from lending.locking import Turn, lock_loan_row
from lending.missing import list_touched, read_taken
from lending.models import Loan
from lending.occupying import start_minute_of
from lending.recording import save_fields, tell
from reservations.domain.values import SYSTEM

logger = logging.getLogger(__name__)


def begin_those_at_risk(turn: Turn) -> None:
    """What they wait for may have come back just now: theirs at once, before anybody in a queue."""
    for loan_id in turn.at_risk:
        try:
            with atomic_change():
                _begin_at_risk(loan_id, turn)
        except OperationalError:
            raise  # the whole transaction may be lost
        except Exception:
            # A row that is broken does not keep anybody from bringing something back.
            logger.exception("Loan %s could not begin; the next run tries again.", loan_id)


def _begin_at_risk(loan_id: UUID, turn: Turn) -> None:
    loan = lock_loan_row(loan_id)
    if loan.reservation_id in turn.reservations:  # else it changed before anything was locked
        loan.reservation = turn.reservations[loan.reservation_id]
        begin_if_there(loan, turn)


def begin_if_there(loan: Loan, turn: Turn) -> bool:
    """Whether that changed anything. Where it is not back yet, it is not to be fetched either."""
    terms = turn.terms.get(loan.resource_id or 0)
    if terms is None or not has_come(loan, turn):
        return False
    if not is_there(loan, turn):
        return close_window(loan)
    if loan.valid_until is not None:
        return False  # it waits to be fetched
    if terms.pickup_window is None:
        start_loan(loan, terms, SYSTEM, turn.now)
        return True
    loan.valid_until = find_pickup_end(loan, start_minute_of(loan), terms, turn.now)
    save_fields(loan, "valid_until")
    tell(loan, [Kind.APPROVED], SYSTEM)
    return True


def has_come(loan: Loan, turn: Turn) -> bool:
    """Whether its dates are now."""
    if loan.status != Status.APPROVED or not (loan.is_dated or loan.valid_until is None):
        return False
    is_over = loan.due_at is not None and loan.due_at <= turn.now
    return start_minute_of(loan) <= turn.minute and not is_over


def close_window(loan: Loan) -> bool:
    """Nobody can fetch what is not there: it opens anew once it is."""
    if loan.valid_until is None:
        return False
    loan.valid_until = None
    save_fields(loan, "valid_until")
    return True


def is_there(loan: Loan, turn: Turn) -> bool:
    """Whether nobody else still has it, which is booked for this loan from now on.

    Of several units, who booked theirs earlier gets what is there first.
    """
    thing = turn.catalog.bookables[loan.resource_id or 0]
    leaves = {leaf.id for leaf in thing.leaves}
    taken = read_taken(turn.catalog, leaves, turn.minute, turn.minute + 1, excluding=loan)
    later = _count_later(loan, turn, leaves)
    return all(
        _count_at(taken.get(leaf.id, ()), turn.minute) - later.get(leaf.id, 0) + loan.units <= leaf.limit
        for leaf in thing.leaves
    )


def _count_at(rows: Sequence[tuple[int, int, int, bool]], minute: int) -> int:
    return sum(units for start, end, units, _hold in rows if start <= minute < end)


def _count_later(loan: Loan, turn: Turn, leaves: set[int]) -> dict[int, int]:
    """Units by leaf that are booked for those who come after this loan, and are not theirs yet."""
    start = start_minute_of(loan)
    counted: dict[int, int] = {}
    others = Loan.objects.filter(resource__in=list_touched(turn.catalog, leaves)).to_begin(turn.now)
    for other in others.exclude(pk=loan.pk).select_related("reservation"):
        if (start_minute_of(other), other.pk) > (start, loan.pk):
            for leaf in turn.catalog.bookables[other.resource_id or 0].leaves:
                counted[leaf.id] = counted.get(leaf.id, 0) + other.units
    return counted
