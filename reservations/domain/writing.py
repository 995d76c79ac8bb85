"""Inserts a reservation with what it books and what it occupies."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from common.keys import uuid7
from common.parsing import LONGEST_MINUTES as LONGEST_BLOCK
from common.parsing import MOST_PEOPLE
from reservations.domain.history import keep_items
from reservations.domain.lines import Line
from reservations.domain.occupancy import announce_freed
from reservations.enums import Purpose, Status
from reservations.models import Allocation, Reservation, ReservationItem, ReservationSeries
from resources.catalog import catalog
from resources.enums import Approval, UnitsBy
from resources.facts import Bookable
from scheduling.hours import OpeningPlan, WeeklyHours
from scheduling.slots import SlotRules
from scheduling.zones import DAY, to_minute

if TYPE_CHECKING:
    from reservations.services.booking import Booking


def new_reservation(
    booking: "Booking",
    lines: Sequence[Line],
    status: Status,
    expires_at: datetime | None,
    *,
    price: Mapping[str, Any],
    now: datetime,
    id: UUID | None = None,
    series: ReservationSeries | None = None,
    said: Mapping[str, Any] | None = None,
) -> Reservation:
    """Inserts the reservation and its items; what it occupies comes with ``occupy``.

    ``price`` as ``pricing.priced``, ``said`` as ``questions.replied`` gives it.
    """
    customer = booking.customer
    reservation = Reservation(
        id=id or uuid7(),
        venue_id=booking.venue_id,
        customer=customer.user,
        customer_name=customer.name,
        customer_email=customer.email,
        customer_phone=customer.phone,
        starts_at=booking.start,
        ends_at=booking.end,
        status=status,
        expires_at=expires_at,
        party_size=booking.party_size,
        requests=booking.requests,
        source=booking.actor.source,
        purpose=booking.purpose,
        title=booking.title,
        series=series,
        created_at=now,
        **(said or {}),
        **price,
    )
    reservation.save(force_insert=True)
    items = [
        ReservationItem(
            venue_id=reservation.venue_id,
            reservation=reservation,
            resource_id=line.bookable.id,
            group_id=line.group_id,
            units=line.units,
        )
        for line in lines
    ]
    ReservationItem.objects.bulk_create(items)
    keep_items(reservation, items)
    return reservation


def occupy(reservation: Reservation, lines: Sequence[Line]) -> None:
    """Inserts one allocation per leaf, in primary-key order: unsorted, two bookings can deadlock.

    The guard raises what ``occupying.guarded`` translates.
    """
    start, end = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
    spans = blocked_by_leaf(lines, start, end)
    expires_at = _expiry(reservation)
    rows = [
        Allocation(
            venue_id=reservation.venue_id,
            reservation=reservation,
            resource_id=leaf,
            units=units,
            b0=b0,
            b1=b1,
            expires_at=expires_at,
        )
        for leaf, (b0, b1, units) in sorted(spans.items())
    ]
    Allocation.objects.bulk_create(rows)


def _expiry(reservation: Reservation) -> int | None:
    """UTC seconds at which a hold ends."""
    return int(reservation.expires_at.timestamp()) if reservation.expires_at else None


def blocked_by_leaf(lines: Sequence[Line], start: int, end: int) -> dict[int, tuple[int, int, int]]:
    """Leaf id -> blocked span and units; a leaf that two lines share is taken for both, or all of it once."""
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    add = max if any(line.takes_all for line in lines) else sum
    for line in lines:
        b0, b1 = line.bookable.slot_rules.blocked(start, end)
        for leaf in line.bookable.leaves:
            found[leaf.id].append((b0, b1, line.units_of(leaf)))
    return {
        leaf: (min(row[0] for row in rows), max(row[1] for row in rows), add(row[2] for row in rows))
        for leaf, rows in found.items()
    }


def leaf_ids(lines: Sequence[Line]) -> Collection[int]:
    return {leaf.id for line in lines for leaf in line.bookable.leaves}


def booked_lines(reservation: Reservation, known: Mapping[int, Bookable] | None = None) -> list[Line]:
    """The lines an existing reservation was made of, under today's configuration (its venue's ``known``)."""
    known = known or catalog(reservation.venue_id).bookables
    found = [Line(known[item.resource_id], item.units, item.group_id) for item in reservation.items.all()]
    if reservation.purpose == Purpose.BOOKING:
        return found
    return [block_line(line.bookable) for line in found]


def block_line(bookable: Bookable) -> Line:
    """All units of a resource, for the venue itself."""
    return Line(as_block(bookable), max(bookable.limit, 1), takes_all=True)


def as_block(bookable: Bookable) -> Bookable:
    """The resource as the venue itself takes it: at any hour, of any length, free, without buffers.

    Only what others have booked still stands in the way.
    """
    around_the_clock = tuple(WeeklyHours(weekday, 0, DAY) for weekday in range(7))
    return replace(
        bookable,
        is_active=True,
        units_by=UnitsBy.BOOKING,
        hourly_rate=Decimal(0),
        prices=(),
        tiers=(),
        slot_rules=SlotRules(slot_step=1, min_duration=1, max_duration=LONGEST_BLOCK),
        customer_rules=replace(
            bookable.customer_rules, approval=Approval.INSTANT, max_party_size=MOST_PEOPLE
        ),
        capacity=MOST_PEOPLE,
        plan=OpeningPlan(zone=str(bookable.zone), resource_hours=around_the_clock, venue_hours=()),
    )


def move_allocations(reservation: Reservation, lines: Sequence[Line]) -> None:
    """Moves what a locked reservation occupies to its present span, leaf by leaf in key order.

    A hold stays one: its rows end with it. Only what really comes free is announced.

    The rows are updated in place, so the guard compares old and new: staying or shrinking always
    succeeds, growing is checked. Leaves that joined are inserted, leaves that left are freed.
    """
    start, end = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
    wanted = blocked_by_leaf(lines, start, end)
    present = {row.resource_id: row for row in reservation.allocations.all()}
    left = [row for leaf, row in present.items() if wanted.get(leaf) != (row.b0, row.b1, row.units)]
    announce_freed(reservation.venue_id, [(row.resource_id, row.b0, row.b1) for row in left])
    for leaf in sorted(wanted.keys() | present.keys()):
        b0, b1, units = wanted.get(leaf, (None, None, 1))
        row = present.get(leaf) or _new_allocation(reservation, leaf)
        row.b0, row.b1, row.units = b0, b1, units
        row.expires_at = None if b0 is None else _expiry(reservation)
        row.save()


def _new_allocation(reservation: Reservation, leaf: int) -> Allocation:
    return Allocation(venue_id=reservation.venue_id, reservation=reservation, resource_id=leaf)


def move_items(reservation: Reservation, lines: Sequence[Line]) -> None:
    """Writes other resources, groups or units into a locked reservation's items, in their order."""
    for item, line in zip(reservation.items.all(), lines, strict=True):
        wanted = (line.bookable.id, line.units, line.group_id)
        if (item.resource_id, item.units, item.group_id) != wanted:
            item.resource_id, item.units, item.group_id = wanted
            item.save(update_fields=["resource", "units", "group"])


def free_allocations(reservations: Sequence[Reservation]) -> None:
    """Frees what several locked reservations occupy, before they trade places; their leaves are locked."""
    rows = Allocation.objects.filter(reservation__in=reservations, b0__isnull=False)
    if reservations:
        announce_freed(reservations[0].venue_id, list(rows.values_list("resource_id", "b0", "b1")))
    rows.update(b0=None, b1=None, expires_at=None)
    for reservation in reservations:
        reservation.refresh_from_db(fields=["allocations"])  # forgets what was read, asks nothing
