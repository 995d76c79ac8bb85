"""Whole requests through Django: latency and queries of the API's lists and availability."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench.statistics import percentile, timed
from bench.world import World
from resources.models import Resource

MOST_RESOURCES = 50


@dataclass(frozen=True, slots=True)
class Latency:
    """One address; seconds. ``status`` other than 200: there is no such page in this version."""

    name: str
    status: int
    queries: int
    p50: float
    p95: float


def measure_requests(world: World, repeat: int) -> list[Latency]:
    User.objects.filter(email="bench@example.com").delete()
    user = User.objects.create_superuser("bench@example.com", "bench-bench-bench")
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(user)
    return [_latency(client, name, path, repeat) for name, path in _paths(world).items()]


def _paths(world: World) -> dict[str, str]:
    ids = [world.resource_ids[number] for number in range(min(MOST_RESOURCES, len(world.resource_ids)))]
    names = [str(name) for name in Resource.objects.filter(pk__in=ids).values_list("uuid", flat=True)]
    day = world.today + timedelta(days=3)
    many = ",".join(names)
    return {
        "time slots of a day": f"/api/timeslots?resource_id={names[0]}&date={day}",
        "availability of one resource": f"/api/availability?resource_id={names[0]}&date={day}",
        f"availability of {len(names)} resources": f"/api/availability?resource_id={many}&date={day}",
        "resources, 50 of a page": "/api/resources?page_size=50",
        "reservations, 50 of a page": "/api/reservations?page_size=50",
        "reservations of a day": f"/api/reservations?date={day}&page_size=50",
    }


def _latency(client: Client, name: str, path: str, repeat: int) -> Latency:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        status = client.get(path).status_code
    queries = len(captured)  # now: later requests begin a new log
    if status != 200:
        return Latency(name, status, 0, 0, 0)
    waits = timed(lambda: client.get(path), repeat)
    return Latency(name, status, queries, percentile(waits, 50), percentile(waits, 95))
