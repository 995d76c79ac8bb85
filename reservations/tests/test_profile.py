"""``GET /api/auth/user`` with what resources and reservations add to it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.api_helpers import verified_user
from common.clock import instant_text
from reservations.domain.values import Actor, Customer
from reservations.services import cancel_reservation
from resources.enums import Role
from resources.models import VenueMembership
from tests.factories import at, book, hold, make_resource, make_user, make_venue

pytestmark = pytest.mark.django_db


def own(client: Client) -> dict[str, Any]:
    answer = client.get("/api/auth/user")
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def test_everything_about_oneself(client: Client) -> None:
    venue = make_venue(name="Mill")
    user = verified_user(
        email="ada@example.com", first_name="Ada", last_name="Lovelace", phone="+493012345678", is_staff=True
    )
    VenueMembership.objects.create(venue=venue, user=user, role=Role.MANAGER)
    client.force_login(user)

    found = own(client)

    assert found.pop("feed_url").endswith(".ics")
    assert found == {
        "id": str(user.pk),
        "username": None,
        "email": "ada@example.com",
        "email_verified": True,
        "name": "Ada Lovelace",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "phone": "+493012345678",
        "time_zone": "",
        "language": "",
        "is_staff": True,
        "created_at": instant_text(user.created_at),
        "mfa_enabled": False,
        "preferences": {
            "reminders": True,
            "reminder_hours": 24,
            "sms_updates": False,
            "newsletter": False,
        },
        "venues": [{"id": str(venue.uuid), "name": "Mill", "role": "manager"}],
        "total_reservations": 0,
        "cancellation_count": 0,
        "reservation_history": [],
        "loans_out": 0,
        "loans_waiting": 0,
        "loans_overdue": 0,
        "role": "user",
        "facilitator_id": None,
        "facilitator_approved": False,
    }


def test_the_last_ten_reservations_and_how_many_there_were(client: Client) -> None:
    user, other = make_user(), make_user()
    room = make_resource(name="Linden")
    mine = [book(room, at(day), customer=Customer.from_user(user)) for day in range(3, 15)]
    book(room, at(20), customer=Customer.from_user(other))
    hold(room, at(21), actor=Actor(user))
    cancel_reservation(reservation_id=mine[-1].pk, actor=Actor(user))
    client.force_login(user)

    found = own(client)

    assert (found["total_reservations"], found["cancellation_count"]) == (12, 1)
    assert [entry["id"] for entry in found["reservation_history"]] == [str(r.pk) for r in mine[:1:-1]]
    latest = found["reservation_history"][0]
    assert latest["status"] == "cancelled"
    assert latest["resources"] == ["Linden"]
    assert latest["code"] == mine[-1].code
    assert latest["start"] == mine[-1].local_start.isoformat()


def test_the_number_of_queries_does_not_grow(client: Client) -> None:
    user, room = make_user(), make_resource()
    client.force_login(user)
    own(client)  # the address of the calendar is made when first asked for
    counts = []
    for days in (range(3, 4), range(4, 12)):
        for day in days:
            book(room, at(day), customer=Customer.from_user(user))
            VenueMembership.objects.create(venue=make_venue(), user=user)
        with CaptureQueriesContext(connection) as captured:
            own(client)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12
