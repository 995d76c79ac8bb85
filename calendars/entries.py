"""Bookings as their viewer may see them: managers and staff all, facilitators what they lead, others their
own; events and blocks are public.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, cast
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, Q, Value
from phonenumber_field.phonenumber import to_python

from common.clock import epoch_minute
from common.phones import phone_text
from common.venues import MANAGING
from reservations.availability import Moment
from reservations.enums import OCCUPYING, OF_VENUE, Status
from reservations.models import Allocation, Reservation
from reservations.offered import is_offered
from reservations.querysets import ReservationQuerySet
from reservations.scopes import led_by
from resources.bookables import Bookable
from resources.models import Venue
from resources.permissions import roles_of, works_at
from scheduling.spans import Span
from scheduling.zones import from_minute

if TYPE_CHECKING:
    from accounts.models import User

    Viewer = User | AnonymousUser


@dataclass(frozen=True, slots=True)
class Sight:
    """What ``user`` sees of a venue's bookings: all, or their own and what they lead."""

    user: "Viewer"
    sees_all: bool
    leads: bool

    @classmethod
    def of(cls, user: "Viewer", venue_id: int) -> "Sight":
        sees_all = works_at(user, venue_id, *MANAGING)
        return cls(user, sees_all, works_at(user, venue_id) and not sees_all)

    @property
    def own_bookings(self) -> ReservationQuerySet:
        if not self.user.pk:
            return Reservation.objects.none()
        return Reservation.objects.filter(customer_id=self.user.pk).without_offers()


@dataclass(frozen=True, slots=True)
class Entry:
    """One reservation on one resource, in UTC minutes; ``b0`` and ``b1`` include the buffers.

    ``name`` and ``party`` are empty unless the viewer may see them.
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
    is_part: bool = False
    """Of a whole not all of its parts are taken."""

    @property
    def blocked(self) -> Span:
        return self.b0, self.b1


class _AllocationRow(NamedTuple):
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
    customer_phone: str
    party_size: int
    version: int
    link_version: int
    is_led: bool


_COLUMNS = (
    "resource_id",
    "b0",
    "b1",
    "units",
    "reservation_id",
    *(f"reservation__{name}" for name in _AllocationRow._fields[5:-1]),
    "is_led",
)


def read_entries(
    bookables: Sequence[Bookable], span: Span, user: "Viewer", moment: Moment, *, only_public: bool = False
) -> dict[int, list[Entry]]:
    """Entries that overlap the span, by resource id, also those of its parts and wholes; two queries.

    ``only_public``: events and blocks, which everybody may see.
    """
    if not bookables:
        return {}
    on_leaf: dict[int, list[int]] = defaultdict(list)
    for bookable in bookables:
        for leaf in bookable.leaves:
            on_leaf[leaf.id].append(bookable.id)
    sight = Sight.of(user, bookables[0].venue_id)
    entries_by_resource: dict[int, dict[UUID, Entry]] = defaultdict(dict)
    taken: dict[tuple[int, UUID], set[int]] = defaultdict(set)
    # A reservation that takes several parts of a resource is one entry, with the most units of any part.
    for row in _read_rows(list(on_leaf), span, sight, moment, only_public=only_public):
        entry = _make_entry(row, user, sees_all=sight.sees_all)
        for resource_id in on_leaf[row.leaf]:
            taken[resource_id, entry.reservation_id].add(row.leaf)
            present_entry = entries_by_resource[resource_id].get(entry.reservation_id)
            if present_entry is None or present_entry.units < entry.units:
                entries_by_resource[resource_id][entry.reservation_id] = entry
    leaves = {bookable.id: len(bookable.leaves) for bookable in bookables}
    return {
        key: sorted(
            (
                replace(entry, is_part=True) if len(taken[key, id]) < leaves[key] else entry
                for id, entry in entries.items()
            ),
            key=_sort_key,
        )
        for key, entries in entries_by_resource.items()
    }


def _sort_key(entry: Entry) -> tuple[int, int, str]:
    return entry.start, entry.end, entry.reservation_id.hex


def _read_rows(
    leaf_ids: Sequence[int], span: Span, sight: Sight, moment: Moment, *, only_public: bool
) -> Iterable[_AllocationRow]:
    rows = Allocation.objects.counting(moment.seconds)
    rows = rows.annotate(is_led=_is_led_by(cast("User", sight.user)) if sight.leads else Value(False))
    is_public = Q(reservation__purpose__in=OF_VENUE)
    if only_public:
        rows = rows.filter(is_public)
    elif not sight.sees_all:
        is_own = Q(reservation__in=sight.own_bookings)
        is_seen = is_own | Q(is_led=True) if sight.leads else is_own
        rows = rows.filter(is_seen | is_public)
    short, *long = (part.values_list(*_COLUMNS) for part in rows.overlapping_by_reach(leaf_ids, *span))
    return (_AllocationRow(*values) for values in short.union(*long, all=True).iterator())


def _is_led_by(user: "User") -> Exists:
    return Exists(Reservation.objects.led_by(user).filter(pk=OuterRef("reservation")))


def _make_entry(row: _AllocationRow, user: "Viewer", *, sees_all: bool) -> Entry:
    is_own = row.customer_id is not None and row.customer_id == user.pk
    is_seen = is_own or sees_all or row.is_led
    return Entry(
        row.reservation_id,
        epoch_minute(row.starts_at),
        epoch_minute(row.ends_at),
        row.b0,
        row.b1,
        row.status if is_seen else "",
        row.purpose,
        row.title,
        _name_of(row) if is_seen else "",
        row.party_size if is_seen else 0,
        row.units,
        is_own,
        is_seen,
        row.version,
        row.link_version,
    )


def _name_of(row: _AllocationRow) -> str:
    if row.customer_name or not row.customer_phone:
        return row.customer_name
    return phone_text(to_python(row.customer_phone), "")


def read_own_entries(user: "User", venue: Venue | None, span: Span, moment: Moment) -> list[Entry]:
    """One's own bookings, and those that one leads; one entry each. Three queries."""
    is_led = led_by(user) & Q(venue_id__in=list(roles_of(user)))
    is_own = Q(customer_id=user.pk) & ~is_offered()
    reservations = Reservation.objects.filter(is_own | is_led, status__in=OCCUPYING)
    reservations = reservations.exclude(status=Status.HELD, expires_at__lte=from_minute(moment.minute))
    reservations = reservations.filter(starts_at__lt=from_minute(span[1]), ends_at__gt=from_minute(span[0]))
    if venue:
        reservations = reservations.filter(venue=venue)
    entries = [
        _make_own_entry(reservation, user)
        for reservation in reservations.select_related("venue").prefetch_related("items__resource")
    ]
    return sorted(entries, key=_sort_key)


def _make_own_entry(reservation: Reservation, user: "User") -> Entry:
    start, end = epoch_minute(reservation.starts_at), epoch_minute(reservation.ends_at)
    items = list(reservation.items.all())
    return Entry(
        reservation.pk,
        start,
        end,
        start,
        end,
        reservation.status,
        reservation.purpose,
        reservation.title,
        reservation.who,
        reservation.party_size,
        max((item.units for item in items), default=1),
        reservation.customer_id == user.pk,
        True,
        reservation.version,
        reservation.link_version,
        tuple(item.resource.name for item in items),
        reservation.venue.zone_name,
        reservation.venue_id,
    )
