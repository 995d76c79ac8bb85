"""What tests of the booking pages do and read."""

import re
from datetime import datetime
from typing import Any

from django.test import Client
from django.urls import reverse

from reservations.links import token_for
from reservations.models import Allocation, Reservation
from resources.models import Resource
from scheduling.zones import from_minute
from tests.factories import at

GUEST = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "", "requests": ""}


def on(days: int) -> str:
    return at(days).date().isoformat()


def post_hold(client: Client, resource: Resource, at_: datetime, **changes: Any) -> Any:
    form = {"start": at_.isoformat(), "duration": 60, "party_size": 2, "quantity": 1, "idempotency_key": ""}
    return client.post(reverse("hold", args=[resource.uuid]), form | changes)


def page(name: str, reservation: Reservation) -> str:
    return reverse(name, args=[reservation.pk, token_for(reservation)])


def code_of(response: Any) -> str:
    found = re.search(r'data-code="([a-z_]+)"', response.content.decode())
    return found[1] if found else ""


def starts_of(response: Any) -> list[datetime]:
    """The free times of the first result."""
    return [from_minute(start) for start in response.context["results"].page[0].starts]


def expire(reservation: Reservation) -> None:
    """Moves the hold's end, not the clock: the database judges it."""
    past = at(days=-1)
    Reservation.objects.filter(pk=reservation.pk).update(expires_at=past)
    Allocation.objects.filter(reservation=reservation).update(expires_at=int(past.timestamp()))
