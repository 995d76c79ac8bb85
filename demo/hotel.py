"""The hotel in which real demand is replayed: one lodging resource per room type."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from resources.enums import ResourceKind
from resources.models import BookingRules, OpeningHours, Resource, Venue

ZONE = ZoneInfo("Europe/Lisbon")
ARRIVAL, DEPARTURE = time(15), time(11)
HOUR = 60
CLEANING = (ARRIVAL.hour - DEPARTURE.hour) * HOUR
LARGEST_PARTY = 100


@transaction.atomic
def build_hotel(slug: str, units: Mapping[str, int], rates: Mapping[str, float]) -> Venue:
    # Open around the clock, from one arrival time to the next.
    venue = Venue.objects.create(
        name="Resort", slug=slug, time_zone=ZONE.key, currency="EUR", country="PT", city="Faro"
    )
    for weekday in range(7):
        OpeningHours.objects.create(venue=venue, weekday=weekday, start_time=ARRIVAL, end_time=ARRIVAL)
    rules = _create_rules(venue)
    for position, (room_type, number) in enumerate(sorted(units.items())):
        Resource.objects.create(
            venue=venue,
            kind=ResourceKind.LODGING,
            name=f"Room type {room_type}",
            slug=f"type-{room_type.lower()}",
            capacity=LARGEST_PARTY,
            units=number,
            hourly_rate=Decimal(str(round(rates[room_type] / 24, 2))),
            observes_holidays=False,
            rules=rules,
            position=position,
        )
    return venue


def _create_rules(venue: Venue) -> BookingRules:
    # From 15:00 to 11:00, in whole hours. A night lasts 20 hours, 19 when the clocks go forward and 21 when
    # they go back, and n nights are as many days longer; with steps of an hour all of these are allowed. The
    # buffer cleans the room until the next arrival, so that a stay blocks exactly its nights.
    return BookingRules.objects.create(
        venue=venue,
        name="Nights",
        slot_step=HOUR,
        min_duration=19 * HOUR,
        default_duration=20 * HOUR,
        max_duration=400 * 24 * HOUR,
        buffer_after=CLEANING,
        max_advance_days=None,
    )


def stay_span(arrival_on: date, nights: int) -> tuple[datetime, datetime]:
    departure_on = arrival_on + timedelta(days=nights)
    return datetime.combine(arrival_on, ARRIVAL, ZONE), datetime.combine(departure_on, DEPARTURE, ZONE)
