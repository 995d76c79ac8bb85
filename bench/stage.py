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


def migrate() -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=0)
    connection.close()  # SQLite now has all of it in the one file, which will be copied
    return {}


def fill(*, rows: int, today: str, resources: int = RESOURCES) -> dict[str, Any]:
    from bench.generate import insert_bookings as insert
    from bench.world import build_world

    began = time.perf_counter()
    inserted = insert(build_world(resources, date.fromisoformat(today)), rows)
    return {"rows": inserted, "resources": resources, "seconds": time.perf_counter() - began}


def ask(*, today: str, repeat: int, sample: int) -> dict[str, Any]:
    """The five questions; with ``sample`` 0 without the per-slot way."""
    from bench.questions import make_questions
    from bench.statistics import timed
    from bench.world import read_world

    before = _peak_megabytes()
    questions = make_questions(read_world(date.fromisoformat(today)))
    ours: list[list[float]] = [[] for _ in questions]
    raw: list[list[float]] = [[] for _ in questions]
    for _ in range(ROUNDS):  # in turns: what disturbs one round disturbs all questions alike
        for number, question in enumerate(questions):
            times = repeat * (20 if number < 2 else 1)
            ours[number] += timed(question.ours, times)
            raw[number] += timed(question.raw, times)
    memory = {"started": before, "after": _peak_megabytes()}  # before the long lists of slots
    results = [
        {
            "name": question.name,
            "ours": median(ours[number]),
            "best": min(ours[number]),
            "raw": median(raw[number]),
        }
        | _measure_per_slot(question, sample)
        for number, question in enumerate(questions)
    ]
    return {"questions": results, "memory": memory}


def _measure_per_slot(question: Any, sample: int) -> dict[str, float]:
    from bench.per_slot import is_free_by_occupancy, is_free_by_reservations, seconds_for

    if not sample:
        return {}
    slots = question.slots()
    return {
        "slots": len(slots),
        "by_reservations": seconds_for(is_free_by_reservations, slots, sample),
        "by_occupancy": seconds_for(is_free_by_occupancy, slots, sample * 3),
    }


def book(*, today: str, count: int, repeat: int, processes: int, threads: int) -> dict[str, Any]:
    from bench.bookings import measure_bookings
    from bench.requests import measure_requests
    from bench.world import read_world

    world = read_world(date.fromisoformat(today))
    requests = [asdict(latency) for latency in measure_requests(world, repeat)]
    return {
        "requests": requests,
        "bookings": [asdict(latency) for latency in measure_bookings(world, count, processes, threads)],
    }


def calendar(*, today: str, repeat: int, bookings: int = 5000) -> dict[str, Any]:
    from bench.calendar import build_calendar, measure_pages

    world, rows = build_calendar(date.fromisoformat(today), bookings)
    return {
        "calendar": {"rows": rows, "pages": [asdict(page_cost) for page_cost in measure_pages(world, repeat)]}
    }


def configuration(*, today: str, resources: int, repeat: int) -> dict[str, Any]:
    from bench.catalog import measure_catalog

    return {"catalog": asdict(measure_catalog(resources, repeat, date.fromisoformat(today)))}


def long_spans(*, today: str, repeat: int) -> dict[str, Any]:
    from bench.long_spans import measure_long_spans

    costs = measure_long_spans(date.fromisoformat(today), repeat)
    return {"long_spans": [asdict(cost) for cost in costs]}


def batches(*, today: str, repeat: int, size: int) -> dict[str, Any]:
    from bench.batches import measure_batches

    return {"batches": [asdict(cost) for cost in measure_batches(date.fromisoformat(today), repeat, size)]}


def waiting(*, today: str, repeat: int, people: int) -> dict[str, Any]:
    from bench.waiting import measure_waiting

    costs = measure_waiting(date.fromisoformat(today), repeat, people)
    return {"waiting": [asdict(cost) for cost in costs]}


def lending(*, today: str, repeat: int, people: int, clients: int, past: int, things: int) -> dict[str, Any]:
    from bench.lending import measure_lending

    costs = measure_lending(date.fromisoformat(today), repeat, people, clients, past, things)
    return {"lending": [asdict(cost) for cost in costs]}


def classes(*, today: str, repeat: int, people: int, clients: int, sessions: int) -> dict[str, Any]:
    from bench.classes import measure_classes

    costs = measure_classes(date.fromisoformat(today), repeat, people, clients, sessions)
    return {"classes": [asdict(cost) for cost in costs]}


def lists(*, repeat: int) -> dict[str, Any]:
    from bench.lists import measure_lists

    return {"lists": [asdict(cost) for cost in measure_lists(repeat)]}


def version() -> dict[str, str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()"
        )
        return {"version": str(cursor.fetchone()[0]).split()[0]}


def _peak_megabytes() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1 << 20 if sys.platform == "darwin" else 1 << 10)


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    "batches": batches,
    "fill": fill,
    "ask": ask,
    "book": book,
    "calendar": calendar,
    "configuration": configuration,
    "classes": classes,
    "lending": lending,
    "lists": lists,
    "long_spans": long_spans,
    "migrate": migrate,
    "version": version,
    "waiting": waiting,
}


def main() -> None:
    options = json.loads(sys.argv[1])
    django.setup()
    freeze_loaded_objects()  # as the server does
    print(json.dumps(STEPS[options.pop("step")](**options)))


if __name__ == "__main__":
    main()
