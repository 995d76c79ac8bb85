"""The queue that moves itself: whoever comes next is served in the transaction that frees something."""

import logging
from collections.abc import Callable, Collection, Iterable
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import OperationalError

from common.transactions import after_commit, atomic_change
from common.updating import update_row
from lending.beginning import begin_those_at_risk
from lending.eligibility import find_allowed
from lending.enums import Approval, Kind, Skip, Status
from lending.granting import grant
from lending.locking import (
    Turn,
    add_leaves,
    leaves_of,
    list_things,
    lock_loan,
    lock_turn,
    locking_again,
    taking,
)
from lending.missing import read_taken
from lending.models import Loan, Queue
from lending.occupying import find_start
from lending.policies import (
    ROLLING,
    Grant,
    find_grant,
)
from lending.recording import note_overtaken, record, save_fields, whole_second
from lending.standing import Standings
from lending.waiting import Waiting, find_ends_of_pauses
from reservations.domain.values import SYSTEM, Actor
from resources.bookables import Bookable
from scheduling.zones import from_minute

R = TypeVar("R")
LOOK_AGAIN = timedelta(hours=1)
"""At the latest, whatever else may have changed."""
logger = logging.getLogger(__name__)


def with_locked_loan(
    loan_id: UUID, change: Callable[[Loan, Turn], R], *, now: datetime, also: Collection[int] = ()
) -> tuple[Loan, R]:
    """``change`` with the loan and all that bears on it locked; ``also``: further things.

    Whoever comes next is served before it ends. Raises ``LoanNotFound`` and ``Busy``.
    """

    def act() -> tuple[Loan, R]:
        loan, turn = lock_loan(loan_id, now, also=also)
        with taking(turn):
            result = change(loan, turn)
            begin_those_at_risk(turn)
            promote(turn)
        if loan.status == Status.REQUESTED:
            loan.refresh_from_db()  # it may have been served just now
        return loan, result

    return locking_again(act)


def look_at_queue(queue: Queue, *, now: datetime) -> list[Loan]:
    """Serve whoever can be served; who."""

    def act() -> list[Loan]:
        turn = lock_turn(queue.venue_id, [queue], now)
        with taking(turn):
            return promote(turn)

    return locking_again(act)


def promote(turn: Turn, actor: Actor = SYSTEM, *, standings: Standings | None = None) -> list[Loan]:
    """Serve those who wait, in their order, as far as something is free; under the turn's locks.

    ``standings``: what the change under way knows of them already.
    """
    return _Round(turn, actor).run(standings or Standings(turn)) if turn.queues else []


@dataclass
class _Passed:
    """Somebody eligible who could not be served, and what they could use."""

    loan: Loan
    things: list[Bookable]


