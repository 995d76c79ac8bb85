from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet

from common.inserting import insert_rows
from common.keys import uuid7
from common.parsing import LONGEST_MINUTES as LONGEST_BLOCK
from common.parsing import MOST_PEOPLE
from common.selecting import written_once
from common.updating import update_row
from reservations.domain.freeing import note_freed, note_taken
from reservations.domain.history import keep_items
from reservations.domain.lines import Line, make_full_line
from reservations.domain.values import ItemRequest
from reservations.enums import MANAGED, Purpose, Status
from reservations.models import Allocation, Reservation, ReservationItem, ReservationSeries
from resources.bookables import Bookable
from resources.catalog import catalog
from resources.enums import Approval, UnitsBy
from scheduling.hours import OpeningPlan, WeeklyHours
from scheduling.slots import SlotRules
from scheduling.zones import DAY, to_minute

if TYPE_CHECKING:
    from reservations.services.booking import Booking


LONGEST_MANAGED = 20 * LONGEST_BLOCK
"""What a product is in charge of goes on from year to year: each time it is made longer, not made anew."""


def insert_reservation(
    booking: "Booking",
    lines: Sequence[Line],
    status: Status,
    expires_at: datetime | None,
    *,
    price: Mapping[str, Any],
    now: datetime,
    id: UUID | None = None,
    series: ReservationSeries | None = None,
    reply_fields: Mapping[str, Any] | None = None,
) -> Reservation:
    """Reservation and items; ``occupy`` then takes the time."""
    reservation = Reservation(
        id=id or uuid7(),
        status=status,
        expires_at=expires_at,
        series=series,
        created_at=now,
        **_describe_booking(booking),
        **(reply_fields or {}),
        **price,
    )
    _insert([(reservation, lines)])
    return reservation


def insert_reservations(
    bookings: Sequence["Booking"],
    all_lines: Sequence[Sequence[Line]],
    status: Status,
    *,
    price: Mapping[str, Any],
    now: datetime,
) -> list[Reservation]:
    """``insert_reservation`` for several at the same price; ``occupy_all`` then takes the times."""
    reservations = [
        Reservation(status=status, created_at=now, **_describe_booking(booking), **price)
        for booking in bookings
    ]
    _insert(list(zip(reservations, all_lines, strict=True)))
    return reservations


def _insert(rows: Sequence[tuple[Reservation, Sequence[Line]]]) -> None:
    insert_rows([reservation for reservation, _lines in rows])
    items = [[_make_item(reservation, line) for line in lines] for reservation, lines in rows]
    insert_rows([item for of_one in items for item in of_one])
    # So that what follows in this transaction need not read them again.
    for (reservation, _lines), of_one in zip(rows, items, strict=True):
        keep_items(reservation, of_one)


def _describe_booking(booking: "Booking") -> dict[str, Any]:
    customer = booking.customer
    return {
        "venue_id": booking.venue_id,
        "customer": customer.user,
        "customer_name": customer.name,
        "customer_email": customer.email,
        "customer_phone": customer.phone,
        "starts_at": booking.start,
        "ends_at": booking.end,
        "party_size": booking.party_size,
        "requests": booking.requests,
        "source": booking.actor.source,
        "purpose": booking.purpose,
        "title": booking.title,
    }


def _make_item(reservation: Reservation, line: Line) -> ReservationItem:
    return ReservationItem(
        venue_id=reservation.venue_id,
        reservation=reservation,
        resource_id=line.bookable.id,
        group_id=line.group_id,
        units=line.units,
        takes_all=line.takes_all,
    )


def occupy(reservation: Reservation, lines: Sequence[Line]) -> None:
    """One allocation per leaf, in primary-key order: unsorted, two bookings could deadlock."""
    occupy_all([(reservation, lines)])


def occupy_all(rows: Sequence[tuple[Reservation, Sequence[Line]]]) -> None:
    allocations = [allocation for row in rows for allocation in _make_allocations(*row)]
    allocations.sort(key=lambda allocation: allocation.resource_id)
    insert_rows(allocations)
    note_taken([(row.resource_id, row.b0, row.b1, row.units) for row in allocations])


def _make_allocations(reservation: Reservation, lines: Sequence[Line]) -> list[Allocation]:
    start, end = to_minute(reservation.starts_at), to_minute(reservation.ends_at)
    expires_at = _expiry_seconds(reservation)
    return [
        Allocation(
            venue_id=reservation.venue_id,
            reservation=reservation,
            resource_id=leaf,
            units=units,
            b0=b0,
            b1=b1,
            expires_at=expires_at,
        )
        for leaf, (b0, b1, units) in block_leaves(lines, start, end).items()
    ]


