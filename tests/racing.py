"""Races, and an independent count of what they left behind."""

import re
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection, connections, transaction

from reservations.enums import OCCUPYING, Purpose, Status
from tests.processes import PATIENCE, until

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


OCCUPANCY = "reservations_allocation|holdfast_busy_rows"
"""In SQL: the table, or the function that reads it for one resource."""


def overtaken(act: Callable[[], R], *, by: Callable[[], object], after: str) -> R:
    """Runs ``act`` beside a rival who has done ``by`` and commits while ``act`` waits for the rival's locks.

    ``act`` must have looked at what ``after`` matches before that, and cannot have seen what the rival did.
    """
    done, looked = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def overtake() -> None:
        try:
            with transaction.atomic():
                by()
                done.set()
                assert looked.wait(PATIENCE)
                _await_waiter()
        except BaseException as error:
            failures.append(error)
        finally:
            done.set()
            connections.close_all()

    def look(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        answer = execute(sql, *rest)
        if re.search(after, sql):
            looked.set()
        return answer

    rival = threading.Thread(target=overtake)
    rival.start()
    try:
        assert done.wait(PATIENCE)
        with connection.execute_wrapper(look):
            return act()
    finally:
        looked.set()
        rival.join()
        assert failures == []


def _await_waiter() -> None:
    """Until another connection waits for a lock of this one; SQLite's writers wait before they begin."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        mine = "NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"

        def has_waiter() -> bool:
            cursor.execute(f"SELECT EXISTS (SELECT FROM pg_locks WHERE {mine})")
            return bool(cursor.fetchone()[0])

        until(has_waiter)


def overbooked() -> list[str]:
    """Where more units are in use than may be sold: plain SQL and a sweep, nothing of guard or engine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, units, overbooking_percent FROM resources_resource")
        limits = {key: units * (100 + percent) // 100 for key, units, percent in cursor.fetchall()}
        # As the guard does: PostgreSQL's now() is when the test began, and some tests are long.
        is_postgresql = connection.vendor == "postgresql"
        clock = "extract(epoch FROM clock_timestamp())" if is_postgresql else "strftime('%s', 'now') + 0"
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
            "SELECT r.status, r.purpose, count(a.b0), count(a.id) FROM reservations_reservation r"
            " LEFT JOIN reservations_allocation a ON a.reservation_id = r.id"
            " GROUP BY r.id, r.status, r.purpose"
        )
        for status, purpose, occupied, rows in cursor.fetchall():
            # What was given back before it began occupies nothing, not even its minute.
            is_unused = (status, purpose) == (Status.COMPLETED, Purpose.LOAN) and occupied == 0
            assert is_unused or occupied == (rows if status in OCCUPYING else 0), status
            assert rows > 0
