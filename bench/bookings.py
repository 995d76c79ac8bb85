"""Bookings per second through the ordinary service, by several processes at once."""

import multiprocessing
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.client import Place, book_all, prepare
from bench.statistics import percentile
from bench.world import OPENS, World

DAYS_AHEAD = 70
"""Beyond everything that was generated, so that every booking finds its place."""
PER_DAY = 5
SPREAD_DAYS = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """What one way of booking reached; waits in seconds."""

    name: str
    processes: int
    per_second: float
    p50: float
    p95: float


def measure_bookings(world: World, count: int, processes: int) -> list[Pace]:
    """One hot resource that everybody books, then bookings spread over all; ``count`` of each."""
    hot = world.resource_ids[4]
    rest = [
        (resource, slot_start(world.now, number))
        for resource in world.resource_ids
        for number in range(SPREAD_DAYS * PER_DAY)
        if resource != hot
    ]
    spread = random.Random(3).sample(rest, min(count, len(rest)))
    return [
        _pace("one hot resource", world, [(hot, slot_start(world.now, n)) for n in range(count)], processes),
        _pace("spread over all resources", world, spread, processes),
    ]


def _pace(name: str, world: World, places: Sequence[Place], processes: int) -> Pace:
    """Each process books its share; clients are separate processes, as web workers are."""
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(processes)
    shares = [places[first::processes] for first in range(processes)]
    with ProcessPoolExecutor(processes, context, prepare, (gate, world.venue_id)) as pool:
        jobs = [pool.submit(book_all, world.venue_id, world.now, share) for share in shares]
        results = [job.result() for job in jobs]
    waits = sorted(wait for found, _, _ in results for wait in found)
    seconds = max(ended for _, _, ended in results) - min(began for _, began, _ in results)
    return Pace(name, processes, len(waits) / seconds, percentile(waits, 50), percentile(waits, 95))


def slot_start(now: datetime, number: int) -> datetime:
    """Every second hour of daytime from ``DAYS_AHEAD`` on: buffers never meet, in summer or winter."""
    day, hour = divmod(number, PER_DAY)
    return (now + timedelta(days=DAYS_AHEAD + day)).replace(hour=OPENS + 2 * hour, minute=0)
