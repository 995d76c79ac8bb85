"""Document 004 over HTTP, as a program would use it that knows nothing else: its examples, literally."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client, override_settings

from accounts.models import User
from classes.models import SeatBooking, Session
from classes.tests.helpers import House, make_house
from common.clock import now
from reservations.domain.values import Actor
from reservations.services import record_payment

pytestmark = [pytest.mark.django_db, pytest.mark.once]
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")


class Program:
    """With the token that it was given, and every address with and without a slash."""

    def __init__(self) -> None:
        self.client, self.token, self.slash = Client(enforce_csrf_checks=True), "", False

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.slash = not self.slash
        address = path + "/" * (self.slash and "?" not in path)
        text = "" if body is None else json.dumps(body)
        kind = "application/json" if body is not None else ""
        answer = self.client.generic(method, address, text, content_type=kind, headers=headers)
        self.text = answer.content.decode()
        return answer.status_code, answer.json()

    def enter(self, path: str, body: Any) -> dict[str, Any]:
        status, found = self.call("POST", path, body)
        assert status in (200, 201), found
        self.token = found["access_token"]
        user: dict[str, Any] = found["user"]
        return user


def local(house: House, days: int, hour: int) -> str:
    """As in the document, without an offset: the venue's wall clock."""
    day = now().astimezone(house.venue.zone) + timedelta(days=days)
    return f"{day:%Y-%m-%d}T{hour:02}:00:00"


