from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.clock import now as clock_now
from common.errors import InvalidInput
from common.transactions import retried_atomic
from lending.beginning import find_away
from lending.enums import HAVING, CopyState, Kind, Status
from lending.exceptions import CopyTaken, LoanRefused
from lending.granting import start_loan
from lending.locking import Turn
from lending.models import Copy, Lendable, Loan
from lending.occupying import move_end, occupancy_of, start_minute_of
from lending.policies import find_due
from lending.queueing import with_locked_loan
from lending.recording import record, require_status, require_version
from lending.services.requesting import request_loan
from reservations.domain.values import Actor
from resources.models import Resource, ResourceGroup
from scheduling.zones import from_minute, to_minute


def hand_out(
    *,
    loan_id: UUID,
    actor: Actor,
    copy_code: str = "",
    condition: str = "",
    accessories: Collection[str] = (),
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """Somebody fetches what was approved. The loan counts from now, never beyond what is booked.

    Where the thing has copies, staff say which; ``accessories`` go with it. Raises ``LoanNotFound``,
    ``TransitionNotAllowed``, ``CopyTaken``, ``InvalidInput``, ``LoanRefused`` (``too_soon``),
    ``StaleVersion``.
    """
    at = now or clock_now()

    def hand(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.APPROVED)
        if loan.is_dated and turn.minute < start_minute_of(loan):
            raise LoanRefused(_("This loan hasn't started yet."), code="too_soon")
        if away := find_away(turn.catalog, [loan], at).get(loan.pk):
            raise LoanRefused(away.label, code="too_soon")
        loan.copy = _find_copy(loan, copy_code.strip())
        loan.condition_out = condition.strip()[:500]
        loan.accessories = _find_accessories(loan, accessories)
        terms = turn.terms[loan.resource_id or 0]
        _set_due(loan, turn, actor, at)
        start_loan(loan, terms, actor, at, fields=("copy", "condition_out", "accessories", "due_at"))

    return with_locked_loan(loan_id, hand, now=at)[0]


@retried_atomic
def lend(
    *,
    thing: Resource | ResourceGroup,
    borrower: User,
    actor: Actor,
    copy_code: str = "",
    accessories: Collection[str] = (),
    now: datetime | None = None,
    **wish: Any,
) -> Loan:
    """Staff give something to somebody: as ``request_loan``, and which copy went and what went with it.

    Whoever says so hands it out, where it would wait to be fetched. Raises as ``request_loan`` and
    ``hand_out``.
    """
    loan = request_loan(thing=thing, borrower=borrower, actor=actor, now=now, **wish)
    if not copy_code and not accessories:
        return loan
    if loan.status == Status.OUT:
        return _note_what_went(loan.uuid, actor, copy_code, accessories, now or clock_now())
    is_ready = loan.status == Status.APPROVED and not (loan.wanted_from and loan.wanted_from > clock_now())
    if not is_ready:
        return loan
    return hand_out(loan_id=loan.uuid, actor=actor, copy_code=copy_code, accessories=accessories, now=now)


def _note_what_went(
    loan_id: UUID, actor: Actor, copy_code: str, accessories: Collection[str], now: datetime
) -> Loan:
    def note(loan: Loan, turn: Turn) -> None:
        require_status(loan, Status.OUT)
        loan.copy = _find_copy(loan, copy_code.strip()) if copy_code.strip() else None
        loan.accessories = _find_accessories(loan, accessories)
        changes = {"copy": copy_code, "accessories": loan.accessories or ""}
        record(loan, kind=Kind.EDITED, actor=actor, now=now, changes=changes, fields=("copy", "accessories"))

    return with_locked_loan(loan_id, note, now=now)[0]


def _set_due(loan: Loan, turn: Turn, actor: Actor, now: datetime) -> None:
    """The time to fetch it is over: what was kept for that is free again."""
    terms = turn.terms[loan.resource_id or 0]
    if loan.is_dated or loan.due_at is None or terms.period_of(loan.period) is None:
        return
    latest = to_minute(occupancy_of(loan).ends_at)
    due = find_due(turn.minute, turn.minute, latest, terms, loan.period)
    if due is not None and due < to_minute(loan.due_at):
        loan.due_at = from_minute(due)
        move_end(loan, due + terms.service_time, actor, now)


def _find_accessories(loan: Loan, names: Collection[str]) -> list[str]:
    """In the order of the thing's own list."""
    lendable = Lendable.objects.filter(resource=loan.resource_id).first() if names else None
    known = lendable.accessories if lendable else []
    if not set(names) <= set(known):
        raise InvalidInput(fields={"accessories": [_("There is no such accessory of this thing.")]})
    return [name for name in known if name in names]


def _find_copy(loan: Loan, code: str) -> Copy | None:
    copies = Copy.objects.filter(resource=loan.resource_id)
    if not code:
        if loan.units == 1 and copies.filter(state=CopyState.IN_SERVICE).exists():
            raise InvalidInput(fields={"copy_code": [_("Scan or enter the code of the copy.")]})
        return None
    copy = copies.filter(code=code).first()
    if copy is None:
        raise InvalidInput(fields={"copy_code": [_("There is no such copy of this thing.")]})
    require_free_copy(copy, loan)
    return copy


def require_free_copy(copy: Copy, loan: Loan) -> None:
    if copy.state != CopyState.IN_SERVICE:
        raise CopyTaken(_("This copy is not in service."))
    if Loan.objects.filter(copy=copy, status__in=HAVING).exclude(pk=loan.pk).exists():
        raise CopyTaken
