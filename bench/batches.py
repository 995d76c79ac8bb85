"""What cancelling a hundred bookings at once costs, beside cancelling them one by one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from statistics import median
from time import perf_counter
from uuid import UUID

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.long_spans import book_hour
from bench.world import World, build_world
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.services import cancel_many, cancel_reservation

RESOURCES = 30
STAFF = Actor(source=Source.STAFF)
Cancel = Callable[[Sequence[UUID]], object]


@dataclass(frozen=True, slots=True)
class BatchCost:
    """Seconds in the median, and statements, of all the bookings of a batch."""

    name: str
    seconds: float
    statements: int


def measure_batches(today: date, repeat: int, size: int) -> list[BatchCost]:
    """``size`` bookings each time, in turns; committed, as in production."""
    world = build_world(RESOURCES, today)
    numbers = count()
    ways: dict[str, Cancel] = {"one by one": _cancel_each, "at once": _cancel_together}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    statements = {
        name: _count_statements(cancel, _book(world, numbers, size)) for name, cancel in ways.items()
    }
    for _ in range(repeat):
        for name, cancel in ways.items():
            ids = _book(world, numbers, size)
            began = perf_counter()
            cancel(ids)
            seconds[name].append(perf_counter() - began)
    return [BatchCost(name, median(seconds[name]), statements[name]) for name in ways]


def _book(world: World, numbers: Iterator[int], size: int) -> list[UUID]:
    pool = next(resource for index, resource in enumerate(world.resource_ids) if world.is_pool(index))
    return [book_hour(world, pool, numbers).pk for _ in range(size)]


def _cancel_each(ids: Sequence[UUID]) -> None:
    for reservation_id in ids:
        cancel_reservation(reservation_id=reservation_id, actor=STAFF)


def _cancel_together(ids: Sequence[UUID]) -> None:
    cancel_many(ids=ids, actor=STAFF)


def _count_statements(cancel: Cancel, ids: Sequence[UUID]) -> int:
    with CaptureQueriesContext(connection) as statements:
        cancel(ids)
    return len(statements)
