"""Races, and an independent count of what they left behind."""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection, connections

from reservations.enums import OCCUPYING

R = TypeVar("R")


def race(workers: int, function: Callable[[int], R]) -> list[R | BaseException]:
    """Runs ``function(number)`` in so many threads that start together; results or exceptions, in order."""
    barrier = threading.Barrier(workers)
    results: list[Any] = [None] * workers

    def work(number: int) -> None:
        try:
            barrier.wait()
            results[number] = function(number)
        except BaseException as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def overbooked() -> list[str]:
    """Where more units are in use than may be sold: plain SQL and a sweep, nothing of guard or engine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, units, overbooking_percent FROM resources_resource")
        limits = {key: units * (100 + percent) // 100 for key, units, percent in cursor.fetchall()}
        clock = (
            "extract(epoch FROM now())" if connection.vendor == "postgresql" else "strftime('%s', 'now') + 0"
        )
        cursor.execute(
            "SELECT resource_id, b0, b1, units FROM reservations_allocation WHERE b0 IS NOT NULL"
            f" AND (expires_at IS NULL OR expires_at > {clock})"
        )
        edges: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for resource, b0, b1, units in cursor.fetchall():
            edges[resource] += [(b0, units), (b1, -units)]
    found = []
    for resource, changes in edges.items():
        load = 0
        for minute, change in sorted(changes):  # ends sort before starts at the same minute
            load += change
            if load > limits[resource]:
                found.append(f"resource {resource}: {load} of {limits[resource]} units at minute {minute}")
    return found


def assert_never_overbooked() -> None:
    """No resource above its limit, and exactly the occupying reservations occupy something."""
    assert overbooked() == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.status, count(a.b0), count(a.id) FROM reservations_reservation r"
            " LEFT JOIN reservations_allocation a ON a.reservation_id = r.id GROUP BY r.id, r.status"
        )
        for status, occupied, rows in cursor.fetchall():
            assert occupied == (rows if status in OCCUPYING else 0), status
            assert rows > 0
