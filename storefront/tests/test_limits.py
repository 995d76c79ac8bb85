"""What one visitor may ask of the booking pages, and how many times they may hold at once."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reservations.models import Reservation
from reservations.tests.api_helpers import local, post, wanted
from resources.models import Resource
from tests.factories import at, make_resource, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def room() -> Resource:
    return make_resource()


def hold(client: Client, room: Resource, hour: int) -> int:
    form = {"start": local(hour=hour).isoformat(), "duration": 60, "party_size": 1, "quantity": 1}
    return client.post(reverse("hold", args=[room.uuid]), form).status_code


def hold_by_api(client: Client, room: Resource, hour: int, days: int = 7) -> int:
    start = local(days=days, hour=hour)
    body = wanted(room, customer_info=None, date=start.date().isoformat(), time=f"{start:%H:%M}")
    return int(post(client, "/api/holds", body).status_code)


def test_pages_and_api_share_the_allowances(client: Client, room: Resource, settings: Settings) -> None:
    settings.API_RATES = {"read_guest": "3/h", "hold_guest": "2/h", "write_guest": "1/h", "read": "1/h"}
    pages = [reverse("home"), reverse("resource-day", args=[room.uuid]), reverse("cart")]
    assert [client.get(page).status_code for page in [*pages, pages[0]]] == [200, 200, 200, 429]
    assert client.get("/api/resources").status_code == 429
    assert [hold(client, room, 9), hold_by_api(client, room, 11), hold(client, room, 13)] == [302, 201, 429]
    refused = client.post(reverse("cart-book"))
    assert refused.status_code != 429
    refused = client.post(reverse("find-my-booking"))
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert Client(REMOTE_ADDR="192.0.2.1").get(pages[0]).status_code == 200
    client.force_login(make_user())
    assert [client.get(pages[0]).status_code for _turn in range(2)] == [200, 429]


def test_a_guest_holds_so_many_times_at_once(client: Client, room: Resource, settings: Settings) -> None:
    settings.GUEST_HOLDS = {"browser": 2, "address": 3}
    client.cookies["csrftoken"] = "x" * 32
    assert [hold(client, room, hour) for hour in (9, 10, 11)] == [302, 302, 429]
    assert hold_by_api(client, room, 11) == 429
    assert Reservation.objects.count() == 2
    assert [hold_by_api(Client(), room, hour) for hour in (11, 12)] == [201, 429]
    assert hold_by_api(Client(REMOTE_ADDR="192.0.2.1"), room, 12) == 201
    account = Client()
    account.force_login(make_user())
    assert hold(account, room, 13) == 302
    # What has expired counts no longer.
    Reservation.objects.filter(starts_at=local(hour=9)).update(expires_at=at(0, 0))
    assert hold_by_api(client, room, 14) == 201


def test_what_is_refused_or_repeated_takes_no_place(
    client: Client, room: Resource, settings: Settings
) -> None:
    settings.GUEST_HOLDS = {"address": 2}
    body = wanted(room, customer_info=None)
    answers = [post(client, "/api/holds", body, Idempotency_Key="k").status_code for _turn in range(2)]
    assert answers == [201, 201]
    assert hold_by_api(client, room, 10) == 409
    assert hold_by_api(client, room, 12) == 201
