"""Keeping what is still out booked: overdue things, and loans without an end."""

from datetime import datetime

from common.clock import epoch_minute
from lending.locking import Turn
from lending.models import Loan
from lending.occupying import end_minute_of, find_limit, leaves_of, move_end
from lending.policies import OVERDUE_LEAST, OVERDUE_PUSH, ROLL_ON, Terms, find_due
from lending.recording import save_fields
from reservations.domain.values import SYSTEM
from reservations.models import Allocation, Reservation
from scheduling.zones import from_minute


def push_overdue(loan: Loan, now: datetime) -> bool:
    """It stays booked for another day, never over what somebody else has."""
    minute, end = epoch_minute(now), end_minute_of(loan)
    if end - minute >= OVERDUE_LEAST:
        return False
    # What ended before now has to reach over the gap, too: from its old end on.
    new_end = min(minute + OVERDUE_PUSH, find_limit(loan, end))
    if new_end <= end:
        return False
    move_end(loan, new_end, SYSTEM, now)
    return True


def roll_on(loan: Loan, terms: Terms, now: datetime) -> bool:
    """A loan without an end goes on for another year, or until somebody else has booked the thing."""
    minute, end = epoch_minute(now), end_minute_of(loan)
    if terms.period_of(loan.period) is not None or (loan.due_at is None and end - minute >= ROLL_ON):
        return False
    limit = find_limit(loan, minute)
    due = find_due(minute, minute, limit, terms, loan.period)
    new_end = limit if due is not None else max(limit, end)
    if new_end <= end:
        return False
    move_end(loan, new_end, SYSTEM, now)
    loan.due_at = from_minute(due) if due is not None else None
    loan.overdue_noted_at = None
    save_fields(loan, "due_at", "overdue_noted_at")
    return True


def find_threatened(loan: Loan, turn: Turn, within: int) -> Reservation | None:
    """The next booking that begins within so many minutes and needs what is still out."""
    limit = find_limit(loan, end_minute_of(loan))
    if limit > turn.minute + within:
        return None
    leaves = [leaf.id for leaf in leaves_of(loan, turn.catalog.bookables[loan.resource_id or 0])]
    following = Allocation.objects.filter(resource__in=leaves, b0=limit, b1__gt=turn.minute)
    rows = following.exclude(reservation=loan.reservation_id).order_by("pk")
    first = rows.select_related("reservation").first()
    return first.reservation if first else None
