"""Loans for dates: they begin, or can be fetched, once what they are for is really there."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError

from common.clock import epoch_minute
from common.transactions import atomic_change
from lending.enums import Away, Kind, Status
from lending.granting import find_pickup_end, start_loan
from lending.locking import Turn, leaves_of, lock_loan_row
from lending.missing import list_touched, read_missing
from lending.models import Loan
from lending.occupying import BusyRows, read_busy, start_minute_of
from lending.policies import FOREVER
from lending.recording import save_fields, tell
from reservations.domain.values import SYSTEM
from resources.bookables import Catalog

logger = logging.getLogger(__name__)


def begin_those_at_risk(turn: Turn) -> None:
    """What they wait for may have come back just now: theirs at once, before anybody in a queue."""
    for loan_id in turn.at_risk:
        try:
            with atomic_change():
                _begin_at_risk(loan_id, turn)
        except OperationalError:
            raise  # the whole transaction may be lost
        except Exception:
            # A row that is broken does not keep anybody from bringing something back.
            logger.exception("Loan %s could not begin; the next run tries again.", loan_id)


def _begin_at_risk(loan_id: UUID, turn: Turn) -> None:
    loan = lock_loan_row(loan_id)
    if loan.reservation_id in turn.reservations:  # else it changed before anything was locked
        loan.reservation = turn.reservations[loan.reservation_id]
        begin_if_there(loan, turn)


def begin_if_there(loan: Loan, turn: Turn) -> bool:
    """Whether that changed anything. Where it is not back yet, it is not to be fetched either."""
    terms = turn.terms.get(loan.resource_id or 0)
    if terms is None or not has_come(loan, turn.now):
        return False
    if is_away(loan, turn):
        return close_window(loan)
    if loan.valid_until is not None:
        return False  # it waits to be fetched
    if terms.pickup_window is None:
        start_loan(loan, terms, SYSTEM, turn.now)
        return True
    loan.valid_until = find_pickup_end(loan, start_minute_of(loan), terms, turn.now)
    save_fields(loan, "valid_until")
    tell(loan, [Kind.APPROVED], SYSTEM)
    return True


def has_come(loan: Loan, now: datetime) -> bool:
    """Whether its dates are now."""
    if loan.status != Status.APPROVED or not (loan.is_dated or loan.valid_until is None):
        return False
    is_over = loan.due_at is not None and loan.due_at <= now
    return start_minute_of(loan) <= epoch_minute(now) and not is_over


def close_window(loan: Loan) -> bool:
    """Nobody can fetch what is not there: it opens anew once it is."""
    if loan.valid_until is None:
        return False
    loan.valid_until = None
    save_fields(loan, "valid_until")
    return True


def is_away(loan: Loan, turn: Turn) -> bool:
    return loan.pk in find_away(turn.catalog, [loan], turn.now)


def was_away(loan: Loan, turn: Turn) -> bool:
    """Whether what is given up now was not there to be fetched, up to the end of its dates."""
    if loan.status != Status.APPROVED or not loan.is_dated or loan.due_at is None:
        return False
    last = min(turn.now, loan.due_at - timedelta(minutes=1))
    return loan.valid_until is None or loan.pk in find_away(turn.catalog, [loan], last)


def find_away(venue_catalog: Catalog, loans: Iterable[Loan], now: datetime) -> dict[int, Away]:
    """By loan whose dates are now why it cannot be handed out; of a whole list in three queries.

    Somebody else still has what is booked for it. Of several units, who booked theirs earlier gets what is
    there first.
    """
    come = [loan for loan in loans if has_come(loan, now)]
    return _Shelf(venue_catalog, come, epoch_minute(now)).find_away(now) if come else {}


def find_away_at(
    venue_catalogs: Mapping[int, Catalog], loans: Collection[Loan], now: datetime
) -> dict[int, Away]:
    """The same of loans of several venues; no query where no dates have come."""
    found: dict[int, Away] = {}
    for venue_id, venue_catalog in venue_catalogs.items():
        found |= find_away(venue_catalog, [loan for loan in loans if loan.venue_id == venue_id], now)
    return found


class _Shelf:
    """What is booked of each leaf for this minute, and what of that is not there."""

    def __init__(self, venue_catalog: Catalog, loans: Collection[Loan], minute: int) -> None:
        self._bookables, self._loans = venue_catalog.bookables, loans
        leaves = leaves_of(self._bookables[loan.resource_id or 0] for loan in loans)
        missing = read_missing(venue_catalog, leaves, minute)
        self._touched = list_touched(venue_catalog, leaves)
        self._missing = _count(missing, minute)
        self._booked = _count(read_busy(leaves, minute, minute + 1), minute) + self._missing
        late = {leaf: [row for row in rows if row[1] < FOREVER] for leaf, rows in missing.items()}
        self._late = _count(late, minute)

    def find_away(self, now: datetime) -> dict[int, Away]:
        """Those who booked last are the first who do not get it."""
        own = {loan.pk: loan for loan in self._loans}
        others = Loan.objects.filter(resource__in=self._touched).to_begin(now).exclude(pk__in=own)
        booked = [*own.values(), *others.select_related("reservation")]
        away: dict[int, Away] = {}
        for loan in sorted(booked, key=lambda each: (start_minute_of(each), each.pk), reverse=True):
            reason = self._find_reason(loan) if loan.pk in own else None
            if reason:
                away[loan.pk] = reason
            self._booked.subtract(dict.fromkeys(self._leaves_of(loan), loan.units))
        return away

    def _leaves_of(self, loan: Loan) -> Iterator[int]:
        return (leaf.id for leaf in self._bookables[loan.resource_id or 0].leaves)

    def _find_reason(self, loan: Loan) -> Away | None:
        limits = {leaf.id: leaf.limit for leaf in self._bookables[loan.resource_id or 0].leaves}
        short = [leaf for leaf, limit in limits.items() if self._booked[leaf] > limit]
        if not short:
            return None
        if any(self._late[leaf] for leaf in short):
            return Away.LATE
        return Away.LOST if any(self._missing[leaf] for leaf in short) else Away.FEW


def _count(rows: BusyRows, minute: int) -> Counter[int]:
    """Units by leaf."""
    found: Counter[int] = Counter()
    for leaf, spans in rows.items():
        found[leaf] = sum(units for start, end, units, _hold in spans if start <= minute < end)
    return found
