"""What an API key may do with resources and reservations."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.services.keys import create_key
from accounts.tests.api_helpers import bearer
from reservations.models import Reservation
from reservations.tests.api_helpers import wanted
from tests.factories import make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def user() -> User:
    return make_user()


@pytest.mark.parametrize("header", ["Authorization", "X_API_Key"])
def test_a_key_acts_for_its_account(user: User, header: str) -> None:
    text = create_key(user=user, name="Till", scopes=["read", "book"])[1]
    sent = {header: f"Bearer {text}" if header == "Authorization" else text}
    room = make_resource()

    booked = Client(enforce_csrf_checks=True).post(
        "/api/reservations",
        wanted(room, customer_info=None),
        content_type="application/json",
        headers={name.replace("_", "-"): value for name, value in sent.items()},
    )

    assert booked.status_code == 201, booked.content
    assert Reservation.objects.get().customer == user


def test_a_key_does_only_what_it_was_given(user: User) -> None:
    reads = bearer(create_key(user=user, name="Screen", scopes=["read"])[1])
    books = bearer(create_key(user=user, name="Till", scopes=["book"])[1])

    assert Client().get("/api/resources", headers=dict(reads)).status_code == 200
    refused = Client().get("/api/resources", headers=dict(books))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    room = make_resource()
    posted = Client().post(
        "/api/reservations", wanted(room), content_type="application/json", headers=dict(reads)
    )
    assert (posted.status_code, posted.json()["code"]) == (403, "scope_missing")
