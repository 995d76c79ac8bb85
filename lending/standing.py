"""What is known of those who wait: what they have had, and what they have now."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from common.clock import epoch_seconds
from common.selecting import written_once
from lending.enums import HAVING, LIVE, OCCUPYING, Audience, Status
from lending.locking import Turn
from lending.models import Loan
from lending.policies import REMEMBERED_HALF_LIVES, Place, Standing, Terms, held_minutes, order_key
from lending.querysets import LoanQuerySet
from resources.bookables import Bookable
from resources.team import TEAM


def rank(rows: LoanQuerySet, terms: Terms, now: datetime) -> list[Place]:
    """The places of those who wait, the first first."""
    columns = ("pk", "priority", "seq", "requested_at", "borrower_id")
    found = list(rows.order_by().values_list(*columns))
    held = read_held({row[4] for row in found}, terms, now)
    places = [
        Place(pk, priority, seq, int((now - requested_at).total_seconds()), held.get(borrower_id, 0.0))
        for pk, priority, seq, requested_at, borrower_id in found
    ]
    return sorted(places, key=lambda place: order_key(place, terms))


def read_held(borrower_ids: Collection[UUID], terms: Terms, now: datetime) -> dict[UUID, float]:
    """What each of them has had under the same rules lately, in decayed minutes."""
    since = now - timedelta(days=terms.half_life_days * REMEMBERED_HALF_LIVES)
    had = Loan.objects.filter(
        borrower__in=borrower_ids, resource__lendable__rules=terms.rules_id, approved_at__isnull=False
    ).exclude(ended_at__lt=since)
    spans: dict[UUID, list[tuple[int, int]]] = defaultdict(list)
    for borrower_id, begin, end in had.order_by().values_list("borrower_id", "approved_at", "ended_at"):
        if begin is None:
            continue
        spans[borrower_id].append((epoch_seconds(begin), epoch_seconds(end or now)))
    second = epoch_seconds(now)
    return {key: held_minutes(rows, second, terms.half_life_days) for key, rows in spans.items()}


class Own(NamedTuple):
    """A loan of somebody's that is not over."""

    id: int
    borrower_id: UUID
    resource_id: int | None
    status: str
    due_at: datetime | None
    queue_id: int = 0
    wanted_from: datetime | None = None
    wanted_until: datetime | None = None


@written_once
def _select_had(borrower_ids: list[UUID], venue_id: int) -> QuerySet[Loan, tuple[Any, ...]]:
    had = Loan.objects.filter(borrower__in=borrower_ids, venue=venue_id, status__in=OCCUPYING)
    return had.order_by().values_list(*Own._fields[:5])


@written_once
def _select_own(borrower_id: UUID, venue_id: int) -> QuerySet[Loan, tuple[Any, ...]]:
    theirs = Loan.objects.filter(borrower=borrower_id, venue=venue_id, status__in=(*LIVE, Status.LOST))
    return theirs.order_by().values_list(*Own._fields)


class Standings:
    """What is known of borrowers: read a page at a time, and kept up while things are given."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._overdue: dict[UUID, set[int]] = defaultdict(set)
        self._out: dict[tuple[UUID, int], int] = defaultdict(int)
        self._read: set[UUID] = set()

    def read(self, loans: Iterable[Loan]) -> None:
        ids = {loan.borrower_id for loan in loans} - self._read
        self._read |= ids
        if ids:
            for row in _select_had([*ids], self._turn.venue_id):
                self._note(Own(*row))

    def read_all_of(self, borrower_id: UUID) -> list[Own]:
        """Also what they wait for."""
        self._read.add(borrower_id)
        found = [Own(*row) for row in _select_own(borrower_id, self._turn.venue_id)]
        for own in found:
            self._note(own)
        return found

    def _note(self, own: Own) -> None:
        terms = self._turn.terms.get(own.resource_id or 0)
        if terms and own.status in HAVING:
            self._out[own.borrower_id, terms.rules_id] += 1
        if own.status == Status.OUT and own.due_at is not None and own.due_at < self._turn.now:
            self._overdue[own.borrower_id].add(own.id)

    def of(self, loan: Loan, terms: Terms) -> Standing:
        borrower_id = loan.borrower_id
        return Standing(
            is_active=loan.borrower.is_active,
            is_member=terms.audience != Audience.MEMBERS
            or loan.borrower.is_superuser
            or borrower_id in self._turn.catalog.part(TEAM).roles,
            has_overdue=bool(self._overdue.get(borrower_id)),
            out=self._out.get((borrower_id, terms.rules_id), 0),
        )

    def note_given(self, loan: Loan, thing: Bookable) -> None:
        self._out[loan.borrower_id, self._turn.terms[thing.id].rules_id] += 1


def read_standings(turn: Turn, loan: Loan) -> Standings:
    """Of one borrower; ``loan`` need not be stored yet."""
    standings = Standings(turn)
    standings.read([loan])
    return standings
