"""Places in the queue: paused, resumed, moved by staff."""

from datetime import datetime
from uuid import UUID

from django.db.models import F, Max
from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from lending.enums import Kind, Skip, Status
from lending.exceptions import LoanNotFound
from lending.granting import keep_place
from lending.locking import Turn
from lending.models import LONGEST_PAUSE, Loan
from lending.queueing import with_locked_loan
from lending.recording import Changes, record, require_status, require_version, whole_second
from reservations.domain.values import Actor
from reservations.exceptions import TransitionNotAllowed

OF_PAUSE = ("suspended_until", "skip_reason", "skipped_at", "valid_until")
ROOM = 1_000
"""Between neighbours whose places had to be moved apart."""


def suspend_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    until: datetime | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """Not now, but keep my place: until then, or until they resume.

    Raises ``InvalidInput``, ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``.
    """
    at = now or clock_now()
    if until is not None and until <= at:
        raise InvalidInput(fields={"until": [_("Enter a later time.")]})

    def suspend(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        _require_waiting(loan)
        loan.suspended_until = whole_second(min(until or at + LONGEST_PAUSE, at + LONGEST_PAUSE))
        loan.skip_reason, loan.skipped_at, loan.next_at = Skip.SUSPENDED, whole_second(at), None
        keep_place(loan, at)
        _record(loan, Kind.SUSPENDED, actor, at, *OF_PAUSE, "next_at")

    return with_locked_loan(loan_id, suspend, now=at)[0]


def resume_loan(
    *, loan_id: UUID, actor: Actor, version: int | None = None, now: datetime | None = None
) -> Loan:
    """At the place they kept. Raises ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``."""
    at = now or clock_now()

    def resume(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        _require_waiting(loan)
        if loan.suspended_until is None:
            return
        loan.suspended_until, loan.skip_reason, loan.skipped_at = None, "", None
        keep_place(loan, at)
        _record(loan, Kind.RESUMED, actor, at, *OF_PAUSE)

    return with_locked_loan(loan_id, resume, now=at)[0]


def move_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    reason: str,
    before: UUID | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """Staff put somebody before another of the same queue, or at its end; with that one's priority.

    Raises ``InvalidInput``, ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``.
    """
    at = now or clock_now()
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Enter a reason.")]})

    def move(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        _require_waiting(loan)
        loan.priority, loan.seq = _find_place(loan, before)
        changes = {"reason": reason.strip()[:500], "before": str(before) if before else "end"}
        record(
            loan,
            kind=Kind.MOVED,
            actor=actor,
            now=at,
            changes=changes,
            fields=("priority", "seq"),
            extra={"reason": changes["reason"]},
        )

    return with_locked_loan(loan_id, move, now=at)[0]


def _find_place(loan: Loan, before: UUID | None) -> tuple[int, int]:
    others = Loan.objects.waiting().filter(queue=loan.queue_id).exclude(pk=loan.pk)
    if before is None:
        last = others.in_arrival_order().last()
        return (last.priority, _last_seq(loan) + 1) if last else (loan.priority, loan.seq)
    target = others.filter(uuid=before).first()
    if target is None:
        raise LoanNotFound
    used = Loan.objects.filter(queue=loan.queue_id).exclude(pk=loan.pk)
    previous = used.filter(seq__lt=target.seq).aggregate(last=Max("seq"))["last"]
    if previous is None:
        return target.priority, target.seq - ROOM
    if target.seq - previous < 2:
        _make_room(loan.queue_id, target.seq)
        target.refresh_from_db(fields=["seq"])
    return target.priority, (previous + target.seq + 1) // 2


def _make_room(queue_id: int, seq: int) -> None:
    """Everybody from there on comes later, the last first: no two may have one place.

    Whoever is being moved as well: until then they still have theirs.
    """
    later = Loan.objects.filter(queue=queue_id, seq__gte=seq)
    for pk in later.order_by("-seq").values_list("pk", flat=True):
        Loan.objects.filter(pk=pk).update(seq=F("seq") + ROOM)


def _last_seq(loan: Loan) -> int:
    return Loan.objects.filter(queue=loan.queue_id).aggregate(last=Max("seq"))["last"] or loan.seq


def edit_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    purpose: str | None = None,
    priority: int | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """What it is for; and for staff the priority. Raises ``LoanNotFound``, ``TransitionNotAllowed``."""
    at = now or clock_now()

    def edit(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.REQUESTED, Status.APPROVED, Status.OUT)
        changes = {}
        if purpose is not None and purpose.strip()[:500] != loan.purpose:
            changes["purpose"] = [loan.purpose, purpose.strip()[:500]]
            loan.purpose = purpose.strip()[:500]
        if priority is not None and priority != loan.priority:
            changes["priority"] = [str(loan.priority), str(priority)]
            loan.priority = priority
        if changes:
            _record(loan, Kind.EDITED, actor, at, *changes, changes=changes)

    return with_locked_loan(loan_id, edit, now=at)[0]


def _require_waiting(loan: Loan) -> None:
    if not loan.is_waiting:
        raise TransitionNotAllowed


def _record(
    loan: Loan, kind: Kind, actor: Actor, now: datetime, *fields: str, changes: Changes | None = None
) -> None:
    record(loan, kind=kind, actor=actor, now=now, fields=fields, changes=changes)
