"""What stands on the desk of a venue: what is to be approved, to be handed out, due, and lost."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from common.clock import epoch_minute
from lending.beginning import find_away
from lending.enums import HAVING, Away, CopyState, Status
from lending.missing import read_taken
from lending.models import Copy, Loan, Queue
from lending.occupying import end_minute_of, find_free_until, leaves_of, start_minute_of
from lending.querysets import LoanQuerySet
from lending.renewals import find_renewal
from lending.terms import terms_at
from resources.catalog import catalog
from resources.models import Resource, Venue

MOST_SHOWN = 40
"""Of each column; the search finds the others."""
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Row:
    """``accessories`` of the thing, or of what is out; ``copies`` that could be handed out.

    ``away``: why it cannot be handed out though its dates have come.
    """

    loan: Loan
    is_overdue: bool = False
    is_early: bool = False
    accessories: Sequence[str] = ()
    copies: Sequence[Copy] = ()
    away: Away | None = None

    @property
    def is_to_come(self) -> bool:
        """Approved, and not to be handed out yet."""
        return self.loan.status == Status.APPROVED and (self.is_early or self.away is not None)


@dataclass(frozen=True, slots=True)
class Column:
    """``more``: there are others that are not shown."""

    name: str
    rows: Sequence[Row]
    more: bool


def list_columns(venue: Venue, now: datetime, text: str = "") -> dict[str, Column]:
    """By name: approve, hand-out, return, found. ``text`` is of a name, an address or a thing."""
    loans = _search(Loan.objects.filter(venue=venue), text)
    begins = Coalesce(F("wanted_from"), F("approved_at"))
    columns = {
        # Those whom staff could serve now, and requests for dates that staff decide about.
        "approve": loans.filter(status=Status.REQUESTED)
        .exclude(next_at=None, wanted_from=None)
        .order_by(F("wanted_from").asc(nulls_first=True), "-priority", "seq"),
        "hand-out": loans.filter(status=Status.APPROVED).order_by(begins, "pk"),
        "return": loans.out().order_by(F("due_at").asc(nulls_last=True), "pk"),
        "found": loans.filter(status=Status.LOST).order_by("-ended_at", "pk"),
    }
    detailed = {name: _read(rows) for name, rows in columns.items()}
    ready = detailed["hand-out"]
    copies = find_free_copies(loan.resource_id or 0 for loan in ready)
    away = find_away(catalog(venue.pk), ready, now)
    return {
        name: Column(
            name,
            [describe_row(loan, copies, now, away.get(loan.pk)) for loan in rows[:MOST_SHOWN]],
            len(rows) > MOST_SHOWN,
        )
        for name, rows in detailed.items()
    }


def _search(loans: LoanQuerySet, text: str) -> LoanQuerySet:
    for word in text.split()[:5]:
        loans = loans.filter(
            Q(borrower__first_name__icontains=word)
            | Q(borrower__last_name__icontains=word)
            | Q(borrower__email__icontains=word)
            | Q(resource__name__icontains=word)
            | Q(group__name__icontains=word)
        )
    return loans


def _read(rows: LoanQuerySet) -> list[Loan]:
    return list(rows.for_display().select_related("resource__lendable")[: MOST_SHOWN + 1])


def describe_row(
    loan: Loan, copies: Mapping[int, Sequence[Copy]], now: datetime, away: Away | None = None
) -> Row:
    return Row(
        loan,
        loan.is_overdue(now),
        loan.wanted_from is not None and loan.wanted_from > now,
        list_accessories(loan),
        copies.get(loan.resource_id or 0, ()) if loan.units == 1 else (),
        away,
    )


def list_accessories(loan: Loan) -> Sequence[str]:
    """What could go with it, or what went with it once it is out."""
    if loan.status != Status.APPROVED:
        names: list[str] = loan.accessories
        return names
    lendable = getattr(loan.resource, "lendable", None)
    return lendable.accessories if lendable else ()


def list_swaps(loan: Loan, now: datetime) -> list[Resource]:
    """What is free for the rest of the loan: of its groups first, then what is lent by the same rules."""
    venue_catalog, lent = catalog(loan.venue_id), terms_at(loan.venue_id)
    start = max(start_minute_of(loan), epoch_minute(now))
    until = max(end_minute_of(loan), start + 1)
    things = [
        thing
        for id, thing in venue_catalog.bookables.items()
        if id in lent and thing.is_active and id != loan.resource_id and loan.units <= thing.limit
    ]
    leaves = {leaf.id for thing in things for leaf in thing.leaves}
    taken = read_taken(venue_catalog, leaves, start, until, excluding=loan)
    free = [thing.id for thing in things if find_free_until(thing.leaves, taken, loan.units, start) >= until]
    groups = [
        each.member_ids for each in venue_catalog.groups.values() if loan.resource_id in each.member_ids
    ]
    own = lent.get(loan.resource_id or 0)

    def order(row: Resource) -> tuple[bool, bool, str, int]:
        is_alike = own is not None and lent[row.pk].rules_id == own.rules_id
        return not any(row.pk in ids for ids in groups), not is_alike, row.name, row.pk

    return sorted(Resource.objects.filter(pk__in=free), key=order)


def find_renewed_due(loan: Loan, now: datetime) -> datetime | None:
    """Until when it would be, renewed now; None: as long as it takes, or no longer than it is."""
    is_lent = loan.resource_id in terms_at(loan.venue_id)
    return find_renewal(loan, catalog(loan.venue_id), now).due_at if is_lent and loan.due_at else None


def list_parts_out(loan: Loan) -> list[Resource]:
    """Of a whole, what is still out with this loan; empty for what has no parts."""
    bookable = catalog(loan.venue_id).bookables.get(loan.resource_id or 0)
    if bookable is None or (len(bookable.leaves) == 1 and not loan.parts):
        return []
    ids = [leaf.id for leaf in leaves_of(loan, bookable)]
    return list(Resource.objects.filter(pk__in=ids).order_by("name", "pk"))


def find_free_copies(resource_ids: Iterable[int]) -> Mapping[int, Sequence[Copy]]:
    """In service, and with nobody; by thing, in the order of their codes."""
    taken = Loan.objects.filter(copy=OuterRef("pk"), status__in=HAVING)
    rows = Copy.objects.filter(resource__in={*resource_ids}, state=CopyState.IN_SERVICE)
    found: dict[int, list[Copy]] = defaultdict(list)
    for copy in rows.exclude(Exists(taken)).order_by("code"):
        found[copy.resource_id].append(copy)
    return found


def find_loans(venue: Venue, ids: Collection[UUID]) -> Mapping[str, Loan]:
    """Those of the venue, by their public id."""
    return {str(loan.uuid): loan for loan in Loan.objects.filter(venue=venue, uuid__in=ids).for_display()}


@dataclass(frozen=True, slots=True)
class Named:
    """A thing whose name was typed; ``queue`` if somebody waits for it."""

    resource: Resource
    queue: Queue | None
    waiting: int


def find_named(venue: Venue, text: str) -> list[Named]:
    """Things that are lent here, by how their name or a word of it begins."""
    begins = Q(name__istartswith=text) | Q(name__icontains=f" {text}")
    things = list(
        Resource.objects.filter(begins, pk__in=terms_at(venue.pk)).order_by("name", "pk")[:MOST_NAMED]
    )
    rows = Queue.objects.filter(resource__in=things).with_waiting() if things else Queue.objects.none()
    queues = {queue.resource_id: queue for queue in rows}
    counts = _count_waiting(venue) if queues else {}
    found = [(thing, queues.get(thing.pk)) for thing in things]
    return [Named(thing, queue, counts.get(queue.pk, 0) if queue else 0) for thing, queue in found]


def _count_waiting(venue: Venue) -> dict[int, int]:
    waiting = Loan.objects.waiting().filter(venue=venue).order_by()
    return dict(waiting.values_list("queue").annotate(Count("pk")))


@dataclass(frozen=True, slots=True)
class QueueRow:
    queue: Queue
    waiting: int


def list_queues(venue: Venue) -> list[QueueRow]:
    """Those in which somebody waits, the longest first."""
    rows = Queue.objects.filter(venue=venue).with_waiting().select_related("resource", "group")
    counts = _count_waiting(venue)
    return sorted(
        (QueueRow(queue, counts.get(queue.pk, 0)) for queue in rows),
        key=lambda row: (-row.waiting, str(row.queue)),
    )
