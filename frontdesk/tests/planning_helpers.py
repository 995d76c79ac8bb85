"""What staff's forms are filled in with."""

from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from reservations.models import Reservation
from resources.models import Resource
from tests.factories import at

NEW = "/calendar/new/"


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def wall(room: Resource, start: datetime) -> str:
    return start.astimezone(room.venue.zone).strftime("%Y-%m-%dT%H:%M")


def asked(room: Resource, start: datetime | None = None, minutes: int = 60, **changes: Any) -> dict[str, Any]:
    start = start or at(7)
    return {
        "resource": str(room.uuid),
        "start": wall(room, start),
        "end": wall(room, start + timedelta(minutes=minutes)),
        "purpose": "booking",
        "name": "Grace Hopper",
        "email": "grace@example.com",
        "party_size": 2,
        "requests": "By the window",
    } | changes


def edit(reservation: Reservation) -> str:
    return reverse("calendar-edit", args=[reservation.pk])


def changed(reservation: Reservation, start: datetime, minutes: int = 60, **changes: Any) -> dict[str, Any]:
    room = reservation.items.all()[0].resource
    return {
        "action": "save",
        "start": wall(room, start),
        "end": wall(room, start + timedelta(minutes=minutes)),
        "party_size": reservation.party_size,
        "requests": reservation.requests,
        "version": reservation.version,
        f"resource-{room.uuid}": str(room.uuid),
    } | changes


def dragged(reservation: Reservation, start: datetime, minutes: int = 60, **changes: Any) -> dict[str, Any]:
    room = reservation.items.all()[0].resource
    end = start + timedelta(minutes=minutes)
    times = {"start": wall(room, start), "end": wall(room, end)}
    return times | {"version": reservation.version} | changes
