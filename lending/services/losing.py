"""Things that do not come back as they went: lost, found, swapped for another one."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from common.clock import now as clock_now
from common.errors import InvalidInput
from lending.beginning import begin_if_there
from lending.enums import CopyState, Kind, Status
from lending.granting import renew_validity
from lending.locking import Turn, list_things
from lending.missing import read_taken
from lending.models import Loan, Queue
from lending.occupying import end, end_minute_of, find_free_until, start_minute_of, swap_resource
from lending.queueing import with_locked_loan
from lending.recording import record, require_status, require_version, set_status, whole_second
from lending.services.copies import put_copy
from lending.services.requesting import find_locked, next_seq
from lending.services.returning import finish
from reservations.domain.values import Actor
from reservations.exceptions import CapacityReached, SlotTaken, TransitionNotAllowed

OF_SWAP = ("resource", "copy", "threatens", "parts", "reservation", "valid_until", "queue", "seq")


def mark_lost(
    *,
    loan_id: UUID,
    actor: Actor,
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """It will not come back: its copy leaves service, anything else stays taken until it is found.

    Raises ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``.
    """
    at = now or clock_now()

    def lose(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.OUT)
        # The unit goes with the copy, so nothing has to be kept for it. Of several, all stay taken.
        if loan.copy is not None and loan.units == 1:
            end(loan, actor, at)
            put_copy(loan.copy, CopyState.LOST)
            turn.refresh()
        loan.reason, loan.ended_at, loan.valid_until = reason.strip()[:500], whole_second(at), None
        set_status(
            loan,
            Status.LOST,
            kind=Kind.LOST,
            actor=actor,
            now=at,
            changes={"reason": loan.reason},
            fields=("reason", "ended_at", "valid_until", "reservation"),
        )

    return with_locked_loan(loan_id, lose, now=at)[0]


def mark_found(
    *,
    loan_id: UUID,
    actor: Actor,
    condition: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """It is back after all. Raises ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``."""
    at = now or clock_now()

    def find(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.LOST)
        loan.condition_in = condition.strip()[:500]
        finish(loan, turn, actor, Kind.FOUND, changes={"condition": loan.condition_in})
        if loan.copy is not None and loan.copy.state == CopyState.LOST:
            put_copy(loan.copy, CopyState.IN_SERVICE)
            turn.refresh()

    return with_locked_loan(loan_id, find, now=at)[0]


def swap_loan(
    *,
    loan_id: UUID,
    actor: Actor,
    resource_id: int,
    version: int | None = None,
    now: datetime | None = None,
) -> Loan:
    """The same loan with another thing, as far as that is free; what it had is free again.

    Raises ``InvalidInput``, ``SlotTaken``, ``LoanNotFound``, ``TransitionNotAllowed``, ``StaleVersion``.
    """
    at = now or clock_now()

    def swap(loan: Loan, turn: Turn) -> None:
        require_version(loan, version)
        require_status(loan, Status.APPROVED, Status.OUT)
        before, old = loan.resource_id, _name_of(loan, turn)
        if loan.is_parted:
            raise TransitionNotAllowed(_("Part of it is back already."))
        _require_lent(turn, resource_id, before)
        _require_there(loan, turn, resource_id)
        terms = turn.terms.get(before or 0)
        swap_resource(loan, resource_id, actor, at, service_time=terms.service_time if terms else 0)
        loan.resource_id, loan.copy, loan.threatens, loan.parts = resource_id, None, None, []
        renew_validity(loan, turn.terms[resource_id], at)
        _move_to_queue(loan, turn, resource_id)
        record(
            loan,
            kind=Kind.SWAPPED,
            actor=actor,
            now=at,
            changes={"resource": [str(before), str(resource_id)]},
            fields=OF_SWAP,
            extra={"instead_of": old},
        )

        begin_if_there(loan, turn)

    return with_locked_loan(loan_id, swap, now=at, also=[resource_id])[0]


def _name_of(loan: Loan, turn: Turn) -> str:
    """With its copy: by that they know what is taken from them."""
    name = turn.catalog.bookables[loan.resource_id or 0].name
    return f"{name} ({loan.copy.code})" if loan.copy else name


def _require_lent(turn: Turn, resource_id: int, before: int | None) -> None:
    thing = turn.catalog.bookables.get(resource_id)
    if thing is None or not thing.is_active or resource_id not in turn.terms or resource_id == before:
        raise InvalidInput(fields={"resource_id": [_("Choose another thing that is lent here.")]})


def _move_to_queue(loan: Loan, turn: Turn, resource_id: int) -> None:
    """Of what they have now, so that they can ask for what they had before, and not for this again."""
    old = turn.queues.get(loan.queue_id)
    if old and resource_id in {thing.id for thing in list_things(old, turn.catalog, only_active=False)}:
        return  # another one of the same group
    queue = find_locked(turn, Queue(venue_id=loan.venue_id, resource_id=resource_id))
    if loan.is_dated or not _has_place(loan, queue):
        loan.queue, loan.seq = queue, next_seq(queue, turn.now)


def _has_place(loan: Loan, queue: Queue) -> bool:
    theirs = Loan.objects.live().filter(queue=queue, borrower=loan.borrower_id, wanted_from=None)
    return theirs.exclude(pk=loan.pk).exists()


def _require_there(loan: Loan, turn: Turn, resource_id: int) -> None:
    """From now on, or from when it begins. Raises ``SlotTaken`` and ``CapacityReached``."""
    thing = turn.catalog.bookables[resource_id]
    start = max(start_minute_of(loan), turn.minute)
    until = max(end_minute_of(loan), start + 1)
    leaves = {leaf.id for leaf in thing.leaves}
    taken = read_taken(turn.catalog, leaves, start, until, excluding=loan)
    if find_free_until(thing.leaves, taken, loan.units, start) < until:
        raise SlotTaken if thing.limit == 1 else CapacityReached
