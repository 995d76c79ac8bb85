"""What is booked, as its viewer may see it. The number of queries does not depend on the number of bookings.

Staff of the venue see everybody's bookings, others their own. Of events and blocks everybody sees the title.
What else is taken is in no entry: ``calendars.selectors`` says when, and nobody says by whom.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Max, Q

from common.clock import epoch_minute
from reservations.availability import Moment
from reservations.enums import OCCUPYING, Purpose, Status
from reservations.models import Allocation, Reservation
from reservations.permissions import works_at
from resources.facts import Bookable
from resources.models import Resource, Venue
from resources.permissions import roles_of
from scheduling.spans import Span
from scheduling.zones import from_minute

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser

PUBLIC = (Purpose.EVENT, Purpose.BLOCK)


@dataclass(frozen=True, slots=True)
class Entry:
    """One reservation on one resource; UTC minutes, ``b0`` and ``b1`` with the time around it.

    ``name`` and ``party`` are empty unless the viewer may see them. ``things``: what is booked,
    in which ``zone``; where the calendar's own does not say it.
    """

    reservation_id: UUID
    start: int
    end: int
    b0: int
    b1: int
    status: str
    purpose: str
    title: str
    name: str
    party: int
    units: int
    is_own: bool
    is_seen: bool
    version: int
    link_version: int
    things: tuple[str, ...] = ()
    zone: str = ""
    venue_id: int = 0

    @property
    def blocked(self) -> Span:
        return self.b0, self.b1


class _Row(NamedTuple):
    """One allocation with its reservation; the columns of ``_COLUMNS``, in their order."""

    leaf: int
    b0: int
    b1: int
    units: int
    reservation_id: UUID
    starts_at: datetime
    ends_at: datetime
    status: str
    purpose: str
    title: str
    customer_id: UUID | None
    customer_name: str
    party_size: int
    version: int
    link_version: int


_COLUMNS = (
    "resource_id",
    "b0",
    "b1",
    "units",
    "reservation_id",
    *(f"reservation__{name}" for name in _Row._fields[5:]),
)


def entries_of(
    bookables: Sequence[Bookable], span: Span, user: "Viewer", moment: Moment
) -> dict[int, list[Entry]]:
    """By resource, what overlaps the span; also what was booked as a part or the whole of it.

    All of one venue. Two queries.
    """
    if not bookables:
        return {}
    on_leaf: dict[int, list[int]] = defaultdict(list)
    for each in bookables:
        for leaf in each.leaves:
            on_leaf[leaf.id].append(each.id)
    sees_all = works_at(user, bookables[0].venue_id)
    found: dict[int, dict[UUID, Entry]] = defaultdict(dict)
    for row in _rows(list(on_leaf), span, user, moment, sees_all=sees_all):
        entry = _entry(row, user, sees_all=sees_all)
        for resource_id in on_leaf[row.leaf]:
            known = found[resource_id].get(entry.reservation_id)
            if known is None or known.units < entry.units:
                found[resource_id][entry.reservation_id] = entry
    return {key: sorted(entries.values(), key=_order) for key, entries in found.items()}


def _order(entry: Entry) -> tuple[int, int, str]:
    return entry.start, entry.end, entry.reservation_id.hex


def _rows(
    leaf_ids: Sequence[int], span: Span, user: "Viewer", moment: Moment, *, sees_all: bool
) -> Iterable[_Row]:
    longest = Resource.objects.filter(pk__in=leaf_ids).aggregate(most=Max("longest_span"))["most"] or 0
    rows = Allocation.objects.counting(moment.seconds).overlapping(*span)
    # Nothing that began before this can reach the span: the index is entered at both ends.
    rows = rows.filter(resource_id__in=leaf_ids, b0__gte=span[0] - longest)
    if not sees_all:
        mine = Q(reservation__customer_id=user.pk) if user.pk else Q(pk__in=())
        rows = rows.filter(mine | Q(reservation__purpose__in=PUBLIC))
    return (_Row(*values) for values in rows.values_list(*_COLUMNS).iterator())


def _entry(row: _Row, user: "Viewer", *, sees_all: bool) -> Entry:
    is_own = row.customer_id is not None and row.customer_id == user.pk
    is_seen = is_own or sees_all
    return Entry(
        row.reservation_id,
        epoch_minute(row.starts_at),
        epoch_minute(row.ends_at),
        row.b0,
        row.b1,
        row.status if is_seen else "",
        row.purpose,
        row.title,
        row.customer_name if is_seen else "",
        row.party_size if is_seen else 0,
        row.units,
        is_own,
        is_seen,
        row.version,
        row.link_version,
    )


def own_entries(user: "User", venue: Venue | None, span: Span, moment: Moment) -> list[Entry]:
    """One's own bookings, and what is booked with oneself; every resource in one entry. Three queries."""
    led = Q(items__resource__person=user.pk, venue_id__in=list(roles_of(user)))
    rows = Reservation.objects.filter(Q(customer_id=user.pk) | led, status__in=OCCUPYING)
    rows = rows.exclude(status=Status.HELD, expires_at__lte=from_minute(moment.minute))
    rows = rows.filter(starts_at__lt=from_minute(span[1]), ends_at__gt=from_minute(span[0]))
    if venue:
        rows = rows.filter(venue=venue)
    found = [
        _own(row, user) for row in rows.distinct().select_related("venue").prefetch_related("items__resource")
    ]
    return sorted(found, key=_order)


def _own(row: Reservation, user: "User") -> Entry:
    start, end = epoch_minute(row.starts_at), epoch_minute(row.ends_at)
    items = list(row.items.all())
    return Entry(
        row.pk,
        start,
        end,
        start,
        end,
        row.status,
        row.purpose,
        row.title,
        row.customer_name,
        row.party_size,
        max((item.units for item in items), default=1),
        row.customer_id == user.pk,
        True,
        row.version,
        row.link_version,
        tuple(item.resource.name for item in items),
        row.venue.zone_name,
        row.venue_id,
    )