@dataclass
class _Round:
    turn: Turn
    actor: Actor
    served: list[Loan] = field(default_factory=list)
    passed: list[_Passed] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    """Leaves of somebody who has been overtaken often enough: kept for them."""

    called: list[int] = field(default_factory=list)
    """For whom staff could decide now."""
    free: dict[tuple[int, int], tuple[int, int] | None] = field(default_factory=dict)
    """What was found of each thing and number of units, until something is given."""

    def run(self, standings: Standings) -> list[Loan]:
        waiting = Waiting(self.turn, standings)
        if waiting.is_empty():
            return []
        self._read_busy(self.turn.leaves)
        pages = waiting.pages()
        while self._is_anything_free() and (loans := next(pages, None)):
            for loan in loans:
                if self._is_anything_free():
                    self._serve(loan, waiting.standings)
        if not waiting.are_all(self.served):
            self._forget_calls()
            self._note_look()
        return self.served

    def _read_busy(self, leaves: Collection[int]) -> None:
        minute = self.turn.minute
        self.turn.busy |= read_taken(self.turn.catalog, leaves, minute, minute + ROLLING + 1)
        self.free.clear()

    def _is_anything_free(self) -> bool:
        return any(
            self._free_until(thing, 1) is not None
            for queue_id in self.turn.queues
            for thing in self._options(queue_id)
        )

    def _options(self, queue_id: int) -> list[Bookable]:
        """Of a group, what is locked; a whole even if some part is not: ``_serve`` tries to lock it."""
        queue = self.turn.queues[queue_id]
        things = list_things(queue, self.turn.catalog)
        return things if queue.resource_id else [thing for thing in things if self.turn.has(thing)]

    def _free_until(self, thing: Bookable, units: int) -> tuple[int, int] | None:
        """From when (now, or the next minute) and until when, as far as is known; None: not free."""
        if units > thing.limit:
            return None
        key = thing.id, units
        if key not in self.free:
            leaves = [leaf for leaf in thing.leaves if leaf.id in self.turn.leaves]
            self.free[key] = find_start(leaves, self.turn.busy, units, self.turn.minute)
        return self.free[key]

    def _serve(self, loan: Loan, standing: Standings) -> None:
        things = self._lockable(loan)
        if not things:
            return
        # Of all of the group: what is not locked here may be what they wait for.
        everything = list_things(self.turn.queues[loan.queue_id], self.turn.catalog)
        allowed, reason = find_allowed(self.turn, loan, everything, standing)
        # What has too few is never theirs as things are, so it is not kept for them either.
        allowed = [thing for thing in allowed if loan.units <= thing.limit]
        if not allowed:
            self._skip(loan, reason or Skip.TOO_MANY)
            return
        things = [thing for thing in things if thing in allowed]
        found = self._find_place(loan, things)
        if found is None:
            self._pass_over(loan, things)
        else:
            self._give(loan, *found, standing)

    def _lockable(self, loan: Loan) -> list[Bookable]:
        things = self._options(loan.queue_id)
        missing = {leaf.id for thing in things for leaf in thing.leaves} - self.turn.leaves
        if not missing:
            return things
        # The other parts of a whole, of which one came free.
        if add_leaves(self.turn, missing):
            self._read_busy(missing)
            return things
        queue = self.turn.queues[loan.queue_id]
        after_commit(look_at_queue, queue, now=self.turn.now)
        return []

    def _find_place(self, loan: Loan, things: Iterable[Bookable]) -> tuple[Bookable, Grant] | None:
        for thing in things:
            if self.blocked.intersection(leaf.id for leaf in thing.leaves):
                continue
            free = self._free_until(thing, loan.units)
            found = find_grant(*free, self.turn.terms[thing.id], loan.period) if free else None
            if found:
                return thing, found
        return None

    def _skip(self, loan: Loan, reason: Skip) -> None:
        fields = ["skip_reason", "skipped_at"]
        if loan.next_at:
            loan.next_at = None
            fields.append("next_at")
        if loan.skip_reason != reason or len(fields) > 2:
            loan.skip_reason, loan.skipped_at = reason, whole_second(self.turn.now)
            save_fields(loan, *fields)

    def _pass_over(self, loan: Loan, things: list[Bookable]) -> None:
        is_called = loan.next_at is not None and self._knows_all_of(loan.queue_id)
        if is_called or (loan.skip_reason and loan.skip_reason != Skip.MORE_UNITS):
            loan.next_at, loan.skip_reason, loan.skipped_at = None, "", None
            save_fields(loan, "next_at", "skip_reason", "skipped_at")
        self.passed.append(_Passed(loan, things))
        self._keep(loan, things)

    def _keep(self, loan: Loan, things: Iterable[Bookable]) -> None:
        """What by its rules they have been overtaken often enough for."""
        due = (thing for thing in things if loan.skips >= self.turn.terms[thing.id].overtakes)
        self.blocked |= leaves_of(due)

    def _give(self, loan: Loan, thing: Bookable, found: Grant, standing: Standings) -> None:
        if self.turn.terms[thing.id].approval == Approval.MANUAL:
            self._call_staff(loan)
        elif self._approve(loan, thing, found):
            standing.note_given(loan, thing)
            self._note_overtaken(thing)
        else:
            return
        for leaf in thing.leaves:
            row = (found.start, found.end, loan.units, False)
            self.turn.busy.setdefault(leaf.id, []).append(row)
        self.free.clear()

    def _call_staff(self, loan: Loan) -> None:
        if loan.next_at is None:
            loan.next_at, loan.skip_reason, loan.skipped_at = whole_second(self.turn.now), "", None
            record(
                loan,
                kind=Kind.IN_TURN,
                actor=self.actor,
                now=self.turn.now,
                fields=("next_at", "skip_reason", "skipped_at"),
            )
        self.called.append(loan.pk)

    def _approve(self, loan: Loan, thing: Bookable, found: Grant) -> bool:
        """A row that is broken, or a receiver that fails, stops nobody else."""
        before = copy(loan)
        try:
            with atomic_change():
                grant(loan, thing, found, self.turn.terms[thing.id], self._find_actor(loan), self.turn.now)
        except OperationalError:
            raise  # the whole transaction may be lost
        except Exception:
            logger.exception("Loan %s could not be approved.", loan.pk)
            vars(loan).update(vars(before))
            self._skip(loan, Skip.FAILED)
            return False
        self.served.append(loan)
        return True

    def _find_actor(self, loan: Loan) -> Actor:
        return self.turn.asker if loan is self.turn.newcomer else self.actor

    def _note_overtaken(self, thing: Bookable) -> None:
        taken = leaves_of([thing])
        for passed in self.passed:
            if taken & leaves_of(passed.things):
                note_overtaken(passed.loan, self.turn.now)
                self._keep(passed.loan, passed.things)

    def _forget_calls(self) -> None:
        """Of those for whom there is nothing any more."""
        if all(terms.approval != Approval.MANUAL for terms in self.turn.terms.values()):
            return
        called = Loan.objects.waiting().filter(queue__in=list(self.turn.queues), next_at__isnull=False)
        for loan in called.exclude(pk__in=self.called):
            if self._knows_all_of(loan.queue_id):
                loan.next_at = None
                save_fields(loan, "next_at")

    def _knows_all_of(self, queue_id: int) -> bool:
        """Else there may be something of the group that is not locked here."""
        things = list_things(self.turn.queues[queue_id], self.turn.catalog)
        return all(self.turn.has(thing) for thing in things)

    def _note_look(self) -> None:
        """When time by itself may help, and by which configuration was looked."""
        ends = [row[1] for rows in self.turn.busy.values() for row in rows if row[1] > self.turn.minute]
        latest = whole_second(self.turn.now) + LOOK_AGAIN
        next_end = min(latest, from_minute(min(ends))) if ends else latest
        paused = dict(find_ends_of_pauses(list(self.turn.queues), self.turn.now))
        for queue in self.turn.queues.values():
            # Only what is free by the hour counts; all else is told.
            look_at = min(next_end, paused.get(queue.pk) or next_end)
            stamp = self.turn.catalog.stamp
            # A look that comes earlier than it need does no harm.
            is_soon = queue.look_at is not None and self.turn.now < queue.look_at <= look_at
            if not is_soon or queue.config_stamp != stamp:
                queue.look_at, queue.config_stamp = look_at, stamp
                update_row(queue, "look_at", "config_stamp")
