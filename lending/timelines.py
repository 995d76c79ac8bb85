"""What a thing is taken by in some days, as far as the reader may know."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from common.clock import epoch_minute, epoch_seconds
from common.clock import now as clock_now
from lending.enums import HAVING
from lending.models import Loan
from lending.naming import tell_name
from lending.permissions import can_manage, is_own
from lending.policies import Terms
from lending.terms import catalogs_of
from reservations.enums import Purpose
from reservations.models import Allocation
from resources.bookables import Bookable
from scheduling.zones import from_minute

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

MOST_DAYS, MOST_ENTRIES = 366, 2000


class Entry(NamedTuple):
    """``end`` is None for what is out for as long as it takes."""

    kind: str
    start: datetime
    end: datetime | None
    units: int
    name: str = ""
    is_own: bool = False
    loan_id: UUID | None = None
    is_part: bool = False


def list_entries(
    thing: Bookable, terms: Terms, viewer: "Viewer", start: datetime, end: datetime
) -> list[Entry]:
    """The first first; two queries."""
    leaves = [leaf.id for leaf in thing.leaves]
    expired = Q(expires_at__lte=epoch_seconds(clock_now()))
    rows = Allocation.objects.filter(
        resource__in=leaves, b0__lt=epoch_minute(end), b1__gt=epoch_minute(start)
    )
    taken = list(rows.exclude(expired).select_related("reservation").order_by("b0", "pk")[:MOST_ENTRIES])
    lent = [row.reservation_id for row in taken if row.reservation.purpose == Purpose.LOAN]
    loans = Loan.objects.filter(reservation__in=lent).select_related("borrower", "venue")
    by_reservation = {loan.reservation_id: loan for loan in loans}
    names = _tell_names(loans, terms, viewer)
    # A whole has an allocation for each of its parts.
    parts = Counter(row.reservation_id for row in taken)
    first_rows: dict[UUID, Allocation] = {}
    for row in taken:
        first_rows.setdefault(row.reservation_id, row)
    entries = _describe(first_rows.values(), by_reservation, names, viewer)
    return [
        entry._replace(
            start=entry.start.astimezone(thing.zone),
            end=_local(entry, thing),
            is_part=parts[id] < len(leaves),
        )
        for id, entry in zip(first_rows, entries, strict=True)
    ]


def _tell_names(loans: Iterable[Loan], terms: Terms, viewer: "Viewer") -> dict[int, str]:
    """By loan: as the rules of what is lent allow, be it the whole, and those of the thing that is shown."""
    found = catalogs_of(loans)
    return {loan.pk: tell_name(loan.who, loan, viewer, found[loan.venue_id], terms) for loan in loans}


def _describe(
    rows: Iterable[Allocation], loans: dict[UUID | None, Loan], names: dict[int, str], viewer: "Viewer"
) -> Iterator[Entry]:
    for row in rows:
        start, end = from_minute(row.b0 or 0), from_minute(row.b1 or 0)
        loan = loans.get(row.reservation_id)
        if loan is None:
            yield Entry("busy", start, end, row.units)
            continue
        is_mine = is_own(viewer, loan)
        knows = is_mine or can_manage(viewer, loan)
        is_open = loan.status in HAVING and loan.due_at is None
        yield Entry(
            *("loan", start, None if is_open else end, row.units, names[loan.pk], is_mine),
            loan.uuid if knows else None,
        )


def _local(entry: Entry, thing: Bookable) -> datetime | None:
    return entry.end.astimezone(thing.zone) if entry.end else None
