"""The calendar's pages over a full month: thousands of bookings of fifty resources."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from accounts.models import User
from bench.generate import GeneratedBooking, insert_bookings, opening_minute
from bench.statistics import percentile, timed
from bench.world import SLUG, World, build_world
from calendars.day_ranges import around
from resources.models import Resource, Venue

RESOURCES = 50
BOOKINGS = 5000
PLAIN = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
GAP = 180  # minutes between the starts of two bookings of a resource


@dataclass(frozen=True, slots=True)
class PageCost:
    """One address; seconds and bytes."""

    name: str
    queries: int
    p50: float
    p95: float
    bytes: int
    zipped: int


def build_calendar(today: date, bookings: int = BOOKINGS) -> tuple[World, int]:
    world = build_world(RESOURCES, today)
    Venue.objects.create(name="Bare", slug="bare", time_zone="Europe/Berlin", currency="EUR", country="DE")
    return world, insert_bookings(world, bookings, _generate_month(world, bookings))


def _generate_month(world: World, bookings: int) -> Iterator[GeneratedBooking]:
    days = around("month", world.today).all
    most_a_day = -(-bookings // (len(days) * RESOURCES))
    left = bookings
    for number, day in enumerate(days):
        opens = opening_minute(day)
        for index in range(RESOURCES):
            for turn in range(most_a_day - (number + index) % 3 // 2):
                if left:
                    left -= 1
                    start = opens + turn * GAP
                    yield index, start, start + 60, start + 75


def measure_pages(world: World, repeat: int) -> list[PageCost]:
    User.objects.filter(email="bench@example.com").delete()
    User.objects.create_superuser("bench@example.com", "bench-bench-bench")
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email="bench@example.com"))
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": PLAIN}):  # nothing was collected
        return [_measure_page(client, name, path, repeat) for name, path in _list_paths(world).items()]


def _list_paths(world: World) -> dict[str, str]:
    day = world.today + timedelta(days=1 if world.today.day < 28 else -1)
    resource_uuid = Resource.objects.filter(pk=world.resource_ids[0]).values_list("uuid", flat=True)[0]
    return {
        "bare": f"/calendar/day/{day}/?venue=bare",
        "month of 50 resources": f"/calendar/month/{day}/?venue={SLUG}",
        "month of one resource": f"/calendar/month/{day}/?venue={SLUG}&resource={resource_uuid}",
        "week of 50 resources": f"/calendar/week/{day}/?venue={SLUG}",
        "day of 50 resources": f"/calendar/day/{day}/?venue={SLUG}",
        "timeline of 50 resources": f"/calendar/timeline/{day}/?venue={SLUG}",
        "timeline's events": f"/calendar/events/{day}/?venue={SLUG}",
    }


def _measure_page(client: Client, name: str, path: str, repeat: int) -> PageCost:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        content = client.get(path).content
    queries = len(captured)
    waits = timed(lambda: client.get(path), repeat)
    zipped = len(gzip.compress(content))
    return PageCost(name, queries, percentile(waits, 50), percentile(waits, 95), len(content), zipped)
