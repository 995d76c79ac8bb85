"""Long lists of the API and of the admin, and searches in them, with few rows and with many."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from django.test.utils import override_settings

from accounts.models import User
from bench.calendar import PLAIN
from bench.waiting import measure
from common.cursors import cursor_at
from reservations.models import Reservation

FEWEST = 10_000
API, ADMIN = "/api/reservations", "/admin/reservations/reservation/"


@dataclass(frozen=True, slots=True)
class ListCost:
    """Of one request, on average: ``cpu`` seconds with those of the database's process."""

    name: str
    statements: float
    cpu: float
    seconds: float


def measure_lists(repeat: int) -> list[ListCost]:
    User.objects.filter(email="bench@example.com").delete()
    user = User.objects.create_superuser("bench@example.com", "bench-bench-bench")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": PLAIN}):
        return [_measure_list(client, name, path, repeat) for name, path in _list_paths()]


def _list_paths() -> Iterator[tuple[str, str]]:
    rows = Reservation.objects.order_by("starts_at", "id")
    [middle] = rows[FEWEST // 2 : FEWEST // 2 + 1] or rows[:1]
    month = {"starts_at__year": middle.starts_at.year, "starts_at__month": middle.starts_at.month}
    yield "the API's first page", API
    yield "page 100", f"{API}?page=100"
    yield "a page by cursor", f"{API}?{urlencode({'cursor': cursor_at(rows, middle, is_backward=False)})}"
    yield "the latest made", f"{API}?ordering=-created_at"
    yield "the admin's list", ADMIN
    yield (
        "a month of it",
        f"{ADMIN}?{urlencode(month)}",
    )
    yield "searched by name", f"{ADMIN}?{urlencode({'q': middle.customer_name})}"
    yield "by surname", f"{ADMIN}?{urlencode({'q': middle.customer_name.split()[-1]})}"
    yield "by address", f"{ADMIN}?{urlencode({'q': middle.customer_email})}"
    yield "by the beginning of a code", f"{ADMIN}?{urlencode({'q': middle.code[:7]})}"
    yield "the venues' customers", "/admin/reservations/venuecustomer/"


def _measure_list(client: Client, name: str, path: str, repeat: int) -> ListCost:
    client.get(path)
    costs = [measure(lambda: client.get(path)) for _ in range(repeat)]
    return ListCost(name, *(mean(getattr(cost, part) for cost in costs) for part in ListCost.__slots__[1:]))
