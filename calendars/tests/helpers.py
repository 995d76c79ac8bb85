"""Reading feeds as a calendar program does."""

from datetime import timedelta
from typing import Any

import icalendar
from django.test import Client

from accounts.models import User
from calendars.links import busy_url, feed_url
from calendars.services import make_feed
from common.clock import now
from reservations.domain.values import Actor, Customer
from reservations.models import Reservation, ReservationItem
from resources.models import Resource


def address(url: str) -> str:
    """The path of an absolute URL."""
    return "/" + url.split("/", 3)[3]


def feed_path(user: User, kind: str, **thing: Any) -> str:
    return address(feed_url(make_feed(user=user, kind=kind, **thing)))


def busy_path(resource: Resource) -> str:
    return address(busy_url(resource))


def fetch(path: str, **headers: str) -> Any:
    return Client().get(path, headers=headers)


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def events(path: str) -> list[Any]:
    response = fetch(path)
    assert response.status_code == 200, response.status_code
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return list(icalendar.Calendar.from_ical(body(response)).walk("VEVENT"))


def as_customer(user: User) -> dict[str, Any]:
    return {"customer": Customer.from_user(user), "actor": Actor(user)}


def many_bookings(resource: Resource, customer: User | None, count: int) -> None:
    """Rows without occupancy: feeds read reservations, not what they occupy."""
    start = now().replace(minute=0, second=0, microsecond=0) - timedelta(days=60)
    rows = [
        Reservation(
            venue=resource.venue,
            customer=customer,
            customer_name="Ada Lovelace",
            starts_at=start + timedelta(hours=number % 9000),
            ends_at=start + timedelta(hours=number % 9000 + 1),
            status="confirmed",
            currency="EUR",
            created_at=start,
        )
        for number in range(count)
    ]
    Reservation.objects.bulk_create(rows, batch_size=1000)
    items = [ReservationItem(venue=resource.venue, reservation=row, resource=resource) for row in rows]
    ReservationItem.objects.bulk_create(items, batch_size=1000)
