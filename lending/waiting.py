"""Those who wait, in their order, read as far as somebody may be served."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from django.db.models import F, Min, QuerySet

from common.selecting import written_once
from lending.enums import QueueRule
from lending.locking import Turn, list_things
from lending.models import Loan
from lending.policies import common_terms
from lending.querysets import LoanQuerySet
from lending.recording import store
from lending.standing import Standings, rank

PAGE = 20
"""So many are looked at together."""


@written_once
def find_ends_of_pauses(queue_ids: list[int], now: datetime) -> QuerySet[Loan, tuple[int, datetime]]:
    paused = _waiting_in(queue_ids).filter(suspended_until__gt=now).order_by()
    return paused.values_list("queue_id").annotate(Min("suspended_until"))


def _waiting_in(queue_ids: list[int]) -> LoanQuerySet:
    return Loan.objects.waiting().filter(queue__in=queue_ids)


@written_once
def _list_first(queue_ids: list[int]) -> QuerySet[Loan, tuple[int, int, int]]:
    """Their places, which sort as ``in_arrival_order``."""
    first = _waiting_in(queue_ids).in_arrival_order()
    return first.values_list(-F("priority"), "seq", "pk")[:PAGE]


@written_once
def _read_waiting(ids: list[int]) -> QuerySet[Loan]:
    return Loan.objects.waiting().filter(pk__in=ids).select_related("borrower").order_by()


class Waiting:
    """Those who wait in the turn's queues, the first first, read as far as they are asked for."""

    def __init__(self, turn: Turn, standings: Standings) -> None:
        self._turn = turn
        self.standings = standings
        self._queue_ids = list(turn.queues)
        self._first: list[int] | None = None
        self._alone: list[Loan] = []
        """Whoever has just asked, if nobody else waits: not stored yet."""
        all_terms = {
            turn.terms[thing.id]
            for queue in turn.queues.values()
            for thing in list_things(queue, turn.catalog)
        }
        self._terms = common_terms(all_terms) if all_terms else None

    def is_empty(self) -> bool:
        if self._terms is None:
            return True
        if self._terms.queue_rule == QueueRule.FAIR:
            self._store_newcomers()
            return not _waiting_in(self._queue_ids).order_by().exists()
        # Mostly nobody waits, or whoever has just asked: whole rows take longer.
        places = _list_first(self._queue_ids)
        if places:
            new = [(-loan.priority, loan.seq, loan.pk) for loan in self._store_newcomers()]
            places = sorted([*places, *new])[:PAGE]
        else:
            self._alone = self._list_newcomers()
        self._first = [place[-1] for place in places]
        return not self._first and not self._alone

    def _store_newcomers(self) -> list[Loan]:
        """Among others who wait they have their place like them."""
        newcomers = self._list_newcomers()
        for loan in newcomers:
            store(loan)
            self._turn.loans[loan.pk] = loan
        return newcomers

    def _list_newcomers(self) -> list[Loan]:
        newcomer = self._turn.newcomer
        return [newcomer] if newcomer and newcomer.is_new else []

    def are_all(self, served: Collection[Loan]) -> bool:
        """Whether nobody waits any more."""
        if self._first is None:
            return False
        return len(self._first) + len(self._alone) == len(served) < PAGE

    def pages(self) -> Iterator[list[Loan]]:
        pages = self._by_arrival() if self._first is not None else self._by_fairness()
        for loans in pages:
            self.standings.read(loans)
            yield loans

    def _read(self, ids: Sequence[int]) -> list[Loan]:
        loans = self._turn.loans
        if missing := [id for id in ids if id not in loans]:
            loans |= {loan.pk: loan for loan in _read_waiting(missing)}
        return [loans[id] for id in ids]

    def _by_arrival(self) -> Iterator[list[Loan]]:
        if self._alone:
            yield self._alone
        page, seen = self._first or [], set[int]()
        while page:
            seen |= set(page)
            # Mostly the first is the one, and nothing is left for the others.
            for part in (page[:1], page[1:]):
                if part:
                    yield self._read(part)
            if len(page) < PAGE:
                return
            rows = _waiting_in(self._queue_ids).exclude(pk__in=seen)
            page = list(rows.in_arrival_order().values_list("pk", flat=True)[:PAGE])

    def _by_fairness(self) -> Iterator[list[Loan]]:
        assert self._terms is not None  # noqa: S101  (for the type checker)
        places = rank(_waiting_in(self._queue_ids), self._terms, self._turn.now)
        for first in range(0, len(places), PAGE):
            yield self._read([place.id for place in places[first : first + PAGE]])
