"""Confirming, declining, checking in, paying; holds; history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import Client
from rest_framework.request import Request

from accounts.models import User
from common.clock import epoch_seconds, now
from reservations.api.actions import _confirm
from reservations.domain.values import Actor, Customer
from reservations.enums import Source, Status
from reservations.exceptions import StaleVersion
from reservations.links import manage_path, token_for
from reservations.models import Allocation, Reservation
from reservations.services import record_payment
from reservations.tests.api_helpers import CUSTOMER_INFO, post
from resources.enums import Approval
from resources.models import Resource
from tests.factories import (
    at,
    book,
    hold,
    make_leader,
    make_member,
    make_policy,
    make_resource,
    make_user,
    payments_for,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Resource:
    return make_resource()


@pytest.fixture
def staff(room: Resource) -> User:
    return make_member(room.venue)


@pytest.fixture
def asked(room: Resource) -> Reservation:
    """A request that awaits approval."""
    room.rules.approval = Approval.MANUAL
    room.rules.save()
    return book(room, at(7, 10), customer=Customer.from_user(make_user()))


def act(client: Client, reservation: Reservation, action: str, body: Any = None, **headers: str) -> Any:
    return post(client, f"/api/reservations/{reservation.pk}/{action}", body, **headers)


def test_staff_confirm_with_a_payment(client: Client, asked: Reservation, staff: User) -> None:
    client.force_login(staff)

    answer = act(client, asked, "confirm", {"payment": {"amount": "25.00", "note": "card"}})
    again = act(client, asked, "confirm")

    body = answer.json()
    assert (answer.status_code, body["status"], again.status_code) == (200, "confirmed", 200)
    assert body["payment"] == {
        "status": "paid",
        "total": "25.00",
        "paid": "25.00",
        "due": "0.00",
        "refunded": "0.00",
        "credit": "0.00",
        "currency": "EUR",
    }
    assert client.get(f"/api/reservations/{asked.pk}/payments").json()["count"] == 1


def test_customers_confirm_no_request(client: Client, asked: Reservation) -> None:
    assert asked.customer is not None
    client.force_login(asked.customer)
    assert act(client, asked, "confirm").status_code == 403
    asked.refresh_from_db()
    assert asked.status == Status.PENDING


@pytest.mark.once
def test_payments_are_checked(client: Client, asked: Reservation, staff: User) -> None:
    client.force_login(staff)
    for amount in ("0", "-1", "26", "0.001", "many", "NaN", "1e9", None):
        answer = act(client, asked, "payments", {"amount": amount})
        assert answer.status_code == 400, (amount, answer.content)
    assert act(client, asked, "payments", {"amount": "10"}, Idempotency_Key="k").status_code == 201
    assert act(client, asked, "payments", {"amount": "10"}, Idempotency_Key="k").status_code == 201
    mismatch = act(client, asked, "payments", {"amount": "11"}, Idempotency_Key="k")
    assert (mismatch.status_code, mismatch.json()["code"]) == (422, "idempotency_mismatch")
    assert payments_for(asked).count() == 1


def test_a_refused_payment_confirms_nothing(client: Client, asked: Reservation, staff: User) -> None:
    client.force_login(staff)
    assert act(client, asked, "confirm", {"payment": {"amount": "99.00"}}).status_code == 400
    asked.refresh_from_db()
    assert (asked.status, payments_for(asked).count()) == (Status.PENDING, 0)


def test_declining(client: Client, asked: Reservation, staff: User, room: Resource) -> None:
    client.force_login(staff)
    answer = act(client, asked, "decline", {"reason": "Closed that week"})
    assert (answer.json()["status"], answer.json()["cancel_reason"]) == ("declined", "Closed that week")
    assert act(client, asked, "decline").json()["code"] == "transition_not_allowed"
    book(room, at(7, 10))


def test_the_day_itself(client: Client, room: Resource, staff: User) -> None:
    came, stayed_away = book(room, at(7, 10)), book(room, at(7, 12))
    client.force_login(staff)

    assert act(client, stayed_away, "no-show").json()["code"] == "too_soon"
    assert act(client, came, "check-in").json()["code"] == "check_in_closed"
    assert act(client, came, "complete").json()["code"] == "too_soon"
    with time_machine.travel(at(7, 9)):
        assert act(client, came, "check-in").json()["status"] == "checked_in"
        assert act(client, came, "complete").json()["status"] == "completed"
        assert act(client, came, "check-in").status_code == 400
        undone = act(client, came, "undo").json()
    assert (undone["status"], undone["allowed_actions"]) == ("checked_in", ["complete", "undo"])
    Reservation.objects.filter(pk=stayed_away.pk).update(starts_at=at(0, 0) - timedelta(hours=1))
    assert act(client, stayed_away, "no-show").json()["status"] == "no_show"


def test_no_step_is_taken_from_a_version_that_is_over(client: Client, room: Resource, staff: User) -> None:
    booked = book(room, at(7, 10))
    client.force_login(staff)

    def step(action: str, seen: int = 0, **body: int) -> int:
        headers = {} if body else {"If_Match": f'"{seen}"'}
        status: int = act(client, booked, action, body or None, **headers).status_code
        return status

    with time_machine.travel(at(7, 10)):
        for number, action in enumerate(("no-show", "check-in", "complete"), 1):
            assert [step(action, number - 1), step(action, version=number + 1)] == [409, 409], action
            assert step(action, number) == 200
        # Two people take back the completion that both have seen.
        assert [step("undo", 4), step("undo", 4), step("undo", version=4)] == [200, 409, 409]
    booked.refresh_from_db()
    assert booked.status == Status.CHECKED_IN


@pytest.mark.once
@pytest.mark.parametrize(
    "action", ["confirm", "decline", "check-in", "complete", "no-show", "undo", "payments"]
)
def test_facilitators_look_but_do_not_touch(client: Client, asked: Reservation, action: str) -> None:
    client.force_login(make_leader(asked.items.get().resource))
    assert act(client, asked, action, {"amount": "1"} if action == "payments" else None).status_code == 403


def test_history(client: Client, room: Resource, staff: User) -> None:
    customer = make_user()
    mine = book(room, at(7, 10), customer=Customer.from_user(customer))
    client.force_login(staff)
    act(client, mine, "payments", {"amount": "5"})
    act(client, mine, "cancel", {"reason": "flood", "waive_fee": True})

    theirs = client.get(f"/api/reservations/{mine.pk}/history").json()
    client.force_login(customer)
    own = client.get(f"/api/reservations/{mine.pk}/history").json()

    assert [row["kind"] for row in theirs["results"]] == ["booked", "cancelled"]
    assert theirs["results"][1]["actor"] == staff.email
    assert theirs["results"][1]["changes"]["cancel_reason"] == ["", "flood"]
    assert own["results"][1]["actor"] is None


@pytest.mark.once
def test_only_staff_waive_fees(client: Client, room: Resource) -> None:
    customer = make_user()
    mine = book(room, at(7, 10), customer=Customer.from_user(customer))
    client.force_login(customer)
    assert act(client, mine, "cancel", {"waive_fee": True}).status_code == 403


# --- Holds ----------------------------------------------------------------------------------------


def held_by_guest(client: Client, room: Resource, **fields: Any) -> dict[str, Any]:
    body = {"resource_id": room.slug, "start": at(7, 10).isoformat(), "duration": 60} | fields
    answer = post(client, "/api/holds", body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_a_guest_holds_extends_and_books(client: Client, room: Resource) -> None:
    made = held_by_guest(client, room)
    token = {"X_Reservation_Token": made["manage_token"]}
    address = f"/api/holds/{made['id']}"

    assert made["status"] == "held"
    assert (
        post(client, "/api/holds", {"resource_id": room.slug, "start": at(7, 10).isoformat()}).status_code
        == 409
    )
    row = Reservation.objects.get(pk=made["id"])
    Reservation.objects.filter(pk=row.pk).update(expires_at=now() + timedelta(minutes=2))
    extended = post(client, f"{address}/extend", **token).json()
    assert extended["expires_at"] > (now() + timedelta(minutes=8)).astimezone(row.venue.zone).isoformat()
    refused = post(client, f"{address}/confirm", {}, **token)
    assert (refused.status_code, set(refused.json()["fields"])) == (
        400,
        {"customer_info.name", "customer_info.email"},
    )
    booked = post(client, f"{address}/confirm", {"customer_info": CUSTOMER_INFO}, **token).json()
    assert (booked["status"], booked["customer_info"]["email"]) == ("confirmed", "ada@example.com")
    assert Allocation.objects.get(reservation=row).expires_at is None
    assert post(client, f"{address}/extend", **token).json()["code"] == "transition_not_allowed"


def test_a_hold_is_extended_three_times_its_length_at_most(client: Client, room: Resource) -> None:
    made = held_by_guest(client, room)
    token = {"X_Reservation_Token": made["manage_token"]}
    created = now().replace(microsecond=0) - timedelta(minutes=25)
    Reservation.objects.filter(pk=made["id"]).update(
        created_at=created, expires_at=now() + timedelta(minutes=1)
    )

    last = post(client, f"/api/holds/{made['id']}/extend", **token)
    over = post(client, f"/api/holds/{made['id']}/extend", **token)

    assert datetime.fromisoformat(last.json()["expires_at"]).astimezone(UTC) == created + timedelta(
        minutes=30
    )
    assert (over.status_code, over.json()["code"]) == (400, "hold_limit")


def test_an_expired_hold_comes_back_only_if_its_time_is_free(client: Client, room: Resource) -> None:
    made = held_by_guest(client, room)
    token = {"X_Reservation_Token": made["manage_token"]}
    past = now() - timedelta(minutes=1)
    Reservation.objects.filter(pk=made["id"]).update(expires_at=past)
    Allocation.objects.filter(reservation_id=made["id"]).update(expires_at=epoch_seconds(past))
    book(room, at(7, 10))

    for action, body in (("extend", {}), ("confirm", {"customer_info": CUSTOMER_INFO})):
        answer = post(client, f"/api/holds/{made['id']}/{action}", body, **token)
        assert (answer.status_code, answer.json()["code"]) == (409, "hold_expired"), action


def test_releasing(client: Client, room: Resource) -> None:
    made = held_by_guest(client, room)
    headers = {"X-Reservation-Token": made["manage_token"]}

    assert client.delete(f"/api/holds/{made['id']}").status_code == 404
    assert client.delete(f"/api/holds/{made['id']}", headers=headers).json()["status"] == "expired"
    assert client.delete(f"/api/holds/{made['id']}", headers=headers).status_code == 200
    book(room, at(7, 10))


def test_a_booking_is_not_released_by_the_holds_door(client: Client, asked: Reservation) -> None:
    headers = {"X-Reservation-Token": token_for(asked)}
    answer = client.delete(f"/api/holds/{asked.pk}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "transition_not_allowed")
    asked.refresh_from_db()
    assert asked.status == Status.PENDING


def test_a_signed_in_hold_belongs_to_the_account(client: Client, room: Resource) -> None:
    customer = make_user()
    client.force_login(customer)
    made = held_by_guest(client, room)
    assert "manage_token" not in made
    booked = post(client, f"/api/reservations/{made['id']}/confirm").json()
    assert (booked["status"], booked["user_id"]) == ("confirmed", str(customer.pk))


def test_holding_twice_with_one_key(client: Client, room: Resource) -> None:
    body = {"resource_id": room.slug, "start": at(7, 10).isoformat()}
    first = post(client, "/api/holds", body, Idempotency_Key="one")
    second = post(client, "/api/holds", body, Idempotency_Key="one")
    assert first.json()["id"] == second.json()["id"]
    assert Reservation.objects.count() == 1


@pytest.mark.once
def test_strangers_do_not_see_holds(client: Client, room: Resource) -> None:
    reservation = hold(room, at(7, 10))
    client.force_login(make_user())
    for method, tail in (("get", ""), ("delete", ""), ("post", "/extend"), ("post", "/confirm")):
        answer = getattr(client, method)(f"/api/holds/{reservation.pk}{tail}")
        assert answer.status_code == 404, tail


@pytest.mark.parametrize("info", [None, CUSTOMER_INFO])
def test_a_hold_that_staff_confirm_stays_its_customers(client: Client, room: Resource, info: Any) -> None:
    customer = make_user()
    held = hold(room, at(7, 10), customer=Customer.from_user(customer), actor=Actor(customer))
    client.force_login(make_member(room.venue))

    body = act(client, held, "confirm", {"customer_info": info}).json()

    assert (body["status"], body["user_id"]) == ("confirmed", str(customer.pk))
    assert body["customer_info"]["email"] == (info["email"] if info else customer.email)


def test_customers_approve_nothing_that_has_just_begun_to_wait(asked: Reservation) -> None:
    """Confirmed when the view read it, moved and thus pending again by the time it answers."""
    asked.status = Status.CONFIRMED
    request = Request(HttpRequest())
    request.user = asked.customer or AnonymousUser()

    _confirm(request, asked, {"as_staff": False})
    with pytest.raises(StaleVersion):
        _confirm(request, asked, {"as_staff": False, "version": 2})

    asked.refresh_from_db()
    assert asked.status == Status.PENDING


def test_nothing_is_returned_that_nobody_asked_for(client: Client, room: Resource) -> None:
    room.cancellation_policy = make_policy(room.venue, (0, "60", "0"))
    room.save()
    customer = make_user()
    mine = book(room, at(7, 10), customer=Customer.from_user(customer))
    record_payment(reservation_id=mine.pk, amount=mine.total_amount, actor=Actor(source=Source.STAFF))
    client.force_login(customer)

    first = act(client, mine, "cancel", {"refund_request": False}).json()
    again = act(client, mine, "cancel", {"refund_request": True}).json()

    assert [first[name] for name in ("fee", "paid", "refund", "due", "credit")] == [
        *("10.00", "25.00", "0.00", "0.00", "15.00")
    ]
    assert [again["refund"], again["credit"]] == ["0.00", "15.00"]
    assert [payment.kind for payment in payments_for(mine)] == ["charge"]
    assert (first["reservation"]["refund_declined"], first["reservation"]["payment"]["credit"]) == (
        True,
        "15.00",
    )
    page = client.get(manage_path(mine))
    history = client.get(f"/api/reservations/{mine.pk}/history").json()["results"][-1]
    assert history["changes"]["refund_declined"] == [False, True]
    assert "Not refunded, at your request" in page.content.decode()
