"""One of several processes that book at the same time.

A new process imports this module before Django is set up, so nothing at the top may need Django.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from multiprocessing.synchronize import Barrier

Place = tuple[int, datetime]
"""A resource and when an hour of it starts."""

_gates: list[Barrier] = []


def prepare(gate: Barrier, venue_id: int) -> None:
    """Gets this process ready, so that all begin to book at the same time."""
    import django

    django.setup()
    from resources.catalog import catalog

    catalog(venue_id)
    _gates.append(gate)


def book_all(venue_id: int, now: datetime, places: Sequence[Place]) -> tuple[list[float], float, float]:
    """Books an hour at every place; the seconds each took, when the first began and the last ended."""
    from reservations.domain.values import Actor, Customer, ItemRequest
    from reservations.enums import Source
    from reservations.services import book_reservation

    _gates[0].wait()
    waits: list[float] = []
    began = time.time()
    for resource, start in places:
        asked = time.perf_counter()
        book_reservation(
            venue_id=venue_id,
            items=[ItemRequest(resource)],
            start=start,
            end=start + timedelta(hours=1),
            customer=Customer(name="Ada Lovelace", email="ada@example.com"),
            actor=Actor(source=Source.IMPORT),
            now=now,
        )
        waits.append(time.perf_counter() - asked)
    return waits, began, time.time()
