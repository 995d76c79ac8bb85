from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from common.clock import epoch_minute, epoch_seconds, instant_text
from common.clock import now as clock_now
from common.errors import InvalidInput, NotFound
from common.transactions import retried_atomic
from reservations.availability import Moment, find_violations
from reservations.domain.history import write_all_events
from reservations.domain.lines import Line, make_probes
from reservations.domain.occupancy import lock_leaves, translate_refusals
from reservations.domain.pricing import calculate_price
from reservations.domain.values import Actor, Customer, ItemRequest, booker_for
from reservations.domain.writing import insert_reservations, leaf_ids, make_block_line, occupy_all
from reservations.enums import EventKind, Purpose, Status
from reservations.exceptions import ConfigurationMoved, SeriesRefused
from reservations.models import Reservation
from reservations.policies import Violation
from reservations.services.booking import Booking, check_shape, write_booking, write_by_current
from resources.bookables import Bookable, Catalog
from resources.catalog import catalog
from resources.stamps import remembered_stamp
from scheduling.zones import from_minute


def block_time(
    *,
    venue_id: int,
    items: Sequence[ItemRequest],
    start: datetime,
    end: datetime,
    title: str,
    purpose: Purpose,
    actor: Actor,
    customer: Customer | None = None,
    requests: str = "",
    begun: bool = False,
    found_free: bool = False,
    now: datetime | None = None,
) -> Reservation:
    """Take resources (some units, or all) whatever hours, steps and prices say.

    The caller refuses actors who are not the venue's staff, or in charge of ``purpose``, which may have a
    ``customer``: a loan has. ``begun``: checked in from the beginning. ``found_free``: the
    caller has locked all of it and looked.
    """
    booking = _make_booking(
        venue_id, Block(items, start, end, title, requests), purpose, actor, customer=customer, begun=begun
    )
    block = replace(booking, found_free=found_free)
    at = now or clock_now()
    return write_by_current(catalog(venue_id), lambda venue_catalog: _write_block(block, venue_catalog, at))


@dataclass(frozen=True, slots=True)
class Block:
    items: Sequence[ItemRequest]
    start: datetime
    end: datetime
    title: str
    requests: str = ""


def _make_booking(
    venue_id: int,
    block: Block,
    purpose: Purpose,
    actor: Actor,
    *,
    customer: Customer | None = None,
    begun: bool = False,
) -> Booking:
    title = block.title.strip()
    if not title:
        raise InvalidInput(fields={"title": [_("Enter a value.")]})
    booking = Booking(
        venue_id,
        tuple({item.resource_id: item for item in block.items}.values()),
        block.start,
        block.end,
        1,
        # Nobody's: whoever leaves the venue does not take it along.
        customer or Customer(name=title),
        actor,
        block.requests,
        purpose=purpose,
        title=title,
        begun=begun,
    )
    check_shape(booking)
    return booking


def _make_lines(booking: Booking, bookables: Mapping[int, Bookable]) -> list[Line]:
    wanted = {item.resource_id or 0: item for item in booking.items}
    if not wanted or wanted.keys() - bookables.keys():
        raise NotFound(_("This resource doesn't belong to this venue."))
    if any(item.quantity < 1 for item in booking.items):
        raise InvalidInput(fields={"quantity": [_("Enter 1 or more.")]})
    return [make_block_line(bookables[id], item) for id, item in wanted.items()]


def _write_block(booking: Booking, venue_catalog: Catalog, now: datetime) -> Reservation:
    lines = _make_lines(booking, venue_catalog.bookables)
    booker = booker_for(booking.actor, booking.venue_id)
    return write_booking(booking, lines, booker, "", now, stamp=venue_catalog.stamp)


def block_many(
    *, venue_id: int, blocks: Sequence[Block], purpose: Purpose, actor: Actor, now: datetime | None = None
) -> list[Reservation]:
    """``block_time`` for many times, all or none, in a few statements.

    Raises ``SeriesRefused``, whose ``extra["refused"]`` lists every obstacle with the block's ``index``.
    """
    bookings = [_make_booking(venue_id, block, purpose, actor) for block in blocks]
    at = now or clock_now()
    return write_by_current(
        catalog(venue_id),
        lambda venue_catalog: _write_blocks(bookings, venue_catalog, at) if bookings else [],
    )


@retried_atomic
def _write_blocks(bookings: Sequence[Booking], venue_catalog: Catalog, now: datetime) -> list[Reservation]:
    all_lines = [_make_lines(booking, venue_catalog.bookables) for booking in bookings]
    lock_leaves(leaf_ids([line for lines in all_lines for line in lines]))
    if remembered_stamp(venue_catalog.venue_id) != venue_catalog.stamp:
        raise ConfigurationMoved
    _refuse_taken(bookings, all_lines, now)
    price = calculate_price(all_lines[0], bookings[0].span.start, bookings[0].span.end, 1)
    reservations = insert_reservations(bookings, all_lines, Status.CONFIRMED, price=price, now=now)
    with translate_refusals(single_unit=True):
        occupy_all(list(zip(reservations, all_lines, strict=True)))
    events: list[tuple[Reservation, None]] = [(reservation, None) for reservation in reservations]
    write_all_events(events, kind=EventKind.BOOKED, actor=bookings[0].actor, now=now, old_status="")
    return reservations


def find_obstacles(
    *, venue_id: int, blocks: Sequence[Block], purpose: Purpose, actor: Actor, now: datetime | None = None
) -> list[Violation | None]:
    """What stands in the way of each, without a lock; one query."""
    bookings = [_make_booking(venue_id, block, purpose, actor) for block in blocks]
    bookables = catalog(venue_id).bookables
    all_lines = [_make_lines(booking, bookables) for booking in bookings]
    return _judge(bookings, all_lines, now or clock_now()) if bookings else []


def _judge(
    bookings: Sequence[Booking], all_lines: Sequence[Sequence[Line]], now: datetime
) -> list[Violation | None]:
    booker = booker_for(bookings[0].actor, bookings[0].venue_id)
    probes = [
        probe
        for booking, lines in zip(bookings, all_lines, strict=True)
        for probe in make_probes(lines, booking.span)
    ]
    found = iter(find_violations(probes, booker, Moment(epoch_minute(now), epoch_seconds(clock_now()))))
    answers = [[next(found) for _line in lines] for lines in all_lines]
    return [next(filter(None, of_block), None) for of_block in answers]


def _refuse_taken(bookings: Sequence[Booking], all_lines: Sequence[Sequence[Line]], now: datetime) -> None:
    refused = [
        {
            "index": index,
            "start": instant_text(from_minute(booking.span.start, str(lines[0].bookable.zone))),
            "reason": str(obstacle.reason),
            "message": str(obstacle.message),
        }
        for index, (booking, lines, obstacle) in enumerate(
            zip(bookings, all_lines, _judge(bookings, all_lines, now), strict=True)
        )
        if obstacle
    ]
    if refused:
        raise SeriesRefused(extra={"refused": refused})
