"""What the API of classes asks of the database: the same however many rows there are."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from classes.models import Payout
from classes.services import wait_for_seat
from classes.tests.helpers import House, make_house, take
from reservations.domain.values import Actor, Customer
from reservations.tests.api_helpers import signed_in
from tests.factories import at, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LISTS = {
    "/api/sessions": 8,
    "/api/sessions?page=1": 8,
    "/api/bookings/my": 4,
    "/api/facilitator/bookings": 5,
    "/api/facilitator/sessions": 9,
    "/api/facilitator/dashboard": 13,
    "/api/facilitator/sessions/{id}/bookings": 5,
    "/api/facilitator/payouts": 5,
    "/api/facilitator/payouts.csv": 5,
    "/api/timetable": 9,
}
"""With who is signed in, which takes two."""


def grow(house: House, days: range, person: Any) -> None:
    customer = Customer.from_user(person)
    for day in days:
        session = house.add_session(at(day))
        take(session, person), take(session)
        quiet = house.add_session(at(day, 15))
        wait_for_seat(session_id=quiet.pk, customer=customer, actor=Actor(person))
        whose = {"venue": house.venue, "session": session, "facilitator": house.mia}
        Payout.objects.create(**whose, amount=40, currency="EUR")


def cost(client: Client, address: str) -> tuple[int, int]:
    """Queries, and how long the answer is."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return len(captured), len(answer.content)


def test_lists_cost_the_same_however_long() -> None:
    house, person = make_house(), make_user()
    mia, own = signed_in(house.mia.user), signed_in(person)
    first = house.add_session(at(3))
    take(first)
    week = f"{at(7) - timedelta(days=at(7).weekday()):%Y-%m-%d}"

    def ask_all() -> dict[str, tuple[int, int]]:
        found = {}
        for path in LISTS:
            client = mia if "facilitator" in path else own
            address = path.replace("{id}", str(first.pk))
            found[path] = cost(client, address + f"?week={week}" * address.endswith("timetable"))
        return found

    grow(house, range(7, 8), person)
    ask_all()
    few = ask_all()
    grow(house, range(8, 10), person)
    take(first), take(first)
    many = ask_all()
    assert {path: queries for path, (queries, _size) in many.items()} == {
        path: queries for path, (queries, _size) in few.items()
    }
    assert {path: queries for path, (queries, _size) in many.items() if queries > LISTS[path]} == {}
    assert {path for path in LISTS if many[path][1] <= few[path][1]} <= {"/api/facilitator/dashboard"}
