"""One of several processes or threads that book at the same time."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

BookingSlot = tuple[int, datetime]
"""A resource and when an hour of it starts."""

BookingTimes = tuple[list[float], float, float]
"""The seconds each booking took, when the first began and the last ended."""


class Gate(Protocol):
    def wait(self) -> int: ...


# A new process imports this module before Django is set up, so nothing at the top may need Django.
_gates: list[Gate] = []


def wait_at(gate: Gate) -> None:
    _gates[:] = [gate]


def prepare_process(gate: Gate, venue_id: int) -> None:
    import django

    django.setup()
    from resources.catalog import catalog

    # The catalog is warm before the gate opens, so that only booking is measured.
    catalog(venue_id)
    wait_at(gate)


def book_slots(venue_id: int, now: datetime, places: Sequence[BookingSlot]) -> BookingTimes:
    from django.db import connections

    from reservations.domain.values import Actor, Customer, ItemRequest
    from reservations.enums import Source
    from reservations.services import book_reservation

    _gates[0].wait()
    waits: list[float] = []
    began = time.time()
    for resource, start in places:
        began_booking = time.perf_counter()
        book_reservation(
            venue_id=venue_id,
            items=[ItemRequest(resource)],
            start=start,
            end=start + timedelta(hours=1),
            customer=Customer(name="Ada Lovelace", email="ada@example.com"),
            actor=Actor(source=Source.IMPORT),
            now=now,
        )
        waits.append(time.perf_counter() - began_booking)
    connections.close_all()
    return waits, began, time.time()
