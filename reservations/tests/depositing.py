"""Fixtures of the tests of deposits: a provider that takes money, and a booking that waits for it."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from payments.tests.fake_provider import FakeProvider
from reservations.domain.values import Customer
from reservations.models import Reservation
from resources.models import Resource
from tests.factories import at, book, make_resource, make_user


@pytest.fixture(autouse=True)
def provider(settings: Settings) -> Iterator[type[FakeProvider]]:
    settings.PAYMENT_PROVIDER = "payments.tests.fake_provider.FakeProvider"
    FakeProvider.moved, FakeProvider.is_down = {}, False
    yield FakeProvider
    FakeProvider.is_down = False


@pytest.fixture
def room() -> Resource:
    room = make_resource()
    room.rules.deposit_percent = 40
    room.rules.save()
    return room


@pytest.fixture
def customer(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def mine(room: Resource, customer: User) -> Reservation:
    return book(room, at(7, 10), customer=Customer.from_user(customer))
