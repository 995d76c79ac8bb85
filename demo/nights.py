"""Counts the rooms in use night by night in plain SQL, from the reservations alone."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Max, Min

from common.database import read_connection
from reservations.models import Reservation
from resources.models import Venue

NEXT_NIGHT = {"postgresql": "at + interval '1 day'", "sqlite": "datetime(at, '+1 day')"}
FIRST_NIGHT = {"postgresql": "%s::timestamptz", "sqlite": "datetime(%s)"}
MIDDLE_OF_THE_NIGHT = 2  # the hour, UTC, at which nobody arrives or leaves

# Shares nothing with the engine, the occupancy table or its guard, so it can prove them wrong.
_USE_SQL = """
WITH RECURSIVE night (at) AS (
    SELECT {first} UNION ALL SELECT {next} FROM night WHERE at < {first})
SELECT room.name, night.at, room.units * (100 + room.overbooking_percent) / 100, sum(item.units)
  FROM reservations_reservation stay
  JOIN night ON stay.starts_at < night.at AND stay.ends_at > night.at
  JOIN reservations_reservationitem item ON item.reservation_id = stay.id
  JOIN resources_resource room ON room.id = item.resource_id
 WHERE stay.venue_id = %s AND stay.status IN ('held', 'pending', 'confirmed', 'checked_in', 'completed')
 GROUP BY room.id, room.name, room.units, room.overbooking_percent, night.at
 ORDER BY room.name, night.at"""


@dataclass(slots=True)
class RoomNights:
    """One room type: the most rooms in use in any night, and how many nights exceed the limit."""

    name: str
    limit: int
    peak: int = 0
    overbooked: int = 0


def count_room_nights(venue: Venue) -> list[RoomNights]:
    rooms: dict[str, RoomNights] = {}
    for name, _, limit, used in _query_use(venue):
        room = rooms.setdefault(name, RoomNights(name, limit))
        room.peak = max(room.peak, used)
        room.overbooked += used > limit
    return list(rooms.values())


def _query_use(venue: Venue) -> list[tuple[str, object, int, int]]:
    span = Reservation.objects.filter(venue=venue).aggregate(first=Min("starts_at"), last=Max("ends_at"))
    if span["first"] is None:
        return []
    connection = read_connection(Reservation)
    vendor = connection.vendor
    sql = _USE_SQL.format(first=FIRST_NIGHT[vendor], next=NEXT_NIGHT[vendor])
    with connection.cursor() as cursor:
        cursor.execute(sql, [_night(span["first"]), _night(span["last"]), venue.pk])
        return list(cursor.fetchall())


def _night(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d} {MIDDLE_OF_THE_NIGHT:02}:00:00+00:00"
