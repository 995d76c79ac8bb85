"""One step of a run in a process of its own, on the database that ``DATABASE_URL`` names.

``python -m bench.stage '{"step": "fill", …}'`` prints its result as one line of JSON.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from statistics import median
from typing import Any

import django

from common.memory import freeze_loaded_objects

RESOURCES = 1000
ROUNDS = 3


def fill(*, rows: int, today: str, resources: int = RESOURCES) -> dict[str, Any]:
    """Makes the schema, the venue and the reservations."""
    from django.core.management import call_command

    from bench.generate import fill as insert
    from bench.world import build_world

    call_command("migrate", interactive=False, verbosity=0)
    began = time.perf_counter()
    inserted = insert(build_world(resources, date.fromisoformat(today)), rows)
    return {"rows": inserted, "resources": resources, "seconds": time.perf_counter() - began}


def ask(*, today: str, repeat: int, sample: int) -> dict[str, Any]:
    """The five questions; with ``sample`` 0 without the per-slot way."""
    from bench.questions import questions
    from bench.statistics import timed
    from bench.world import known_world

    before = _megabytes()
    asked = questions(known_world(date.fromisoformat(today)))
    ours: list[list[float]] = [[] for _ in asked]
    raw: list[list[float]] = [[] for _ in asked]
    for _ in range(ROUNDS):  # in turns: what disturbs one round disturbs all questions alike
        for number, question in enumerate(asked):
            times = repeat * (20 if number < 2 else 1)
            ours[number] += timed(question.ours, times)
            raw[number] += timed(question.raw, times)
    memory = {"started": before, "after": _megabytes()}  # before the long lists of slots
    found = [
        {
            "name": question.name,
            "ours": median(ours[number]),
            "best": min(ours[number]),
            "raw": median(raw[number]),
        }
        | _per_slot(question, sample)
        for number, question in enumerate(asked)
    ]
    return {"questions": found, "memory": memory}


def _per_slot(question: Any, sample: int) -> dict[str, float]:
    from bench.per_slot import by_occupancy, by_reservations, seconds_for

    if not sample:
        return {}
    slots = question.slots()
    return {
        "slots": len(slots),
        "by_reservations": seconds_for(by_reservations, slots, sample),
        "by_occupancy": seconds_for(by_occupancy, slots, sample * 3),
    }


def book(*, today: str, count: int, repeat: int, processes: int, threads: int) -> dict[str, Any]:
    """Bookings per second, and requests while nobody books."""
    from bench.bookings import measure_bookings
    from bench.requests import measure_requests
    from bench.world import known_world

    world = known_world(date.fromisoformat(today))
    requests = [asdict(each) for each in measure_requests(world, repeat)]
    return {
        "requests": requests,
        "bookings": [asdict(each) for each in measure_bookings(world, count, processes, threads)],
    }


def calendar(*, today: str, repeat: int) -> dict[str, Any]:
    """A month of fifty resources with five thousand bookings, as pages."""
    from django.core.management import call_command

    from bench.calendar import build, measure_pages

    call_command("migrate", interactive=False, verbosity=0)
    world, rows = build(date.fromisoformat(today))
    return {"calendar": {"rows": rows, "pages": [asdict(each) for each in measure_pages(world, repeat)]}}


def configuration(*, today: str, resources: int, repeat: int) -> dict[str, Any]:
    """A venue's configuration, cold and after a change of one resource."""
    from django.core.management import call_command

    from bench.catalog import measure_catalog

    call_command("migrate", interactive=False, verbosity=0)
    return {"catalog": asdict(measure_catalog(resources, repeat, date.fromisoformat(today)))}


def version() -> dict[str, str]:
    """What the database calls itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()"
        )
        return {"version": str(cursor.fetchone()[0]).split()[0]}


def _megabytes() -> float:
    """The most memory this process has had."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1 << 10)


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "fill": fill,
    "ask": ask,
    "book": book,
    "calendar": calendar,
    "configuration": configuration,
    "version": version,
}


def main() -> None:
    options = json.loads(sys.argv[1])
    django.setup()
    freeze_loaded_objects()  # as the server does
    print(json.dumps(STEPS[options.pop("step")](**options)))


if __name__ == "__main__":
    main()