def _expiry_seconds(reservation: Reservation) -> int | None:
    return int(reservation.expires_at.timestamp()) if reservation.expires_at else None


def block_leaves(lines: Sequence[Line], start: int, end: int) -> dict[int, tuple[int, int, int]]:
    """Leaf ids with their blocked span and units; leaves that lines share are taken for all of them."""
    blocked: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    taken_whole: set[int] = set()
    for line in lines:
        b0, b1 = line.bookable.slot_rules.blocked(start, end)
        for leaf in line.bookable.leaves:
            blocked[leaf.id].append((b0, b1, line.units_of(leaf)))
            if line.takes_all:
                taken_whole.add(leaf.id)
    return {leaf: _combine(rows, is_whole=leaf in taken_whole) for leaf, rows in blocked.items()}


def _combine(rows: Sequence[tuple[int, int, int]], *, is_whole: bool) -> tuple[int, int, int]:
    # Whoever has all units of a leaf needs no more of them for another line.
    combine_units = max if is_whole else sum
    return (
        min(b0 for b0, _b1, _units in rows),
        max(b1 for _b0, b1, _units in rows),
        combine_units(units for _b0, _b1, units in rows),
    )


def leaf_ids(lines: Sequence[Line]) -> Collection[int]:
    return {leaf.id for line in lines for leaf in line.bookable.leaves}


def booked_lines(reservation: Reservation, bookables: Mapping[int, Bookable] | None = None) -> list[Line]:
    bookables = bookables or catalog(reservation.venue_id).bookables
    return [_read_line(item, bookables[item.resource_id], reservation) for item in reservation.items.all()]


def _read_line(item: ReservationItem, bookable: Bookable, reservation: Reservation) -> Line:
    bound = bind(reservation, bookable)
    return make_full_line(bound, item.group_id) if item.takes_all else Line(bound, item.units, item.group_id)


def bind(reservation: Reservation, bookable: Bookable) -> Bookable:
    """By the rules that hold for such a reservation: only bookings have those of the resource."""
    if reservation.purpose == Purpose.BOOKING:
        return bookable
    longest = LONGEST_MANAGED if reservation.purpose in MANAGED else LONGEST_BLOCK
    return without_rules(bookable, longest=longest)


def make_block_line(bookable: Bookable, item: ItemRequest) -> Line:
    free = without_rules(bookable)
    return make_full_line(free) if item.takes_all else Line(free, item.quantity)


def without_rules(bookable: Bookable, *, longest: int = LONGEST_BLOCK) -> Bookable:
    """Open at any hour, any length, free of charge, no buffers, no product: only bookings are in the way."""
    around_the_clock = tuple(WeeklyHours(weekday, 0, DAY) for weekday in range(7))
    return replace(
        bookable,
        is_active=True,
        extension="",
        units_by=UnitsBy.BOOKING,
        hourly_rate=Decimal(0),
        prices=(),
        tiers=(),
        slot_rules=SlotRules(slot_step=1, min_duration=1, max_duration=longest),
        customer_rules=replace(
            bookable.customer_rules, approval=Approval.INSTANT, max_party_size=MOST_PEOPLE
        ),
        capacity=MOST_PEOPLE,
        plan=OpeningPlan(zone=str(bookable.zone), resource_hours=around_the_clock, venue_hours=()),
    )


def move_allocations(reservation: Reservation, lines: Sequence[Line]) -> None:
    """Move what a locked reservation occupies to its present span; a hold's rows still expire.

    Updated in place, so that the guard compares old and new: shrinking always succeeds, growing is checked.
    """
    move_all_allocations([(reservation, lines)])


def move_all_allocations(moves: Iterable[tuple[Reservation, Sequence[Line]]]) -> None:
    """Of several, whose rows at the same resource that go to the same time are written at once."""
    changed: list[tuple[Allocation, Row]] = []
    wanted_by_venue: list[tuple[int, list[tuple[int, int, int, int]]]] = []
    for reservation, lines in moves:
        spans = block_leaves(lines, to_minute(reservation.starts_at), to_minute(reservation.ends_at))
        found = list(_list_changed(reservation, spans))
        leaves = {allocation.resource_id for allocation, _row in found}
        changed += found
        taken = [(leaf, *span) for leaf, span in spans.items() if leaf in leaves]
        wanted_by_venue.append((reservation.venue_id, taken))
    freed = [(row.venue_id, (row.resource_id, row.b0, row.b1, row.units)) for row, _new in changed]
    _write_allocations(changed)
    # Only now: where the guard refuses, nothing was freed or taken.
    for venue_id in {venue_id for venue_id, _row in freed}:
        note_freed(venue_id, [row for owner, row in freed if owner == venue_id])
    for _venue_id, taken in wanted_by_venue:
        note_taken(taken)


