"""Staff take and return parts by hand: on the page, in the admin and by the API, never more than was paid."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from payments.tests.fake_provider import FakeProvider
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.models import Reservation
from reservations.selectors import balance
from reservations.services import pay_deposit, record_payment, refund_payment
from reservations.tests.api_helpers import post
from tests.factories import at, book, make_member, make_resource, payments_for

pytestmark = pytest.mark.django_db
STAFF = Actor(source=Source.STAFF)


@pytest.fixture
def booked(client: Client) -> Reservation:
    """25.00, paid in two parts; its venue's staff are signed in."""
    reservation = book(make_resource(), at(7, 10))
    for amount in ("10", "15"):
        record_payment(reservation_id=reservation.pk, amount=Decimal(amount), actor=STAFF)
    client.force_login(make_member(reservation.venue))
    reservation.refresh_from_db()
    return reservation


def ledger(reservation: Reservation) -> list[str]:
    return [f"{row.kind} {row.amount:.2f}" for row in payments_for(reservation)]


PAID = ["charge 10.00", "charge 15.00"]


def by_page(client: Client, reservation: Reservation, amount: str, key: Any = None) -> int:
    body = {"action": "refund", "amount": amount, "note": "Late", "key": key or uuid4()}
    return client.post(reverse("calendar-edit", args=[reservation.pk]), body).status_code


def by_admin(client: Client, reservation: Reservation, amount: str, key: Any = None) -> int:
    body = {"action": "refund", "amount": amount, "note": "Late", "key": key or uuid4()}
    return client.post(
        reverse("admin:reservations_reservation_money", args=[reservation.pk]), body
    ).status_code


def by_api(client: Client, reservation: Reservation, amount: str, key: Any = None) -> int:
    headers = {"Idempotency_Key": str(key)} if key else {}
    body = {"amount": amount, "note": "Late"}
    answer = post(client, f"/api/reservations/{reservation.pk}/refunds", body, **headers)
    return int(answer.status_code)


DOORS = {"page": by_page, "admin": by_admin, "api": by_api}


@pytest.mark.parametrize("door", DOORS)
def test_staff_return_a_part_once(client: Client, booked: Reservation, door: str) -> None:
    key = uuid4()
    for _ in range(2):
        assert DOORS[door](client, booked, "4.50", key) in (201, 302)

    assert ledger(booked) == [*PAID, "refund 4.50"]
    assert payments_for(booked).last().note == "Late"  # type: ignore[union-attr]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "25.01", "x"])
def test_never_more_than_was_paid(client: Client, booked: Reservation, door: str, amount: str) -> None:
    assert DOORS[door](client, booked, amount) in (302, 400)
    assert ledger(booked) == PAID


def test_parts_are_taken_once_too(client: Client) -> None:
    reservation = book(make_resource(), at(7, 10))
    client.force_login(make_member(reservation.venue))
    page = reverse("calendar-edit", args=[reservation.pk])
    admin = reverse("admin:reservations_reservation_money", args=[reservation.pk])
    assert "Record payment" in client.get(page).content.decode()
    assert "Record payment" in client.get(admin).content.decode()
    for address in (page, admin):
        body = {"action": "pay", "amount": "10", "key": uuid4()}
        for _ in range(2):
            client.post(address, body)
    assert client.post(page, {"action": "pay", "amount": "6", "key": uuid4()}).status_code == 400
    assert ledger(reservation) == ["charge 10.00", "charge 10.00"]


def test_a_charge_is_returned_no_further_than_it_was_paid(booked: Reservation, settings: Settings) -> None:
    """First from the newest, then from the one before: a provider returns no more of a charge."""
    for amount in ("15", "4", "6"):
        refund_payment(reservation_id=booked.pk, amount=Decimal(amount), actor=STAFF)
    booked.refresh_from_db()
    assert balance(booked) == 0


@pytest.mark.django_db(transaction=True)
def test_parts_of_an_online_payment_go_back_through_the_provider(settings: Settings) -> None:
    settings.PAYMENT_PROVIDER = "payments.tests.fake_provider.FakeProvider"
    FakeProvider.moved, FakeProvider.is_down = {}, False
    room = make_resource()
    room.rules.deposit_percent = 40
    room.rules.save()
    reservation = book(room, at(7, 10))
    pay_deposit(reservation_id=reservation.pk, token="good", actor=Actor())
    record_payment(reservation_id=reservation.pk, amount=Decimal(15), actor=STAFF)

    for amount in (15, 3, 3):
        refund_payment(reservation_id=reservation.pk, amount=Decimal(amount), actor=STAFF)

    refunds = payments_for(reservation).filter(kind="refund")
    assert [f"{row.provider} {row.amount:.0f} {row.status}" for row in refunds] == [
        "manual 15 succeeded",
        "fake 3 succeeded",
        "fake 3 succeeded",
    ]
    assert sum(FakeProvider.moved.values()) == 4


@pytest.mark.parametrize("is_own", [True, False])
def test_a_key_of_something_else_returns_nothing(
    client: Client, booked: Reservation, *, is_own: bool
) -> None:
    other = booked if is_own else book(booked.items.get().resource, at(7, 12))
    if not is_own:
        record_payment(reservation_id=other.pk, amount=Decimal(20), actor=STAFF)
    key = payments_for(booked)[0].pk
    assert by_page(client, other, "1", key) == 400
    assert not payments_for(other).filter(kind="refund").exists()
