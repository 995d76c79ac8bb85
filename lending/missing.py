"""What is not there to be given, whatever the calendar says: what is late, and what is lost."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from common.selecting import written_once
from lending.enums import Status
from lending.models import Loan
from lending.occupying import BusyRows, read_busy
from lending.policies import SHORTEST, find_missing_span
from reservations.enums import Status as Occupancy
from resources.bookables import Bookable, Catalog
from scheduling.zones import from_minute, to_minute


class _Missing(NamedTuple):
    leaves: tuple[int, ...]
    units: int
    start: int
    end: int


def read_taken(
    venue_catalog: Catalog, leaf_ids: Collection[int], minute: int, end: int, *, excluding: Loan | None = None
) -> BusyRows:
    """What is booked of each leaf in [minute, end), and what is missing from ``minute`` on; two queries."""
    busy = read_busy(leaf_ids, minute, end, excluding=excluding.reservation_id if excluding else None)
    for leaf, rows in read_missing(venue_catalog, leaf_ids, minute, excluding=excluding).items():
        busy.setdefault(leaf, []).extend(rows)
    return busy


def read_missing(
    venue_catalog: Catalog, leaf_ids: Collection[int], minute: int, *, excluding: Loan | None = None
) -> BusyRows:
    """What should be there at ``minute`` and is not, beyond what is booked for it; one query."""
    found: BusyRows = {}
    for each in _list_missing(venue_catalog, leaf_ids, minute, excluding):
        for leaf in each.leaves:
            if leaf in leaf_ids:
                found.setdefault(leaf, []).append((each.start, each.end, each.units, False))
    return found


def _list_missing(
    venue_catalog: Catalog, leaf_ids: Collection[int], minute: int, excluding: Loan | None
) -> Iterator[_Missing]:
    touched = list_touched(venue_catalog, leaf_ids)
    soon = from_minute(minute + SHORTEST + 1)
    rows = _select_missing(venue_catalog.venue_id, touched, soon) if touched else ()
    own = excluding.pk if excluding else None
    return _describe((row for row in rows if row[0] != own), venue_catalog.bookables, minute)


def _describe(rows: Iterable[Any], bookables: Mapping[int, Bookable], minute: int) -> Iterator[_Missing]:
    for _id, resource_id, units, parts, status, ends_at, occupancy in rows:
        if span := find_missing_span(Status(status), occupancy, to_minute(ends_at), minute):
            leaves = parts or (leaf.id for leaf in bookables[resource_id or 0].leaves)
            yield _Missing(tuple(leaves), units, *span)


def read_taken_of(
    venue_catalogs: Mapping[int, Catalog], leaf_ids: Collection[int], minute: int, end: int
) -> BusyRows:
    """As ``read_taken``, of several venues; two queries, however many those are."""
    busy = read_busy(leaf_ids, minute, end)
    touched = [id for each in venue_catalogs.values() for id in list_touched(each, leaf_ids)]
    rows = _find_missing(touched, from_minute(minute + SHORTEST + 1)).filter(venue__in=[*venue_catalogs])
    bookables = {id: thing for each in venue_catalogs.values() for id, thing in each.bookables.items()}
    for each in _describe(rows, bookables, minute):
        for leaf in each.leaves:
            busy.setdefault(leaf, []).append((each.start, each.end, each.units, False))
    return busy


@written_once
def _select_missing(
    venue_id: int, resource_ids: list[int], soon: datetime
) -> QuerySet[Loan, tuple[Any, ...]]:
    return _find_missing(resource_ids, soon).filter(venue=venue_id)


def _find_missing(resource_ids: list[int], soon: datetime) -> QuerySet[Loan, tuple[Any, ...]]:
    is_late = Q(status=Status.OUT, reservation__ends_at__lte=soon)
    is_lost = Q(status=Status.LOST, reservation__status=Occupancy.CHECKED_IN)
    # Its parts need not be parts of the whole any more.
    is_of_these = Q(resource__in=resource_ids) | ~Q(parts=[])
    rows = Loan.objects.filter(is_late | is_lost, is_of_these).order_by()
    columns = ("pk", "resource_id", "units", "parts", "status", "reservation__ends_at", "reservation__status")
    return rows.values_list(*columns)


def list_touched(venue_catalog: Catalog, leaf_ids: Collection[int]) -> list[int]:
    """Things that have one of these leaves; also those that are not lent any more but may still be out."""
    by_leaf = _list_by_leaf(venue_catalog)
    return sorted({id for leaf in leaf_ids for id in by_leaf.get(leaf, ())})


# Each change of a loan asks this, and a venue may lend hundreds of things. A catalog never changes.
@lru_cache(maxsize=8)
def _list_by_leaf(venue_catalog: Catalog) -> Mapping[int, list[int]]:
    found: dict[int, list[int]] = {}
    for thing in venue_catalog.bookables.values():
        for leaf in thing.leaves:
            found.setdefault(leaf.id, []).append(thing.id)
    return found