Row = tuple[int | None, int | None, int, int | None]
"""``b0``, ``b1``, units and ``expires_at`` of an allocation."""


def _list_changed(
    reservation: Reservation, spans: Mapping[int, tuple[int, int, int]]
) -> Iterator[tuple[Allocation, Row]]:
    """What is or was occupied, with what it becomes, where that is something else."""
    present = {allocation.resource_id: allocation for allocation in reservation.allocations.all()}
    for leaf in spans.keys() | present.keys():
        b0, b1, units = spans.get(leaf, (None, None, 1))
        allocation = present.get(leaf) or _new_allocation(reservation, leaf)
        row = (b0, b1, units, None if b0 is None else _expiry_seconds(reservation))
        if allocation._state.adding or row != _row_of(allocation):
            yield allocation, row


def _row_of(allocation: Allocation) -> Row:
    return allocation.b0, allocation.b1, allocation.units, allocation.expires_at


def _write_allocations(changed: Sequence[tuple[Allocation, Row]]) -> None:
    """In key order of their resources, like every other change, so that two cannot wait for each other."""
    together: dict[tuple[int, Row], list[Allocation]] = defaultdict(list)
    for allocation, row in changed:
        together[allocation.resource_id, row].append(allocation)
    for (_leaf, row), allocations in sorted(together.items(), key=lambda group: group[0][0]):
        for allocation in allocations:
            allocation.b0, allocation.b1, allocation.units, allocation.expires_at = row
        stored = [allocation.pk for allocation in allocations if not allocation._state.adding]
        if stored:
            b0, b1, units, expires_at = row
            Allocation.objects.filter(pk__in=stored).update(b0=b0, b1=b1, units=units, expires_at=expires_at)
        for allocation in allocations:
            if allocation._state.adding:
                allocation.save(force_insert=True)


def end_allocations(reservation: Reservation, lines: Sequence[Line]) -> None:
    """Leave what a locked reservation no longer needs until its present end; nothing grows."""
    end = to_minute(reservation.ends_at)
    needed = block_leaves(lines, to_minute(reservation.starts_at), end)
    for allocation in _select_taken(reservation.pk):
        leaf, b0, b1 = allocation.resource_id, allocation.b0 or 0, allocation.b1 or 0
        new_end = max(needed[leaf][1] if leaf in needed else end, b0 + 1)
        if new_end < b1:
            allocation.b1 = new_end
            update_row(allocation, "b1")
            note_freed(reservation.venue_id, [(leaf, new_end, b1, allocation.units)])


@written_once
def _select_taken(reservation_id: UUID) -> QuerySet[Allocation]:
    taken = Allocation.objects.filter(reservation=reservation_id, b0__isnull=False)
    return taken.order_by("resource_id")


def _new_allocation(reservation: Reservation, leaf: int) -> Allocation:
    return Allocation(venue_id=reservation.venue_id, reservation=reservation, resource_id=leaf)


def move_items(reservation: Reservation, lines: Sequence[Line]) -> None:
    """The row of each stays, where there are as many as before."""
    items = list(reservation.items.all())
    for item, line in zip(items, lines, strict=False):
        wanted = (line.bookable.id, line.units, line.group_id, line.takes_all)
        if (item.resource_id, item.units, item.group_id, item.takes_all) != wanted:
            item.resource_id, item.units, item.group_id, item.takes_all = wanted
            item.save(update_fields=["resource", "units", "group", "takes_all"])
    if len(items) != len(lines):
        added = [_make_item(reservation, line) for line in lines[len(items) :]]
        ReservationItem.objects.filter(pk__in=[item.pk for item in items[len(lines) :]]).delete()
        insert_rows(added)
        keep_items(reservation, [*items[: len(lines)], *added])


def free_allocations(reservations: Sequence[Reservation]) -> None:
    """Free what several locked reservations occupy, before they trade places.

    Their leaves are locked, too, and their allocations were read once the reservations were.
    """
    taken = [row for each in reservations for row in each.allocations.all() if row.b0 is not None]
    for venue_id in {row.venue_id for row in taken}:
        freed = [row for row in taken if row.venue_id == venue_id]
        note_freed(venue_id, [(row.resource_id, row.b0, row.b1, row.units) for row in freed])
    nothing: dict[str, Any] = {"b0": None, "b1": None, "expires_at": None}
    Allocation.objects.filter(pk__in=[row.pk for row in taken]).update(**nothing)
    for row in taken:
        row.b0 = row.b1 = row.expires_at = None
