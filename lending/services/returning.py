from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from lending.enums import CopyState, Kind, ReturnBy, Status
from lending.exceptions import StaffConfirmReturns
from lending.locking import Turn
from lending.models import Loan
from lending.occupying import end
from lending.policies import Terms
from lending.queueing import with_locked_loan
from lending.recording import require_running, require_status, require_version, set_status, whole_second
from lending.services.copies import put_copy
from reservations.domain.values import Actor

OF_RETURN = (
    "ended_at",
    "valid_until",
    "condition_in",
    "missing",
    "reason",
    "reservation",
    "overdue_noted_at",
    "threatens",
)


def return_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    by_staff: bool = False,
    condition: str = "",
    missing: Collection[str] = (),
    repair: bool = False,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """It is back, without the accessories ``missing``; ``repair``: its copy goes there, and to nobody else.

    Raises ``StaffConfirmReturns`` where only staff may say so and ``by_staff`` is false, ``InvalidInput``,
    ``LeaseOver``, ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``.
    """
    at = now or clock_now()

    def bring_back(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_running(loan, Status.OUT)
        terms = turn.terms.get(loan.resource_id or 0)
        require_returner(terms, by_staff=by_staff)
        loan.condition_in = condition.strip()[:500]
        loan.missing = _find_missing(loan, missing)
        changes = {"condition": loan.condition_in, "missing": loan.missing or ""}
        if repair:
            _require_copy(loan)
        finish(loan, turn, actor, Kind.RETURNED, changes=changes, stays_away=repair)
        if repair:
            _send_to_repair(loan, turn)

    return with_locked_loan(loan_id, bring_back, now=at)[0]


def _require_copy(loan: Loan) -> None:
    if loan.copy is None:
        raise InvalidInput(fields={"repair": [_("Only a copy with a code can go to repair.")]})


def _send_to_repair(loan: Loan, turn: Turn) -> None:
    if loan.copy is None:
        return
    loan.copy.note = loan.condition_in or loan.copy.note
    loan.copy.save(update_fields=["note"])
    put_copy(loan.copy, CopyState.REPAIR)
    turn.refresh()


def require_returner(terms: Terms | None, *, by_staff: bool) -> None:
    if not by_staff and terms and terms.return_by == ReturnBy.STAFF:
        raise StaffConfirmReturns


def _find_missing(loan: Loan, names: Collection[str]) -> list[str]:
    if not set(names) <= set(loan.accessories):
        raise InvalidInput(fields={"missing": [_("This accessory wasn't handed out.")]})
    return [name for name in loan.accessories if name in names]


def force_return(
    *,
    loan_id: UUID,
    actor: Actor,
    reason: str,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """Staff take it back whatever its holder says, with a reason; a lease ends with it."""
    at = now or clock_now()
    if not reason.strip():
        raise InvalidInput(fields={"reason": [_("Enter a reason.")]})

    def take_back(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.OUT)
        loan.reason = reason.strip()[:500]
        finish(loan, turn, actor, Kind.FORCED, changes={"reason": loan.reason})

    return with_locked_loan(loan_id, take_back, now=at)[0]


def finish(
    loan: Loan,
    turn: Turn,
    actor: Actor,
    kind: Kind,
    *,
    changes: dict[str, Any] | None = None,
    stays_away: bool = False,
) -> None:
    """Whether it was out or lost; what it occupied is free after its service time.

    ``stays_away``: its unit leaves service, so nothing has to be kept for it.
    """
    terms = turn.terms.get(loan.resource_id or 0)
    end(loan, actor, turn.now, service_time=terms.service_time if terms and not stays_away else 0)
    loan.ended_at = whole_second(turn.now)
    loan.valid_until = loan.overdue_noted_at = loan.threatens = None
    set_status(loan, Status.RETURNED, kind=kind, actor=actor, now=turn.now, changes=changes, fields=OF_RETURN)
