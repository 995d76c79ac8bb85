"""Until when something may be kept if it is renewed now: pages say what the service will do."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from common.clock import epoch_minute
from lending.enums import Status
from lending.missing import read_taken, read_taken_of
from lending.models import Loan
from lending.occupying import BusyRows, end_minute_of, find_free_until, leaves_of, occupancy_of
from lending.policies import ROLLING, Terms, find_due, find_missing_span
from lending.terms import LENT
from reservations.models import Allocation
from resources.bookables import Catalog
from scheduling.zones import from_minute, to_minute

_Row = tuple[int, int, int, bool]


class Renewal(NamedTuple):
    """``limit``: the minute from which somebody else needs it; what is late or lost is not there for them."""

    limit: int
    due: int | None
    """None: as long as it takes."""
    is_longer: bool
    is_booked: bool
    """It is not, because somebody else needs it."""

    @property
    def due_at(self) -> datetime | None:
        """The new date; None where there is none, or nothing is gained."""
        return from_minute(self.due) if self.is_longer and self.due is not None else None


def find_renewal(loan: Loan, venue_catalog: Catalog, now: datetime) -> Renewal:
    """Of something that is lent."""
    minute, leaves = epoch_minute(now), _leaf_ids_of(loan, venue_catalog)
    taken = read_taken(venue_catalog, leaves, minute, minute + ROLLING, excluding=loan)
    return _renew(loan, venue_catalog, taken, minute)


def find_renewals(
    loans: Iterable[Loan], venue_catalogs: Mapping[int, Catalog], now: datetime
) -> dict[int, Renewal]:
    """By loan, of a whole list; three queries, however many there are."""
    out = [loan for loan in loans if loan.resource_id in venue_catalogs[loan.venue_id].part(LENT)]
    if not out:
        return {}
    minute = epoch_minute(now)
    leaves = {leaf for loan in out for leaf in _leaf_ids_of(loan, venue_catalogs[loan.venue_id])}
    shown = {loan.venue_id: venue_catalogs[loan.venue_id] for loan in out}
    taken = read_taken_of(shown, leaves, minute, minute + ROLLING)
    booked = _read_booked(out)
    found = {}
    for loan in out:
        venue_catalog = venue_catalogs[loan.venue_id]
        own = [*booked[loan.reservation_id], *_list_missing(loan, venue_catalog, minute)]
        found[loan.pk] = _renew(loan, venue_catalog, _without(taken, own), minute)
    return found


def _leaf_ids_of(loan: Loan, venue_catalog: Catalog) -> list[int]:
    return [leaf.id for leaf in leaves_of(loan, venue_catalog.bookables[loan.resource_id or 0])]


def _read_booked(loans: Iterable[Loan]) -> Mapping[object, list[tuple[int, _Row]]]:
    booked: dict[object, list[tuple[int, _Row]]] = defaultdict(list)
    rows = Allocation.objects.filter(reservation__in=[loan.reservation_id for loan in loans]).order_by()
    for row in rows.exclude(b0=None):
        booked[row.reservation_id].append((row.resource_id, (row.b0 or 0, row.b1 or 0, row.units, False)))
    return booked


def _list_missing(loan: Loan, venue_catalog: Catalog, minute: int) -> Iterator[tuple[int, _Row]]:
    """What ``read_taken`` adds for this very loan."""
    occupancy = occupancy_of(loan).status
    if span := find_missing_span(Status(loan.status), occupancy, end_minute_of(loan), minute):
        for leaf in _leaf_ids_of(loan, venue_catalog):
            yield leaf, (*span, loan.units, False)


def _without(taken: BusyRows, own: Sequence[tuple[int, _Row]]) -> BusyRows:
    rest = {leaf: list(rows) for leaf, rows in taken.items()}
    for leaf, row in own:
        if row in rest.get(leaf, ()):
            rest[leaf].remove(row)
    return rest


def _renew(loan: Loan, venue_catalog: Catalog, taken: BusyRows, minute: int) -> Renewal:
    bookable = venue_catalog.bookables[loan.resource_id or 0]
    leaves = leaves_of(loan, bookable)
    terms: Terms = venue_catalog.part(LENT)[loan.resource_id or 0]
    limit = find_free_until(leaves, taken, loan.units, minute)
    begun = to_minute(loan.handed_out_at.replace(second=0)) if loan.handed_out_at else minute
    due = find_due(begun, minute, limit, terms, loan.period)
    # What is overdue already gains nothing by being due at once.
    least = max(to_minute(loan.due_at), minute) if loan.due_at else minute
    is_longer = due is None or due > least
    alone = find_due(begun, minute, minute + ROLLING, terms, loan.period)
    is_booked = not is_longer and loan.units <= bookable.limit and (alone is None or alone > least)
    return Renewal(limit, due, is_longer, is_booked)
