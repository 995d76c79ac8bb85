from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from common.templatetags.holdfast import moment
from common.transactions import retried_atomic
from lending.eligibility import find_allowed
from lending.enums import Kind, Status
from lending.exceptions import LeaseOver, LoanRefused, PeopleWait
from lending.extending import book_on
from lending.granting import lease_of
from lending.locking import Turn, list_things, lock_loan_row
from lending.models import Loan
from lending.occupying import end_minute_of, move_end
from lending.policies import Terms, find_recalled_due
from lending.queueing import with_locked_loan
from lending.recording import (
    record,
    require_running,
    require_status,
    require_version,
    save_fields,
    tell,
    whole_second,
)
from lending.renewals import Renewal, find_renewal
from lending.standing import read_standings
from reservations.domain.values import Actor
from reservations.exceptions import TransitionNotAllowed
from scheduling.reasons import Reason
from scheduling.zones import from_minute, to_minute

OF_RENEWAL = ("due_at", "due_for_next", "renewals_used", "overdue_noted_at", "threatens", "recalled_at")


def renew_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    override: bool = False,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """A new period from now, until somebody else has booked the thing at the latest.

    Staff ``override`` others who wait, and how often it was renewed. Raises ``PeopleWait``, ``LoanRefused``
    (``limit_reached``, ``not_renewable``), ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``.
    """
    at = now or clock_now()

    def renew(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.OUT)
        terms = turn.terms[loan.resource_id or 0]
        _require_renewable(loan, turn, terms, override=override)
        before = loan.due_at
        limit, due = _require_longer(find_renewal(loan, turn.catalog, at))
        end = limit if due is None else due + terms.service_time
        book_on(loan, max(end, end_minute_of(loan)), actor, at)
        loan.due_at = from_minute(due) if due is not None else None
        loan.due_for_next = due is not None and terms.period_of(loan.period) is None
        loan.renewals_used += 1
        loan.overdue_noted_at = loan.threatens = loan.recalled_at = None
        record(
            loan,
            kind=Kind.RENEWED,
            actor=actor,
            now=at,
            changes={"due_at": [str(before), str(loan.due_at)]},
            fields=OF_RENEWAL,
        )

    return with_locked_loan(loan_id, renew, now=at)[0]


def _require_renewable(loan: Loan, turn: Turn, terms: Terms, *, override: bool) -> None:
    if loan.due_at is None or (loan.recalled_at is not None and not override):
        raise LoanRefused(_("This can't be renewed."), code="not_renewable")
    if override:
        return
    if loan.renewals_used >= terms.renewals:
        raise LoanRefused(_("You can't renew this again."), code=Reason.LIMIT_REACHED)
    if not terms.renew_while_wanted and find_wanting(loan, turn):
        raise PeopleWait


def find_wanting(loan: Loan, turn: Turn) -> Loan | None:
    """The first who waits and could be served if this came back."""
    thing = turn.catalog.bookables[loan.resource_id or 0]
    queues = [pk for pk, queue in turn.queues.items() if thing in list_things(queue, turn.catalog)]
    waiting = Loan.objects.waiting().filter(queue__in=queues, units__lte=thing.limit)
    for other in waiting.select_related("borrower").in_arrival_order():
        things = list_things(turn.queues[other.queue_id], turn.catalog)
        if thing in find_allowed(turn, other, things, read_standings(turn, other))[0]:
            return other
    return None


def _require_longer(renewal: Renewal) -> tuple[int, int | None]:
    """Raises ``LoanRefused`` where nothing would be gained."""
    if renewal.is_booked:
        raise LoanRefused(_("It's promised to someone else, so it can't be renewed."), code="not_renewable")
    if not renewal.is_longer:
        raise LoanRefused(_("Renewing it now wouldn't give you more time."), code="not_renewable")
    return renewal.limit, renewal.due


@retried_atomic
def keep_alive(*, loan_id: UUID, actor: Actor, now: datetime | None = None) -> Loan:
    """The lease counts from now: of what somebody has, or of their place in the queue.

    Raises ``LeaseOver``, ``LoanNotFound``, and ``TransitionNotAllowed`` where there is no lease.
    """
    at = now or clock_now()
    # Its row alone: nobody else is concerned, and holders do this all the time.
    loan = lock_loan_row(loan_id)
    require_running(loan, Status.OUT, Status.REQUESTED)
    minutes = lease_of(loan)
    if loan.valid_until is None or minutes is None:
        raise TransitionNotAllowed(_("There is no lease to keep."))
    if loan.valid_until <= at:
        raise LeaseOver
    paused_until = loan.suspended_until or at
    loan.valid_until = max(whole_second(at), paused_until) + timedelta(minutes=minutes)
    save_fields(loan, "valid_until")
    tell(loan, [Kind.KEPT_ALIVE], actor)
    return loan


def recall_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    due_at: datetime | None = None,
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """Staff want it back: at ``due_at``, or a day from now; never later than it was due.

    Raises ``InvalidInput`` for less than a day and for a later date than before, ``LoanNotFound``,
    ``TransitionNotAllowed``, ``StaleVersion``.
    """
    at = now or clock_now()

    def recall(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.OUT)
        terms = turn.terms[loan.resource_id or 0]
        before = loan.due_at
        due = _find_recalled_due(loan, turn, due_at)
        loan.due_at, loan.recalled_at = from_minute(due), whole_second(at)
        if due + terms.service_time < end_minute_of(loan):
            move_end(loan, due + terms.service_time, actor, at)
        changes = {"due_at": [str(before), str(loan.due_at)], "reason": reason.strip()[:500]}
        record(
            loan,
            kind=Kind.RECALLED,
            actor=actor,
            now=at,
            changes=changes,
            fields=("due_at", "recalled_at"),
            extra={"reason": changes["reason"]},
        )

    return with_locked_loan(loan_id, recall, now=at)[0]


def _find_recalled_due(loan: Loan, turn: Turn, due_at: datetime | None) -> int:
    """A date that cannot be kept is refused, never replaced by another: the person is told of it."""
    before = to_minute(loan.due_at) if loan.due_at else None
    earliest = find_recalled_due(turn.minute, before)
    wanted = to_minute(due_at.replace(second=0, microsecond=0)) if due_at else earliest
    if due_at and wanted <= turn.minute:
        raise InvalidInput(fields={"due_at": [_("Enter a time in the future.")]})
    if wanted < earliest:
        text = _("Enter %(time)s or later: people get a day's notice.")
        raise InvalidInput(fields={"due_at": [text % {"time": _tell_time(loan, earliest)}]})
    if before is not None and wanted > before:
        text = _("It's due %(time)s already. Enter that or earlier.")
        raise InvalidInput(fields={"due_at": [text % {"time": _tell_time(loan, before)}]})
    return wanted


def _tell_time(loan: Loan, minute: int) -> str:
    return moment(from_minute(minute).astimezone(loan.venue.zone))
