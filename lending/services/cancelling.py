from datetime import datetime
from typing import Any
from uuid import UUID

from common.clock import now as clock_now
from lending.enums import Kind, Status
from lending.locking import Turn
from lending.models import Loan
from lending.occupying import release
from lending.queueing import with_locked_loan
from lending.recording import require_status, require_version, set_status, whole_second
from reservations.domain.values import Actor

OF_END = ("ended_at", "valid_until", "next_at", "reason", "reservation", "due_at", "suspended_until")


def cancel_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """A place in the queue, or what was approved and not fetched; no error if cancelled already.

    Raises ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``.
    """
    at = now or clock_now()

    def cancel(loan: Loan, turn: Turn) -> None:
        if loan.status == Status.CANCELLED:
            return
        require_version(loan, version)
        require_status(loan, Status.REQUESTED, Status.APPROVED)
        leave(loan, Status.CANCELLED, Kind.CANCELLED, actor, at, reason.strip()[:500])

    return with_locked_loan(loan_id, cancel, now=at)[0]


def leave(
    loan: Loan,
    new: Status,
    kind: Kind,
    actor: Actor,
    now: datetime,
    reason: str = "",
    extra: dict[str, Any] | None = None,
) -> None:
    """It was never handed out. ``extra`` is told, not stored."""
    changes = {"reason": reason}
    if loan.reservation is not None:
        changes["reservation"] = str(loan.reservation.pk)
        release(loan, actor, now)
    loan.reason, loan.ended_at = reason, whole_second(now)
    loan.valid_until = loan.next_at = loan.due_at = loan.suspended_until = None
    set_status(loan, new, kind=kind, actor=actor, now=now, changes=changes, fields=OF_END, extra=extra)
