"""Keeping what is still out booked: overdue things, and loans without an end."""

from datetime import datetime

from common.clock import epoch_minute
from lending.enums import HAVING, Status
from lending.locking import Turn
from lending.models import Loan
from lending.occupying import end_minute_of, find_limit, leaves_of, move_end, occupancy_of, occupy_anew
from lending.policies import OVERDUE_LEAST, OVERDUE_PUSH, ROLL_ON, ROLLING
from lending.recording import save_fields
from reservations.domain.values import SYSTEM, Actor
from reservations.enums import Status as Occupancy
from reservations.models import Allocation, Reservation
from scheduling.zones import from_minute


def push_overdue(loan: Loan, now: datetime) -> bool:
    """It stays booked for another day, what is lost for a year, never over what somebody else has."""
    is_lost = loan.status == Status.LOST
    least, push = (ROLL_ON, ROLLING) if is_lost else (OVERDUE_LEAST, OVERDUE_PUSH)
    minute = epoch_minute(now)
    return end_minute_of(loan) - minute < least and _keep_booked(loan, minute + push, now)


def _keep_booked(loan: Loan, until: int, now: datetime) -> bool:
    """Until then, or until somebody else needs it; whether anything is gained."""
    minute, end = epoch_minute(now), end_minute_of(loan)
    begin = max(minute, end)
    limit = min(until, find_limit(loan, begin))
    if limit <= begin:
        return False
    if not _is_unbroken(loan, minute) and (loan.status == Status.APPROVED or end > minute):
        return False
    book_on(loan, limit, SYSTEM, now)
    return True


def book_on(loan: Loan, until: int, actor: Actor, now: datetime) -> None:
    """Until then, which is known to be free; anew where somebody else had the time since its end."""
    if _is_unbroken(loan, epoch_minute(now)):
        move_end(loan, until, actor, now)
    else:
        occupy_anew(loan, until, actor, now)
        save_fields(loan, "reservation")


def _is_unbroken(loan: Loan, minute: int) -> bool:
    """Whether what is booked can be moved on over the gap since its old end; else somebody had the time."""
    end = end_minute_of(loan)
    is_over = occupancy_of(loan).status == Occupancy.COMPLETED
    return not is_over and (end >= minute or find_limit(loan, end) >= minute)


def goes_on(loan: Loan) -> bool:
    """As long as it takes, or until the next booking; no other due date is moved by itself."""
    is_open = loan.due_at is None or loan.due_for_next
    return loan.status in HAVING and loan.recalled_at is None and is_open


def roll_on(loan: Loan, service_time: int, now: datetime) -> bool:
    """A loan without an end goes on for another year, or until somebody else has booked the thing."""
    minute = epoch_minute(now)
    if not goes_on(loan) or (loan.due_at is None and end_minute_of(loan) - minute >= ROLL_ON):
        return False
    is_longer, end = _keep_booked(loan, minute + ROLLING, now), end_minute_of(loan)
    due_at = from_minute(end - service_time) if end - minute < ROLLING else None
    if due_at == loan.due_at:
        return is_longer
    loan.due_at, loan.due_for_next, loan.overdue_noted_at = due_at, due_at is not None, None
    save_fields(loan, "due_at", "due_for_next", "overdue_noted_at")
    return True


def find_threatened(loan: Loan, turn: Turn, within: int) -> Reservation | None:
    """The next booking that begins within so many minutes and needs what is still out."""
    limit = find_limit(loan, max(end_minute_of(loan), turn.minute))
    if limit > turn.minute + within:
        return None
    leaves = [leaf.id for leaf in leaves_of(loan, turn.catalog.bookables[loan.resource_id or 0])]
    following = Allocation.objects.filter(resource__in=leaves, b0__lte=limit, b1__gt=limit)
    # Who has theirs already is not at risk.
    following = following.exclude(reservation__status__in=(Occupancy.CHECKED_IN, Occupancy.COMPLETED))
    rows = following.exclude(reservation=loan.reservation_id).order_by("-b0", "pk")
    first = rows.select_related("reservation").first()
    return first.reservation if first else None
