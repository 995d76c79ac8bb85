"""What becomes of loans by the hour; each row by itself, so that a broken one stops no other."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db.models import Q

from common.sweeping import BATCH, sweep
from common.transactions import retried_atomic
from lending.beginning import begin_if_there, close_window, is_away, was_away
from lending.enums import Kind, Status
from lending.extending import find_threatened, push_overdue, roll_on
from lending.granting import lease_of
from lending.locking import Turn, lock_loan_row
from lending.models import Loan, Queue
from lending.policies import AT_RISK, OVERDUE_LEAST, ROLL_ON
from lending.querysets import LoanQuerySet
from lending.queueing import look_at_queue, with_locked_loan
from lending.recording import record, save_fields, tell, whole_second
from lending.services.cancelling import leave
from lending.services.returning import finish
from reservations.domain.values import SYSTEM
from reservations.enums import Status as Occupancy

Deal = Callable[[Loan, Turn], bool]
LEASED = (Status.OUT, Status.REQUESTED)


def end_leases(*, now: datetime, limit: int = BATCH) -> int:
    """Leases, places in the queue and pick-up windows that are over."""
    rows = Loan.objects.live().filter(valid_until__lte=now)
    return _sweep("lending.end_leases", rows, _end_lease, now, limit)


def _end_lease(loan: Loan, turn: Turn) -> bool:
    # Kept alive, fetched or given back meanwhile.
    if loan.valid_until is None or loan.valid_until > turn.now:
        return False
    if loan.status in LEASED and lease_of(loan) is None:
        return _drop_lease(loan)
    if loan.status == Status.OUT:
        finish(loan, turn, SYSTEM, Kind.LAPSED)
        return True
    if is_away(loan, turn):
        return close_window(loan)
    if loan.status in (Status.REQUESTED, Status.APPROVED):
        return _give_up(loan, turn)
    return False


def forget_leases(*, venue_id: int) -> None:
    """The rules have no lease any more: nobody need keep alive what they have, or their place."""
    rows = Loan.objects.filter(venue=venue_id, status__in=LEASED, valid_until__isnull=False)
    for loan in rows.select_related("queue").order_by("pk"):
        if lease_of(loan) is None:
            _forget_lease(loan.uuid)


@retried_atomic
def _forget_lease(loan_id: UUID) -> None:
    loan = lock_loan_row(loan_id)
    if loan.status in LEASED and loan.valid_until is not None and lease_of(loan) is None:
        _drop_lease(loan)


def _drop_lease(loan: Loan) -> bool:
    loan.valid_until = None
    save_fields(loan, "valid_until")
    return True


def expire_requests(*, now: datetime, limit: int = BATCH) -> int:
    """Requests for dates on which nobody decided in time, and dates that nobody fetched."""
    undecided = Q(status=Status.REQUESTED, wanted_from__lte=now - timedelta(minutes=1))
    not_fetched = Q(status=Status.APPROVED, due_at__lte=now)
    rows = Loan.objects.filter(undecided | not_fetched)
    return _sweep("lending.expire_requests", rows, _expire, now, limit)


def _expire(loan: Loan, turn: Turn) -> bool:
    over = loan.wanted_from if loan.status == Status.REQUESTED else loan.due_at
    if loan.status not in (Status.REQUESTED, Status.APPROVED) or over is None or over > turn.now:
        return False
    return _give_up(loan, turn)


def _give_up(loan: Loan, turn: Turn) -> bool:
    extra = {"never_there": was_away(loan, turn)}
    leave(loan, Status.EXPIRED, Kind.EXPIRED, SYSTEM, turn.now, extra=extra)
    return True


def begin_dated(*, now: datetime, venue_id: int | None = None, limit: int = BATCH) -> int:
    """Where nothing has to be fetched, a loan for dates begins by itself, once what it is for is there."""
    rows = Loan.objects.to_have(now)
    rows = rows if venue_id is None else rows.filter(venue=venue_id)
    return _sweep("lending.begin_dated", rows, begin_if_there, now, limit)


def watch_overdue(*, now: datetime, limit: int = BATCH) -> int:
    """What is overdue, or lost, stays booked; it is told once that it is overdue."""
    soon = now + timedelta(minutes=OVERDUE_LEAST)
    late = Q(status=Status.OUT, due_at__lt=now) & (
        Q(overdue_noted_at=None) | Q(reservation__ends_at__lt=soon)
    )
    within_weeks = now + timedelta(minutes=ROLL_ON)
    lost = Q(status=Status.LOST, reservation__status=Occupancy.CHECKED_IN)
    lost &= Q(reservation__ends_at__lt=within_weeks)
    rows = Loan.objects.filter(late | lost)
    return _sweep("lending.watch_overdue", rows, _watch, now, limit)


def _watch(loan: Loan, turn: Turn) -> bool:
    if loan.status == Status.LOST:
        return push_overdue(loan, turn.now)
    if not loan.is_overdue(turn.now):
        return False
    pushed = push_overdue(loan, turn.now)
    if loan.overdue_noted_at is None:
        loan.overdue_noted_at = whole_second(turn.now)
        record(loan, kind=Kind.OVERDUE, actor=SYSTEM, now=turn.now, fields=("overdue_noted_at",))
        return True
    return pushed


def warn_of_clashes(*, now: datetime, limit: int = BATCH) -> int:
    """Who comes next on what is overdue or lost is at risk: told once for each booking, a day before."""
    rows = Loan.objects.not_back(now).filter(reservation__ends_at__lte=now + timedelta(minutes=AT_RISK))
    return _sweep("lending.warn_of_clashes", rows, _warn, now, limit)


def _warn(loan: Loan, turn: Turn) -> bool:
    if not (loan.is_overdue(turn.now) or loan.is_gone):
        return False
    threatened = find_threatened(loan, turn, AT_RISK)
    if threatened is None or loan.threatens == threatened.pk:
        return False
    loan.threatens = threatened.pk
    save_fields(loan, "threatens")
    tell(loan, [Kind.AT_RISK], SYSTEM, {"reservation": threatened})
    return True


def roll_on_loans(*, now: datetime, limit: int = BATCH) -> int:
    """Loans without an end stay booked for a year ahead, or until the next booking."""
    soon = now + timedelta(minutes=ROLL_ON)
    rows = Loan.objects.having().filter(recalled_at=None, reservation__ends_at__lt=soon)
    # By what was granted: the rules may have a period since then.
    rows = rows.filter(Q(due_at=None) | Q(due_for_next=True))
    return _sweep("lending.roll_on", rows, _roll_on, now, limit)


def _roll_on(loan: Loan, turn: Turn) -> bool:
    terms = turn.terms.get(loan.resource_id or 0)
    return roll_on(loan, terms.service_time if terms else 0, turn.now)


def serve_queues(*, now: datetime, limit: int = BATCH) -> int:
    """What came free by the hour, by another configuration, or just before a process died."""
    rows = Queue.objects.to_look_at(now).order_by("pk").values_list("pk", flat=True)

    def serve(queue_id: int) -> int:
        queue = Queue.objects.filter(pk=queue_id).first()
        return len(look_at_queue(queue, now=now)) if queue else 0

    return sweep("lending.serve_queues", rows, serve, now=now, limit=limit)


def drop_inactive(*, now: datetime, limit: int = BATCH) -> int:
    """What was ready for somebody whose account is closed or suspended goes to the next."""
    rows = Loan.objects.filter(status=Status.APPROVED, borrower__is_active=False)
    return _sweep("lending.drop_inactive", rows, _drop, now, limit)


def _drop(loan: Loan, turn: Turn) -> bool:
    if loan.status != Status.APPROVED or loan.borrower.is_active:
        return False
    leave(loan, Status.CANCELLED, Kind.CANCELLED, SYSTEM, turn.now)
    return True


def _sweep(job: str, rows: LoanQuerySet, deal: Deal, now: datetime, limit: int) -> int:
    ids = rows.order_by("pk").values_list("uuid", flat=True)
    return sweep(job, ids, partial(_deal_with, deal=deal, now=now), now=now, limit=limit)


def _deal_with(loan_id: UUID, *, deal: Deal, now: datetime) -> bool:
    return with_locked_loan(loan_id, deal, now=now)[1]
