"""Fills the tables with reservations as fast as the database takes them."""

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Field, GeneratedField, Model
from tqdm import tqdm

from bench.world import CLOSES, OPENS, World, first_day
from reservations import guard
from reservations.enums import Purpose, Source, Status
from reservations.models import Allocation, Reservation, ReservationItem

ZONE = ZoneInfo("Europe/Berlin")
BATCH = 20_000
PER_RESOURCE_AND_DAY = 1.4  # more rows mean a longer history, as in real life
_OPEN_MINUTES = (CLOSES - OPENS) * 60
_CODE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"

GeneratedBooking = tuple[int, int, int, int]
"""Index of the resource, start, end and end with buffer, in UTC minutes."""


def days_for(rows: int, resources: int) -> int:
    return max(round(rows / resources / PER_RESOURCE_AND_DAY), 1)


def insert_bookings(world: World, rows: int, bookings: Iterable[GeneratedBooking] | None = None) -> int:
    """Insert about ``rows`` reservations, or ``bookings``; returns how many there are."""
    # Row by row the guard would take most of the time; _set_guard_columns writes what it would have counted.
    guard.remove()
    try:
        with transaction.atomic():
            generated = bookings or _generate_bookings(world, days_for(rows, len(world.resource_ids)))
            inserted = _insert(world, rows, generated)
            _set_guard_columns()
    finally:
        guard.install()
    with connection.cursor() as cursor:  # what autovacuum does by itself in a database that lives on
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "PRAGMA optimize")
    return inserted


def _insert(world: World, rows: int, bookings: Iterable[GeneratedBooking]) -> int:
    reservation, item, allocation = _Table(Reservation), _Table(ReservationItem), _Table(Allocation)
    common, of_items = _common_columns(world), _default_columns(ReservationItem)
    stream = enumerate(tqdm(bookings, total=rows, unit="row", leave=False), start=1)
    inserted = 0
    while batch := list(islice(stream, BATCH)):
        inserted = batch[-1][0]
        reservation.insert(_reservation(common, number, booked) for number, booked in batch)
        item.insert(
            of_items
            | {
                "id": n,
                "venue_id": world.venue_id,
                "reservation_id": _key(n),
                "resource_id": world.resource_ids[booked[0]],
            }
            for n, booked in batch
        )
        allocation.insert(_allocation(world, number, booked) for number, booked in batch)
    item.follow(inserted)
    allocation.follow(inserted)
    return inserted


def _set_guard_columns() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE resources_resource SET
                 version = (SELECT count(*) FROM reservations_allocation a
                             WHERE a.resource_id = resources_resource.id),
                 longest_span = (SELECT coalesce(max(b1 - b0), 0) FROM reservations_allocation a
                                  WHERE a.resource_id = resources_resource.id AND a.reach IS NULL)"""
        )


def _generate_bookings(world: World, days: int) -> Iterator[GeneratedBooking]:
    # Day by day, so that the rows lie on disk in about the order in which they were booked.
    dice = random.Random(7)
    start = first_day(world.today, days)
    for number in range(days):
        day = start + timedelta(days=number)
        opens = opening_minute(day)
        for index in range(len(world.resource_ids)):
            yield from _generate_day(world, dice, index, opens, (day - world.today).days)


def _generate_day(
    world: World, dice: random.Random, index: int, opens: int, ahead: int
) -> Iterator[GeneratedBooking]:
    # None overlap, except in pools, which are never full.
    buffer = 15 if index % 2 else 0
    if world.is_pool(index):
        for _ in range(2):
            start = opens + 30 * dice.randrange(_OPEN_MINUTES // 30 - 2)
            yield index, start, start + 60, start + 60 + buffer
        return
    hot = world.is_hot(index) and ahead < 20 + index % 40
    gap = 0 if hot else 960
    start = opens + (0 if hot else 30 * dice.randrange(gap // 30))
    while True:
        end = start + dice.choice((60, 60, 90, 120) if hot else (30, 60, 60, 90, 120))
        if end > opens + _OPEN_MINUTES:
            return
        yield index, start, end, end + buffer
        start = end + -(-buffer // 30) * 30 + (30 * dice.randrange(gap // 30) if gap else 0)


def opening_minute(day: date) -> int:
    opens = datetime(day.year, day.month, day.day, OPENS, tzinfo=ZONE)
    return int(opens.timestamp()) // 60


def _key(number: int) -> str:
    # Growing keys: random ones take SQLite twice as long to insert, and no question looks at them.
    return f"{number:032x}"


def _default_columns(model: type[Model]) -> dict[str, Any]:
    return {
        str(field.column): field.get_db_prep_save(field.default, connection)
        for field in model._meta.concrete_fields
        if field.has_default() and not callable(field.default)
    }


def _common_columns(world: World) -> dict[str, Any]:
    return _default_columns(Reservation) | {
        "venue_id": world.venue_id,
        "customer_id": None,
        "expires_at": None,
        "party_size": 2,
        "requests": "",
        "total_amount": "25.0000",
        "currency": "EUR",
        "price_lines": "[]",
        "cancellation_terms": "[]",
        "answers": "[]",
        "cancel_reason": "",
        "texts_agreed_how": "",
        "source": Source.IMPORT.value,
        "purpose": Purpose.BOOKING.value,
        "title": "",
        "series_id": None,
        "updated_at": _stamp(0),
    }


def _reservation(common: dict[str, Any], number: int, booked: GeneratedBooking) -> dict[str, Any]:
    _, start, end, _ = booked
    return common | {
        "id": _key(number),
        "code": _code(number),
        "customer_name": f"Ada Lovelace{number:07}",
        "customer_email": f"guest{number % 50_000}@example.com",
        "customer_phone": f"+4930{number:07}",
        "created_at": _stamp(start - 14_400 - number % 1_440),
        "starts_at": _stamp(start),
        "ends_at": _stamp(end),
        "status": Status.CONFIRMED.value,
    }


def _allocation(world: World, number: int, booked: GeneratedBooking) -> dict[str, Any]:
    index, start, _, blocked_until = booked
    return {
        "id": number,
        "venue_id": world.venue_id,
        "reservation_id": _key(number),
        "resource_id": world.resource_ids[index],
        "units": 1,
        "b0": start,
        "b1": blocked_until,
        "expires_at": None,
    }


def _code(number: int) -> str:
    # One letter longer than the codes of the service, so that measured bookings never clash with one.
    digits = []
    for _ in range(9):
        number, digit = divmod(number, 32)
        digits.append(_CODE[digit])
    return "".join(digits)


def _stamp(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%d %H:%M:%S")


class _Table:
    """Inserts plain rows: COPY on PostgreSQL, prepared INSERTs on SQLite."""

    def __init__(self, model: type[Model]) -> None:
        fields: list[Field[Any, Any]] = [
            field for field in model._meta.concrete_fields if not isinstance(field, GeneratedField)
        ]
        self.name = model._meta.db_table
        self.columns = [str(field.column) for field in fields]

    def insert(self, rows: Iterable[dict[str, Any]]) -> None:
        values = ([row.get(column) for column in self.columns] for row in rows)
        columns = ", ".join(f'"{column}"' for column in self.columns)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.name} ({columns}) FROM STDIN") as copy:
                    for row in values:
                        copy.write_row(row)
                return
            marks = ", ".join(["%s"] * len(self.columns))
            cursor.executemany(f"INSERT INTO {self.name} ({columns}) VALUES ({marks})", list(values))

    def follow(self, last: int) -> None:
        # COPY moves no sequence: the next key has to be the one after the last.
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [self.name, last])
