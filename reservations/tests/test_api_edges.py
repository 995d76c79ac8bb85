"""Odd moments and odd input: nobody approves themselves, nothing is a 500."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request

from accounts.models import User
from common.clock import now
from reservations.api.actions import _confirm_and_pay
from reservations.api.inputs import ConfirmationInput
from reservations.domain.values import Actor, Customer
from reservations.enums import Status
from reservations.models import Reservation
from reservations.series import cancel_series
from reservations.series.changing import SeriesScope
from reservations.tests.api_helpers import local, post, wanted
from resources.enums import Approval, ChoiceRule, UnitsBy
from resources.models import Resource
from tests.factories import book, hold, make_group, make_member, make_resource, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def customer(client: Client) -> User:
    user = make_user(first_name="Grace", last_name="Hopper")
    client.force_login(user)
    return user


def test_a_customer_approves_nothing_that_becomes_pending_meanwhile(room: Resource, customer: User) -> None:
    """Read while confirmed; by now its customer has moved it, and staff are to approve that."""
    seen = book(room, customer=Customer.from_user(customer))
    request = Request(RequestFactory().post("/"))
    request.user = customer
    room.rules.approval = Approval.MANUAL
    room.rules.save()
    Reservation.objects.filter(pk=seen.pk).update(status=Status.PENDING)

    _confirm_and_pay(request, seen, ConfirmationInput.parsed({}))

    seen.refresh_from_db()
    assert seen.status == Status.PENDING


def test_a_hold_that_staff_confirm_stays_its_customers(client: Client, room: Resource) -> None:
    user = make_user(first_name="Grace")
    held = hold(room, customer=Customer.from_user(user), actor=Actor(user))
    client.force_login(make_member(room.venue))
    answer = post(client, f"/api/holds/{held.pk}/confirm").json()
    assert (answer["user_id"], answer["customer_info"]["email"]) == (str(user.pk), user.email)


def test_past_ones_of_a_series_stay(client: Client, room: Resource, customer: User) -> None:
    body = {"resource_id": room.slug, "date": f"{local(7):%Y-%m-%d}", "time": "10:00", "duration": 60}
    made = post(client, "/api/series", body | {"rule": "FREQ=DAILY;COUNT=4"}).json()
    first = Reservation.objects.get(pk=made["reservations"][0]["id"])
    assert first.series_id
    found = cancel_series(
        series_id=first.series_id,
        anchor=first.pk,
        scope=SeriesScope.FOLLOWING,
        actor=Actor(customer),
        now=first.starts_at + timedelta(days=1, hours=3),
    )
    assert [reservation.local_start for reservation, _terms in found] == [local(9, 10), local(10, 10)]


def test_a_price_that_no_column_holds(client: Client, customer: User) -> None:
    hall = make_resource(
        units=100_000, capacity=100_000, units_by=UnitsBy.PERSON, hourly_rate=Decimal("9999999.99")
    )
    body = wanted(hall, party_size=100_000, duration=480, customer_info=None)
    for address in ("/api/reservations", "/api/quotes", "/api/holds"):
        assert post(client, address, body).status_code == 400


def test_least_booked_is_asked_once_for_a_series(client: Client, room: Resource) -> None:
    rooms = [room, make_resource(room.venue, rules=room.rules)]
    group = make_group(rooms, ChoiceRule.LEAST_BOOKED)
    book(rooms[0], local(8, 15))

    def asked(count: int) -> tuple[int, Any]:
        rule = f"FREQ=DAILY;COUNT={count}"
        body = {"group_id": str(group.uuid), "date": f"{local(7):%Y-%m-%d}", "time": "10:00", "rule": rule}
        with CaptureQueriesContext(connection) as found:
            answer = post(client, "/api/series/preview", body)
        return len(found), answer.json()["occurrences"]

    few, occurrences = asked(2)
    assert [each["resources"][0]["id"] for each in occurrences] == [str(each.uuid) for each in rooms]
    assert asked(30)[0] == few


@pytest.mark.parametrize("query", ["time=nine&venue=none", "available_only=perhaps"])
def test_search_reads_everything_it_is_given(client: Client, query: str) -> None:
    assert client.get(f"/api/search?date={now():%Y-%m-%d}&{query}").status_code == 400
