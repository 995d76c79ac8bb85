"""Bookings per second through the ordinary service, by several processes or threads at once."""

import multiprocessing
import random
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.client import BookingSlot, BookingTimes, book_slots, prepare_process, wait_at
from bench.statistics import percentile
from bench.world import OPENS, World

DAYS_AHEAD = 70  # beyond everything that was generated, so that every booking finds room
PER_DAY = 5
SPREAD_DAYS = 4


QUEUE_DAYS = 2000  # days after those of the other measurements, where those who queue book


@dataclass(frozen=True, slots=True)
class Pace:
    """What one way of booking reached; waits in seconds."""

    name: str
    workers: str
    per_second: float
    p50: float
    p95: float
    longest: float


def measure_bookings(world: World, count: int, processes: int, threads: int) -> list[Pace]:
    """One hot resource that everybody books, then bookings spread over all; ``count`` of each."""
    hot = world.resource_ids[4]
    rest = [
        (resource, slot_start(world.now, number))
        for resource in world.resource_ids
        for number in range(SPREAD_DAYS * PER_DAY)
        if resource != hot
    ]
    spread = random.Random(3).sample(rest, min(count, len(rest)))
    queued = [(hot, slot_start(world.now, QUEUE_DAYS + n)) for n in range(count)]
    return [
        _measure_processes(
            "one hot resource", world, [(hot, slot_start(world.now, n)) for n in range(count)], processes
        ),
        _measure_processes("spread over all resources", world, spread, processes),
        _measure_threads("one hot resource", world, queued, threads),
    ]


def _measure_processes(name: str, world: World, places: Sequence[BookingSlot], processes: int) -> Pace:
    # Separate processes, as web workers are.
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(processes)
    with ProcessPoolExecutor(processes, context, prepare_process, (gate, world.venue_id)) as pool:
        return _make_pace(name, f"{processes} processes", _book_all(pool, world, places, processes))


def _measure_threads(name: str, world: World, places: Sequence[BookingSlot], threads: int) -> Pace:
    # Who waits longest shows how fairly threads queue.
    wait_at(threading.Barrier(threads))
    with ThreadPoolExecutor(threads) as pool:
        return _make_pace(name, f"{threads} threads", _book_all(pool, world, places, threads))


def _book_all(
    pool: Executor, world: World, places: Sequence[BookingSlot], workers: int
) -> list[BookingTimes]:
    shares = [places[first::workers] for first in range(workers)]
    jobs = [pool.submit(book_slots, world.venue_id, world.now, share) for share in shares]
    return [job.result() for job in jobs]


def _make_pace(name: str, workers: str, results: Sequence[BookingTimes]) -> Pace:
    waits = sorted(wait for seconds_waited, _, _ in results for wait in seconds_waited)
    seconds = max(ended for _, _, ended in results) - min(began for _, began, _ in results)
    p50, p95 = percentile(waits, 50), percentile(waits, 95)
    return Pace(name, workers, len(waits) / seconds, p50, p95, waits[-1])


def slot_start(now: datetime, number: int) -> datetime:
    """Every second hour of daytime from ``DAYS_AHEAD`` on: buffers never meet, in summer or winter."""
    day, hour = divmod(number, PER_DAY)
    return (now + timedelta(days=DAYS_AHEAD + day)).replace(hour=OPENS + 2 * hour, minute=0)
