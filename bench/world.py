"""The invented venue that is measured: 1,000 resources, two opening hours patterns, a busy minority."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from resources.enums import ResourceKind
from resources.models import BookingRules, OpeningHours, Resource, Venue
from resources.stamps import touch_venues

SLUG = "bench"
OPENS, CLOSES = 8, 20
STEP = 30
HOT_EVERY = 20  # one resource in so many is booked back to back for weeks
POOL_EVERY = 10  # one resource in so many bears several bookings at once
POOL_UNITS = 12


@dataclass(frozen=True, slots=True)
class World:
    """``resource_ids`` in key order; ``today`` is the local day that counts as today."""

    venue_id: int
    resource_ids: tuple[int, ...]
    today: date

    @property
    def now(self) -> datetime:
        return datetime.combine(self.today, time(5), tzinfo=UTC)

    def is_hot(self, index: int) -> bool:
        return index % HOT_EVERY == 0

    def is_pool(self, index: int) -> bool:
        return index % POOL_EVERY == 1


def build_world(resources: int, today: date) -> World:
    venue = Venue.objects.create(
        name="Bench", slug=SLUG, time_zone="Europe/Berlin", currency="EUR", country="DE"
    )
    _create_hours(venue)
    rules = [_create_rules(venue, buffer_after) for buffer_after in (0, 15)]
    Resource.objects.bulk_create(
        [_make_resource(venue, rules[index % 2], index) for index in range(resources)], batch_size=500
    )
    touch_venues([venue.pk])
    return read_world(today)


def read_world(today: date) -> World:
    venue = Venue.objects.get(slug=SLUG)
    ids = Resource.objects.filter(venue=venue).order_by("pk").values_list("pk", flat=True)
    return World(venue.pk, tuple(ids), today)


def first_day(today: date, days: int) -> date:
    # Bookings reach two months ahead, the rest is history.
    return today + timedelta(days=62 - days)


def _create_hours(venue: Venue) -> None:
    OpeningHours.objects.bulk_create(
        [
            OpeningHours(venue=venue, weekday=weekday, start_time=time(OPENS), end_time=time(CLOSES))
            for weekday in range(7)
        ]
    )


def _create_rules(venue: Venue, buffer_after: int) -> BookingRules:
    return BookingRules.objects.create(
        venue=venue, name=f"Buffer {buffer_after}", slot_step=STEP, buffer_after=buffer_after
    )


def _make_resource(venue: Venue, rules: BookingRules, index: int) -> Resource:
    return Resource(
        venue=venue,
        kind=ResourceKind.ROOM,
        name=f"Room {index + 1}",
        slug=f"room-{index + 1}",
        capacity=8,
        units=POOL_UNITS if index % POOL_EVERY == 1 else 1,
        hourly_rate=Decimal(25),
        observes_holidays=False,
        rules=rules,
    )
