"""How many statements a booking, a move and a cancellation send to the database, at most.

``SHOW_STATEMENTS=1`` prints them.
"""

import os
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from common.background import Queue
from reservations.models import Reservation
from reservations.tests.api_helpers import post
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_member, make_policy, make_resource, make_user
from waitlist.models import WaitlistOffer
from waitlist.services import offer_what_came_free
from waitlist.tasks import offer_to_those_waiting
from waitlist.tests.helpers import join

API = "/api/reservations"
CONTACT = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+493012345678"}
LOCK = int(connection.vendor == "postgresql")
"""PostgreSQL locks the leaves in a statement of its own; SQLite has one lock for all."""
CONTROL = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE)\b")


class Count:
    """A context: how many statements ran in it, without those that only begin and end transactions."""

    def __init__(self, commits: DjangoCaptureOnCommitCallbacks) -> None:
        self._commits = commits

    def __call__(self, act: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as captured, self._commits(execute=True):
            act()
        found = [query["sql"] for query in captured if not CONTROL.match(query["sql"])]
        if os.environ.get("SHOW_STATEMENTS"):
            for number, sql in enumerate(found, 1):
                print(number, re.sub(r"SELECT .{60,}? FROM", "SELECT … FROM", sql)[:240])
            print(os.environ["PYTEST_CURRENT_TEST"], len(found))
        return len(found)


@pytest.fixture
def count(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> Count:
    return Count(django_capture_on_commit_callbacks)


@pytest.fixture
def room(db: None) -> Resource:
    """A room of a venue with a manager, whose configuration has been read."""
    found = make_resource()
    found.cancellation_policy = make_policy(found.venue, (24, "100", "0"), (0, "50", "5"))
    found.save()
    make_member(found.venue, Role.MANAGER)
    book(found, at(50))
    return found


@pytest.fixture
def customer(db: None) -> User:
    return make_user(first_name="Grace")


def signed_in(customer: User) -> Client:
    client = Client()
    client.force_login(customer)
    return client


def body(room: Resource, days: int = 7) -> dict[str, Any]:
    return {"resource_id": str(room.uuid), "start": at(days).isoformat(), "duration": 60, "party_size": 2}


def booked(answer: Any) -> None:
    assert answer.status_code == 201, answer.content


def test_a_guest_books(room: Resource, count: Count) -> None:
    wanted = body(room) | {"customer_info": CONTACT}
    assert count(lambda: booked(post(Client(), API, wanted))) <= 10 + LOCK


def test_a_guest_books_with_a_key(room: Resource, count: Count) -> None:
    wanted = body(room) | {"customer_info": CONTACT}
    assert count(lambda: booked(post(Client(), API, wanted, Idempotency_Key=str(uuid4())))) <= 11 + LOCK


def test_a_customer_books(room: Resource, customer: User, count: Count) -> None:
    client = signed_in(customer)
    assert count(lambda: booked(post(client, API, body(room)))) <= 12 + LOCK


def test_a_customer_holds_and_confirms(room: Resource, customer: User, count: Count) -> None:
    client = signed_in(customer)
    assert count(lambda: booked(post(client, "/api/holds", body(room)))) <= 11 + LOCK
    held = Reservation.objects.latest("created_at")

    def confirm() -> None:
        answer = post(client, f"{API}/{held.pk}/confirm", {})
        assert answer.status_code == 200, answer.content

    assert count(confirm) <= 11 + LOCK


def test_a_guest_books_by_page(room: Resource, count: Count) -> None:
    client = Client()
    local = at(7).astimezone(room.venue.zone)
    form = {"start": local.isoformat(), "duration": 60, "party_size": 2, "quantity": 1}

    def book_by_page() -> None:
        held = client.post(reverse("hold", args=[room.uuid]), form | {"idempotency_key": uuid4()})
        assert held.status_code == 302, held.content
        details = client.get(held.headers["Location"])
        assert details.status_code == 200
        done = client.post(held.headers["Location"], {"name": "Ada", "email": "ada@example.com"})
        assert done.status_code == 302, done.content

    assert count(book_by_page) <= 29 + 2 * LOCK  # one asks which products the menu names
    assert Reservation.objects.latest("created_at").status == "confirmed"


def test_a_customer_moves(room: Resource, customer: User, count: Count) -> None:
    client = signed_in(customer)
    booked(post(client, API, body(room)))
    made = Reservation.objects.latest("created_at")

    def move() -> None:
        answer = client.patch(
            f"{API}/{made.pk}", {"start": at(8).isoformat()}, content_type="application/json"
        )
        assert answer.status_code == 200, answer.content

    assert count(move) <= 14 + LOCK


def cancel(client: Client, made: Reservation) -> None:
    answer = post(client, f"{API}/{made.pk}/cancel", {"reason": "Ill"})
    assert answer.status_code == 200, answer.content


def test_a_customer_cancels(room: Resource, customer: User, count: Count) -> None:
    client = signed_in(customer)
    booked(post(client, API, body(room)))
    made = Reservation.objects.latest("created_at")

    assert count(lambda: cancel(client, made)) <= 12


@pytest.fixture
def waited_for(room: Resource, customer: User) -> Reservation:
    """Somebody waits for its time, and was asked before."""
    booked(post(signed_in(customer), API, body(room)))
    made = Reservation.objects.latest("created_at")
    at_that_time = {"earliest_time": made.local_start.time(), "latest_time": made.local_start.time()}
    join(room, preferred_on=made.local_start.date(), duration=60, party_size=2, **at_that_time)
    assert offer_what_came_free(venue_id=room.venue_id) == []
    return made


def test_a_cancellation_is_offered_by_a_worker(
    waited_for: Reservation, customer: User, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(customer)
    monkeypatch.setattr(Queue, "embedded", True)
    monkeypatch.setattr(Queue, "is_prompt", lambda: True)
    monkeypatch.setattr(offer_to_those_waiting, "apply_async", lambda *args, **kwargs: None)
    assert count(lambda: cancel(client, waited_for)) <= 13
    assert count(lambda: offer_to_those_waiting(waited_for.venue_id)) <= 24 + 2 * LOCK
    assert WaitlistOffer.objects.exists()


def test_without_workers_a_cancellation_is_offered_at_once(
    waited_for: Reservation, customer: User, count: Count
) -> None:
    client = signed_in(customer)
    assert count(lambda: cancel(client, waited_for)) <= 37 + 2 * LOCK
    assert WaitlistOffer.objects.exists()