@override_settings(CLASSES_OPEN_SIGNUP=True)
def test_the_examples_of_the_document() -> None:
    house = make_house(name="Stillwater")
    john, jane = Program(), Program()
    body = {
        "email": "facilitator@example.com",
        "password": "password123 of John",
        "name": "John Doe",
        "role": "facilitator",
        "bio": "Optional bio for facilitators",
        "specialization": "Mindfulness & Wellness",
    }
    found = john.enter("/api/auth/register", body)
    assert {name: found[name] for name in ("email", "name", "role")} == {
        "email": "facilitator@example.com",
        "name": "John Doe",
        "role": "facilitator",
    }
    assert john.call("POST", "/api/auth/register", body)[0] == 400
    plain = {"email": "jane@example.com", "password": "password123 of Jane", "name": "Jane Smith"}
    assert jane.enter("/api/auth/register", plain | {"role": "user"})["role"] == "user"
    signed = {"email": "jane@example.com", "password": "password123 of Jane"}
    assert jane.enter("/api/auth/login", signed)["name"] == "Jane Smith"
    assert jane.call("POST", "/api/auth/login", signed | {"password": "wrong"})[0] == 401
    assert Program().call("GET", "/api/sessions")[0] == 401

    morning = {
        "title": "Morning Meditation",
        "description": "Start your day with peaceful meditation",
        "session_type": "session",
        "start_time": local(house, 3, 9),
        "end_time": local(house, 3, 10),
        "capacity": 10,
        "price": 25.0,
    }
    status, made = john.call("POST", "/api/sessions", morning)
    number = made["session_id"]
    assert (status, made["message"]) == (201, "Session created successfully")
    assert type(number) is int
    assert jane.call("POST", "/api/sessions", morning)[0] == 403
    retreat = morning | {
        "session_type": "retreat",
        "start_time": local(house, 5, 9),
        "end_time": local(house, 7, 9),
    }
    assert john.call("POST", "/api/sessions", retreat)[0] == 201
    alone = {name: morning[name] for name in ("title",)} | {
        "start_time": local(house, 4, 9),
        "end_time": local(house, 4, 10),
    }
    status, other = john.call("POST", "/api/sessions", alone)
    assert Session.objects.get(pk=other["session_id"]).capacity == 1

    status, shown = jane.call("GET", "/api/sessions")
    assert (status, len(shown)) == (200, 3)
    (row,) = [each for each in shown if each["id"] == number]
    expected = morning | {"id": number, "facilitator": "John Doe", "available_spots": 10}
    for name in ("start_time", "end_time"):
        assert INSTANT.fullmatch(row[name])
        assert row[name].startswith(expected.pop(name))
    assert expected.items() <= row.items()
    assert '"price":25.00,' in jane.text  # a number, and exact

    status, booked = jane.call("POST", "/api/bookings", {"session_id": number, "notes": "Looking forward"})
    assert (status, booked["message"]) == (201, "Booking created successfully")
    assert type(booked["booking_id"]) is int
    again = jane.call("POST", "/api/bookings", {"session_id": number, "notes": ""})
    assert (again[0], again[1]["code"]) == (400, "already_booked")
    assert jane.call("POST", "/api/bookings", {"session_id": 10**6})[0] == 404
    (row,) = [each for each in jane.call("GET", "/api/sessions")[1] if each["id"] == number]
    assert (row["available_spots"], row["booked_by_me"]) == (9, True)

    status, (own,) = jane.call("GET", "/api/bookings/my")
    session = own["session"]
    assert (status, own["id"], own["booking_status"]) == (200, booked["booking_id"], "confirmed")
    assert (session["id"], session["title"], session["facilitator"]) == (number, morning["title"], "John Doe")
    assert own["notes"] == "Looking forward"
    assert INSTANT.fullmatch(own["booking_date"])
    assert session["start_time"].startswith(str(morning["start_time"]))

    seat = SeatBooking.objects.select_related("reservation").get()
    record_payment(reservation_id=seat.reservation_id, amount=Decimal(25), actor=Actor(house.mia.user))
    status, (row,) = john.call("GET", "/api/facilitator/bookings")
    jane_id = str(User.objects.get(email="jane@example.com").pk)
    person = {"id": jane_id, "name": "Jane Smith", "email": "jane@example.com"}
    assert (status, row["id"], row["booking_status"]) == (200, booked["booking_id"], "confirmed")
    assert person.items() <= row["user"].items()
    assert (row["session"]["id"], row["session"]["title"]) == (number, morning["title"])
    assert jane.call("GET", "/api/facilitator/bookings")[0] == 403

    status, board = john.call("GET", "/api/facilitator/dashboard")
    figures = {"total_sessions": 3, "active_sessions": 3, "total_bookings": 1, "upcoming_sessions": 3}
    assert status == 200
    assert (figures | {"total_revenue": 25.0, "currency": "EUR"}).items() <= board["metrics"].items()
    (recent,) = board["recent_bookings"]
    assert (recent["id"], recent["status"]) == (booked["booking_id"], "confirmed")
    assert recent["user"]["name"] == "Jane Smith"
    assert recent["session"]["start_time"].startswith(str(morning["start_time"]))

    status, led = john.call("GET", "/api/facilitator/sessions")
    (row,) = [each for each in led if each["id"] == number]
    assert (row["status"], row["bookings_count"], row["available_spots"]) == ("active", 1, 9)
    assert INSTANT.fullmatch(row["created_at"])
    status, (row,) = john.call("GET", f"/api/facilitator/sessions/{number}/bookings")
    assert (status, row["id"], row["user"]["email"]) == (200, booked["booking_id"], "jane@example.com")

    changes = {
        "title": "Updated Session Title",
        "description": "Updated description",
        "capacity": 20,
        "start_time": local(house, 3, 19),
        "end_time": local(house, 3, 20),
    }
    status, done = john.call("PUT", f"/api/sessions/{number}", changes)
    assert (status, done["message"]) == (200, "Session updated successfully")
    assert jane.call("PUT", f"/api/sessions/{number}", changes)[0] == 403
    assert john.call("PUT", "/api/sessions/987654", changes)[0] == 404
    (own,) = jane.call("GET", "/api/bookings/my")[1]
    assert own["session"]["start_time"].startswith(str(changes["start_time"]))

    assert jane.call("POST", f"/api/sessions/{number}/cancel")[0] == 403
    assert jane.call("POST", "/api/sessions/987654/cancel")[0] == 404
    status, done = john.call("POST", f"/api/sessions/{number}/cancel")
    assert (status, done["message"]) == (200, "Session cancelled successfully")
    assert (done["cancelled_bookings"], done["refunded"], done["currency"]) == (1, 25.0, "EUR")
    assert john.call("POST", f"/api/sessions/{number}/cancel")[1]["cancelled_bookings"] == 0
    status, done = john.call("DELETE", f"/api/facilitator/sessions/{other['session_id']}")
    assert (status, done["message"]) == (200, "Session cancelled successfully")
    assert jane.call("DELETE", f"/api/facilitator/sessions/{number}")[0] == 403
    assert john.call("DELETE", "/api/facilitator/sessions/987654")[0] == 404
    (own,) = jane.call("GET", "/api/bookings/my")[1]
    assert (own["booking_status"], own["id"]) == ("cancelled", booked["booking_id"])
    gone = jane.call("POST", "/api/bookings", {"session_id": number})
    assert (gone[0], gone[1]["code"]) == (400, "session_not_available")
    assert [each["status"] for each in john.call("GET", "/api/facilitator/sessions")[1]] == [
        "active",
        "cancelled",
        "cancelled",
    ]
    (row,) = john.call("GET", f"/api/facilitator/sessions/{number}/bookings")[1]
    assert row["booking_status"] == "cancelled"
    status, health = Program().call("GET", "/health")
    assert (status, health["status"], health["database"]) == (200, "healthy", "connected")
    assert health["service"] == "backend"
