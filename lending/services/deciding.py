from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from lending.eligibility import find_allowed
from lending.enums import Kind, Status
from lending.exceptions import NotLendable
from lending.granting import grant
from lending.locking import Turn, list_things
from lending.missing import read_taken
from lending.models import Loan
from lending.occupying import find_start
from lending.policies import ROLLING, Grant, find_grant
from lending.queueing import with_locked_loan
from lending.recording import require_status, require_version, set_status, whole_second
from lending.services.requesting import find_dates
from lending.standing import read_standings
from reservations.domain.values import Actor
from reservations.exceptions import CapacityReached, SlotTaken
from resources.bookables import Bookable


def approve_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    resource_id: int | None = None,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """Staff give it, out of turn if they like; ``resource_id`` says which of a group.

    Raises ``LoanNotFound``, ``TransitionNotAllowed``, ``SlotTaken``, ``CapacityReached``, ``StaleVersion``.
    """
    at = now or clock_now()

    def approve(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.REQUESTED)
        thing, given = _find_place(turn, loan, resource_id)
        grant(loan, thing, given, turn.terms[thing.id], actor, at)

    also = [resource_id] if resource_id else []
    return with_locked_loan(loan_id, approve, now=at, also=also)[0]


def _find_place(turn: Turn, loan: Loan, resource_id: int | None) -> tuple[Bookable, Grant]:
    queue = turn.queues.get(loan.queue_id)  # none of a group that has no things any more
    everything = list_things(queue, turn.catalog) if queue else []
    things = [thing for thing in everything if resource_id in (None, thing.id)]
    if not things:
        if resource_id is None:
            raise NotLendable
        raise InvalidInput(fields={"resource_id": [_("Choose one of the things in the request.")]})
    if len(things) > 1:
        # What they may have by its rules comes first; staff may give the others as well.
        allowed = find_allowed(turn, loan, things, read_standings(turn, loan))[0]
        things = [*allowed, *(thing for thing in things if thing not in allowed)]
    if loan.is_dated:
        return find_dates(turn, loan, things)
    for thing in things:
        leaves = [leaf.id for leaf in thing.leaves]
        busy = read_taken(turn.catalog, leaves, turn.minute, turn.minute + ROLLING + 1)
        free = find_start(thing.leaves, busy, loan.units, turn.minute) if loan.units <= thing.limit else None
        given = find_grant(*free, turn.terms[thing.id], loan.period) if free else None
        if given:
            return thing, given
    if all(thing.limit == 1 for thing in things):
        raise SlotTaken(_("Someone has it, or has booked it next."))
    raise CapacityReached


def decline_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """Raises ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``."""
    at = now or clock_now()

    def decline(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.REQUESTED)
        loan.decided_by, loan.reason, loan.ended_at = actor.user, reason.strip()[:500], whole_second(at)
        loan.valid_until = loan.next_at = loan.suspended_until = None
        set_status(
            loan,
            Status.DECLINED,
            kind=Kind.DECLINED,
            actor=actor,
            now=at,
            changes={"reason": loan.reason},
            fields=("decided_by", "reason", "ended_at", "valid_until", "next_at", "suspended_until"),
        )

    return with_locked_loan(loan_id, decline, now=at)[0]
