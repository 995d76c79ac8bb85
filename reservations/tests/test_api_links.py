"""Where a reservation's answer leads; its secret links are for its customer alone."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services.keys import create_key
from reservations.domain.values import Customer
from reservations.models import Reservation
from reservations.tests.api_helpers import booked as book_by_api
from resources.enums import Role
from resources.models import Resource
from tests.factories import at, book, make_member, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
LIST = "/api/reservations"


@pytest.fixture
def room() -> Resource:
    return make_resource(photo="resources/cedar.jpg", photo_alt="A table by the window")


@pytest.fixture
def customer() -> User:
    return make_user()


@pytest.fixture
def mine(room: Resource, customer: User) -> Reservation:
    return book(room, at(7, 10), customer=Customer.from_user(customer))


def links(client: Client, reservation_id: object, **headers: str) -> dict[str, Any]:
    answer = client.get(f"{LIST}/{reservation_id}", headers=headers)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["links"]
    return found


def test_they_lead_somewhere(client: Client, customer: User, mine: Reservation) -> None:
    client.force_login(customer)
    found = links(client, mine.pk)
    for name, address in found.items():
        visitor = client if name == "self" else Client()
        assert visitor.get(address.removeprefix("http://localhost:8000")).status_code == 200
    assert client.get(LIST).json()["results"][0]["links"] == found
    assert client.get(f"{LIST}/my").json()["upcoming"][0]["links"] == found


def test_a_guest_gets_them_with_the_secret(client: Client, room: Resource) -> None:
    made = book_by_api(client, room)
    assert made["links"]["page"].endswith(made["manage_url"].partition("/bookings/")[2])
    assert links(Client(), made["id"], **{"X-Reservation-Token": made["manage_token"]}) == made["links"]


def test_staff_and_keys_that_only_read_do_not(customer: User, mine: Reservation) -> None:
    staff = Client()
    staff.force_login(make_member(mine.venue, Role.MANAGER))
    assert links(staff, mine.pk) == {"self": links(staff, mine.pk)["self"], "page": None, "ics": None}
    for scopes, is_told in ((["read"], False), (["read", "book"], True)):
        _key, secret = create_key(user=customer, name="key", scopes=scopes)
        found = links(Client(), mine.pk, **{"X-API-Key": secret})
        assert (found["page"] is not None, found["ics"] is not None) == (is_told, is_told)


def test_photos_of_what_is_booked(client: Client, customer: User, mine: Reservation) -> None:
    client.force_login(customer)
    (item,) = client.get(f"{LIST}/{mine.pk}").json()["resources"]
    assert item["photo"] == {
        "url": "http://localhost:8000/media/resources/cedar.jpg",
        "small_url": "http://localhost:8000/media/resources/cedar.jpg?size=small",
        "alt": "A table by the window",
    }
