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
NOTHING = "q=nothing-is-called-so"  # a search that finds no row


@dataclass(frozen=True, slots=True)
class Latency:
    """``status`` other than 200: there is no such page in this version.

    ``row`` is what one row of a full page costs, in calls that find none; 0 for what is no list.
    """

    name: str
    status: int
    queries: int
    p50: float
    p95: float
    row: float = 0


def measure_requests(world: World, repeat: int) -> list[Latency]:
    User.objects.filter(email="bench@example.com").delete()
    user = User.objects.create_superuser("bench@example.com", "bench-bench-bench")
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(user)
    return [_measure_request(client, name, path, repeat) for name, path in _list_paths(world).items()]


def _list_paths(world: World) -> dict[str, str]:
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
        # Of 112 rooms: all that such a world has are more than one search takes.
        "search, 100 of a page": f"/api/search?page_size=100&date={day}&q=Room+1",
        "reservations of a day": f"/api/reservations?date={day}&page_size=50",
    }


def _measure_request(client: Client, name: str, path: str, repeat: int) -> Latency:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        status = client.get(path).status_code
    queries = len(captured)  # now: later requests begin a new log
    if status != 200:
        return Latency(name, status, 0, 0, 0)
    waits = timed(lambda: client.get(path), repeat)
    p50 = percentile(waits, 50)
    row = _row_cost(client, path, p50, repeat) if "page_size" in path else 0
    return Latency(name, status, queries, p50, percentile(waits, 95), row)


def _row_cost(client: Client, path: str, full: float, repeat: int) -> float:
    """(time of a full page - time of none) / rows, as a share of the time of none."""
    none = percentile(timed(lambda: client.get(f"{path}&{NOTHING}"), repeat), 50)
    rows = len(client.get(path).json()["results"])
    return (full - none) / rows / none if rows else 0
