"""Deposits: asked for, paid online, lost on the way, refunded the way they came."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from common.clock import now
from payments.models import Payment
from payments.tests.fake_provider import FakeProvider
from reservations.domain.values import Actor, Customer
from reservations.enums import Source, Status
from reservations.models import Reservation
from reservations.services import expire_unpaid, record_payment
from reservations.tests.api_helpers import CUSTOMER_INFO, post
from reservations.tests.depositing import customer, mine, provider, room
from resources.enums import Approval
from resources.models import Resource
from tests.factories import at, book, make_member, make_user, payments_for

pytestmark = pytest.mark.django_db


__all__ = ["customer", "mine", "provider", "room"]


def confirm(client: Client, reservation: Reservation, token: str | None = None) -> Any:
    body = {"payment": {"token": token}} if token else {}
    return post(client, f"/api/reservations/{reservation.pk}/confirm", body)


def test_paying_confirms(client: Client, mine: Reservation) -> None:
    assert mine.status == Status.PENDING
    assert mine.deposit_amount == 10

    unpaid = confirm(client, mine)
    paid = confirm(client, mine, "good")

    assert (unpaid.status_code, unpaid.json()["code"], unpaid.json()["due"]) == (
        400,
        "payment_required",
        "10.00",
    )
    body = paid.json()
    assert (paid.status_code, body["status"], body["deposit"]) == (200, "confirmed", "10.00")
    assert (body["payment"]["status"], body["payment"]["paid"]) == ("partly_paid", "10.00")
    assert list(FakeProvider.moved.values()) == [10]
    again = confirm(client, mine, "good")
    assert (again.status_code, again.json()["code"]) == (400, "nothing_due")


def test_a_refused_card(client: Client, mine: Reservation) -> None:
    answer = confirm(client, mine, "bad")
    assert (answer.status_code, answer.json()["code"]) == (400, "payment_failed")
    mine.refresh_from_db()
    assert (mine.status, payments_for(mine).get().status) == (Status.PENDING, "failed")
    assert confirm(client, mine, "good").status_code == 200


def test_a_hold_is_paid_and_booked_in_one_step(client: Client, room: Resource) -> None:
    held = post(client, "/api/holds", {"resource_id": room.slug, "start": at(7, 10).isoformat()}).json()
    answer = post(
        client,
        f"/api/holds/{held['id']}/confirm",
        {"customer_info": CUSTOMER_INFO, "payment": {"token": "good"}},
        X_Reservation_Token=held["manage_token"],
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "confirmed")


def test_an_answer_lost_on_the_way_is_looked_up(client: Client, mine: Reservation) -> None:
    answer = confirm(client, mine, "lost")
    impatient = confirm(client, mine, "good")
    assert (answer.status_code, answer.json()["code"]) == (503, "payment_unavailable")
    assert (impatient.status_code, impatient.json()["code"]) == (409, "payment_under_way")
    call_command("tick")
    mine.refresh_from_db()
    assert mine.status == Status.PENDING  # too early to ask

    Payment.objects.update(created_at=now() - timedelta(minutes=6))
    call_command("tick")
    call_command("tick")

    mine.refresh_from_db()
    assert mine.status == Status.CONFIRMED
    assert sum(FakeProvider.moved.values()) == 10


def test_a_charge_that_never_arrived_is_written_off(client: Client, mine: Reservation) -> None:
    FakeProvider.is_down = True
    assert confirm(client, mine, "good").status_code == 503
    Payment.objects.update(created_at=now() - timedelta(minutes=6))
    call_command("tick")
    assert payments_for(mine).get().status == "pending"
    FakeProvider.is_down = False
    with time_machine.travel(now() + timedelta(minutes=2)):
        call_command("tick")
    assert payments_for(mine).get().status == "failed"
    assert confirm(client, mine, "good").json()["status"] == "confirmed"


def test_unpaid_requests_give_their_time_back(client: Client, room: Resource, mine: Reservation) -> None:
    call_command("tick")
    assert Reservation.objects.get(pk=mine.pk).status == Status.PENDING
    assert expire_unpaid(now=now() + timedelta(minutes=31)) == 1
    assert Reservation.objects.get(pk=mine.pk).status == Status.EXPIRED
    book(room, at(7, 10))


def test_what_awaits_approval_does_not_expire(client: Client, room: Resource, mine: Reservation) -> None:
    room.rules.approval = Approval.MANUAL
    room.rules.save()
    assert expire_unpaid(now=now() + timedelta(days=2)) == 0
    assert Reservation.objects.get(pk=mine.pk).status == Status.PENDING
    assert confirm(client, mine, "good").status_code == 403


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_down", [False, True])
def test_refunds_go_the_way_the_money_came(client: Client, room: Resource, is_down: bool) -> None:
    user = make_user()
    client.force_login(user)
    mine = book(room, at(7, 10), customer=Customer.from_user(user))
    confirm(client, mine, "good")
    client.force_login(make_member(room.venue))
    cash = {"amount": "15.00"}
    assert post(client, f"/api/reservations/{mine.pk}/payments", cash).status_code == 201
    client.force_login(user)
    FakeProvider.is_down = is_down

    answer = post(client, f"/api/reservations/{mine.pk}/cancel").json()

    assert (answer["paid"], answer["refund"]) == ("25.00", "25.00")
    if is_down:
        assert sum(FakeProvider.moved.values()) == 10
        FakeProvider.is_down = False
        Payment.objects.filter(status="pending").update(created_at=now() - timedelta(minutes=6))
        call_command("tick")
    assert sum(FakeProvider.moved.values()) == 0
    refunds = {(row.provider, row.amount, row.status) for row in payments_for(mine).filter(kind="refund")}
    assert refunds == {("fake", Decimal(10), "succeeded"), ("manual", Decimal(15), "succeeded")}


def test_money_for_what_was_cancelled_meanwhile_is_returned(client: Client, mine: Reservation) -> None:
    confirm(client, mine, "lost")
    post(client, f"/api/reservations/{mine.pk}/cancel")
    Payment.objects.update(created_at=now() - timedelta(minutes=6))
    call_command("tick")
    assert payments_for(mine).get(kind="refund").amount == 10


def test_staff_need_no_deposit(client: Client, room: Resource, mine: Reservation) -> None:
    client.force_login(make_member(room.venue))
    body = {"resource_id": room.slug, "start": at(8, 10).isoformat(), "as_staff": True}
    assert post(client, "/api/reservations", body).json()["status"] == "confirmed"
    assert confirm(client, mine).json()["status"] == "confirmed"


def test_a_paid_booking_that_is_moved_stays_confirmed(client: Client, mine: Reservation) -> None:
    confirm(client, mine, "good")
    address = f"/api/reservations/{mine.pk}"
    same = client.patch(address, {"start": at(8, 10).isoformat()}, content_type="application/json").json()
    longer = client.patch(address, {"duration": 120}, content_type="application/json").json()
    assert (same["status"], longer["status"], longer["deposit"]) == ("confirmed", "pending", "20.00")
    assert confirm(client, mine, "good").json()["payment"]["paid"] == "20.00"


def test_without_a_provider(client: Client, mine: Reservation, settings: Settings) -> None:
    settings.PAYMENT_PROVIDER = ""
    answer = confirm(client, mine, "good")
    assert (answer.status_code, answer.json()["code"]) == (400, "paid_at_venue")


def test_customers_record_no_cash(client: Client, mine: Reservation) -> None:
    body = {"payment": {"amount": "10.00"}}
    assert post(client, f"/api/reservations/{mine.pk}/confirm", body).status_code == 403
    both = {"payment": {"amount": "10.00", "token": "good"}}
    assert post(client, f"/api/reservations/{mine.pk}/confirm", both).status_code == 400
    assert payments_for(mine).count() == 0


def test_without_a_provider_no_deadline_runs_and_staff_note_the_deposit(
    mine: Reservation, settings: Settings
) -> None:
    settings.PAYMENT_PROVIDER = ""
    assert expire_unpaid(now=now() + timedelta(days=2)) == 0

    for amount, status in ((4, "pending"), (6, "confirmed")):
        record_payment(reservation_id=mine.pk, amount=Decimal(amount), actor=Actor(source=Source.STAFF))
        mine.refresh_from_db()
        assert mine.status == status
