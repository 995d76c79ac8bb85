"""What a year-long row, and one that is no more, cost the other bookings of its resource."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import count
from statistics import median
from time import perf_counter

from bench.bookings import slot_start
from bench.generate import insert_bookings
from bench.questions import WISH, ZONE
from bench.world import World, build_world
from common.clock import epoch_minute, epoch_seconds
from reservations.availability import Moment, free_ranges
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Source
from reservations.models import Allocation, Reservation
from reservations.services import book_reservation
from resources.catalog import catalog
from scheduling.zones import day_span

RESOURCES = 30
DAYS = 400
"""Of history: the range of a year is full."""
CASES = ("without", "with a year-long row", "after it was deleted")


@dataclass(frozen=True, slots=True)
class LongSpanCost:
    """Seconds of one look at a day and of one booking, in medians."""

    name: str
    day: float
    booking: float


def measure_long_spans(today: date, repeat: int) -> list[LongSpanCost]:
    """Three pools with equally many bookings a day, in turns."""
    world = build_world(RESOURCES, today)
    insert_bookings(world, RESOURCES * DAYS * 14 // 10)
    pools = [resource for index, resource in enumerate(world.resource_ids) if world.is_pool(index)]
    plain, occupied, past = pools[: len(CASES)]
    numbers = count()
    _block_year(world, occupied, numbers)
    _block_year(world, past, numbers).delete()
    cases = (plain, occupied, past)
    days = _time_in_turns([partial(_ask_day, world, pool) for pool in cases], repeat * 20)
    bookings = _time_in_turns([partial(book_hour, world, pool, numbers) for pool in cases], repeat)
    return [LongSpanCost(*costs) for costs in zip(CASES, days, bookings, strict=True)]


def _time_in_turns(functions: Sequence[Callable[[], object]], repeat: int) -> list[float]:
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(repeat + 1):  # the first warms the caches
        for number, function in enumerate(functions):
            began = perf_counter()
            function()
            seconds[number].append(perf_counter() - began)
    return [median(of_one[1:]) for of_one in seconds]


def _block_year(world: World, resource: int, numbers: Iterator[int]) -> Allocation:
    start = epoch_minute(world.now) - 30 * 1440
    made = book_hour(world, resource, numbers)
    Allocation.objects.filter(reservation=made).update(b0=start, b1=start + 365 * 1440)
    return Allocation.objects.get(reservation=made)


def _ask_day(world: World, resource: int) -> object:
    start, end = day_span(world.today + timedelta(days=3), ZONE)
    moment = Moment(epoch_minute(world.now), epoch_seconds(world.now))
    bookable = catalog(world.venue_id).bookables[resource]
    return free_ranges(bookable, WISH, start=start, end=end, moment=moment)


def book_hour(world: World, resource: int, numbers: Iterator[int]) -> Reservation:
    start = slot_start(world.now, next(numbers))
    return book_reservation(
        venue_id=world.venue_id,
        items=[ItemRequest(resource)],
        start=start,
        end=start + timedelta(hours=1),
        customer=Customer(name="Ada Lovelace", email="ada@example.com"),
        actor=Actor(source=Source.IMPORT),
        now=world.now,
    )
