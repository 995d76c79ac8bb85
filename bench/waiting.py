"""What a long queue costs whoever cancels, the workers and a tick of the clock."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

from django.db import connection
from django.test import Client

from accounts.models import User
from bench.questions import ZONE
from bench.world import CLOSES, OPENS, World, build_world
from common.background import Queue
from common.clock import now
from common.periodic import jobs
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.enums import Source
from reservations.models import Reservation
from reservations.services import book_reservation
from resources.models import AvailabilityOverride, Resource
from scheduling.zones import day_span, from_minute
from waitlist.models import WaitlistEntry
from waitlist.services import offer_what_came_free

OFFERS = 500
READS = ("SELECT", "SAVEPOINT", "RELEASE", "WITH")


@dataclass(frozen=True, slots=True)
class WaitingCost:
    """Of one, on average: ``cpu`` seconds with those of the database's process where it runs on this machine;
    ``log``: bytes of PostgreSQL's write-ahead log.
    """

    name: str
    statements: float
    writes: float
    cpu: float
    seconds: float
    log: float


def measure_waiting(today: date, repeat: int, people: int) -> list[WaitingCost]:
    """``repeat``: at most the hours of a day."""
    world = build_world(3, today)
    room, _pool, arena = world.resource_ids
    waited_for, before = today + timedelta(days=20), today + timedelta(days=10)
    closure = _close(world, arena, waited_for)
    client = _sign_in()
    with _workers_elsewhere():
        bookings = [_book_day(world, room, on) for on in (before, waited_for)]
        alone = [_cancel(client, made) for made in bookings[0][: repeat + 1]][1:]
        _let_wait(world, people, room, waited_for)
        _offer(world)  # asks everybody, once
        turns = [(_cancel(client, made), _offer(world)) for made in bookings[1][:repeat]]
        ticks = [measure(_tick) for _ in range(repeat)]
        WaitlistEntry.objects.waiting().update(resource=arena, due_at=None)
        lifting, lifted = measure(closure.delete), _offer(world)
    return [
        _average("cancelling, nobody waits", alone),
        _average(f"cancelling, {people:,} wait", [cancelled for cancelled, _offered in turns]),
        _average("then, in a worker: one offer", [offered for _cancelled, offered in turns]),
        _average("a tick without news", ticks),
        _average(f"lifting a closure, {people:,} wait", [lifting]),
        _average("then, in a worker: the offers", [lifted]),
    ]


def _close(world: World, arena: int, on: date) -> AvailabilityOverride:
    resource = Resource.objects.get(pk=arena)
    resource.units = OFFERS
    resource.save()
    return AvailabilityOverride.objects.create(
        venue_id=world.venue_id,
        resource_id=arena,
        starts_on=on,
        ends_on=on,
        is_available=False,
        reason="Closed",
    )


def _sign_in() -> Client:
    user = User.objects.create_superuser("bench@example.com", "bench-bench-bench")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client


@contextmanager
def _workers_elsewhere() -> Iterator[None]:
    """What is queued stays in memory; what a worker would do with it is measured by itself."""
    with patch.object(Queue, "embedded", True), patch.object(Queue, "is_prompt", lambda: True):
        yield


def _book_day(world: World, resource: int, on: date) -> list[Reservation]:
    midnight = from_minute(day_span(on, ZONE)[0])
    starts = [midnight + timedelta(hours=hour) for hour in range(OPENS, CLOSES)]
    return [
        book_reservation(
            venue_id=world.venue_id,
            items=[ItemRequest(resource)],
            start=start,
            end=start + timedelta(hours=1),
            customer=Customer(name="Ada Lovelace", email="ada@example.com"),
            actor=Actor(source=Source.IMPORT),
        )
        for start in starts
    ]


def _let_wait(world: World, people: int, resource: int, on: date) -> None:
    """For any hour of the day, all of which are booked."""
    entries = [
        WaitlistEntry(
            venue_id=world.venue_id,
            resource_id=resource,
            preferred_on=on,
            customer_name=f"Person {number}",
            customer_email=f"person{number}@example.com",
            duration=60,
        )
        for number in range(people)
    ]
    WaitlistEntry.objects.bulk_create(entries, batch_size=1000)
    if connection.vendor == "postgresql":  # as its own housekeeping does before long
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def _cancel(client: Client, made: Reservation) -> "Measured":
    path = f"/api/reservations/{made.pk}/cancel"
    return measure(lambda: client.post(path, {}, content_type="application/json"))


def _offer(world: World) -> "Measured":
    return measure(lambda: offer_what_came_free(venue_id=world.venue_id))


def _tick() -> None:
    for job in jobs:
        if job.name.startswith("waitlist."):
            job.perform(now())


@dataclass(frozen=True, slots=True)
class Measured:
    statements: int
    writes: int
    cpu: float
    seconds: float
    log: int


def measure(act: Callable[[], object]) -> Measured:
    counter = _Counter()
    began, used, log = time.perf_counter(), _read_cpu(), _read_log()
    with connection.execute_wrapper(counter):
        act()
    seconds, cpu = time.perf_counter() - began, _read_cpu() - used
    return Measured(counter.statements, counter.writes, cpu, seconds, _read_log() - log)


def sum_up(parts: Iterable[Measured]) -> Measured:
    """Of what was done one after the other."""
    return Measured(*map(sum, zip(*map(astuple, parts), strict=True)))


class _Counter:
    """Cheaper than Django's record of statements, which would be measured with them."""

    def __init__(self) -> None:
        self.statements = self.writes = 0

    def __call__(self, execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        self.statements += 1
        self.writes += not sql.lstrip().startswith(READS)
        return execute(sql, *rest)


def _read_cpu() -> float:
    """Of this process and of the one that serves it in the database."""
    used = time.process_time()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
        used += int(backend.read_text().split()[0]) / 1e9 if backend.exists() else 0
    return used


def _read_log() -> int:
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


def _average(name: str, measured: list[Measured]) -> WaitingCost:
    names = [field.name for field in fields(Measured)]
    return WaitingCost(name, *(mean(getattr(each, name) for each in measured) for name in names))
