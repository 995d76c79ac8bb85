"""Booking, reading and cancelling through the API."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from reservations.domain.values import Actor
from reservations.enums import Source, Status
from reservations.models import Reservation
from reservations.services import complete_reservation, record_payment
from reservations.tests.api_helpers import booked, local, post, wanted
from resources.enums import Approval, Audience
from tests.factories import (
    at,
    book,
    make_group,
    make_member,
    make_policy,
    make_resource,
    make_rules,
    make_user,
    make_venue,
    open_always,
    payments_for,
)

pytestmark = pytest.mark.django_db


def test_a_guest_books_and_comes_back_with_the_token(client: Client) -> None:
    room = make_resource(name="Attic")

    answer = post(client, "/api/reservations", wanted(room, party_size=3, special_requests="Window"))

    assert answer.status_code == 201
    body = answer.json()
    reservation = Reservation.objects.get()
    assert answer["Location"] == f"http://testserver/api/reservations/{reservation.pk}"
    assert answer["ETag"] == '"1"'
    assert answer["Cache-Control"] == "private, no-store"
    assert reservation.source == Source.API
    assert (body["id"], body["confirmation_code"]) == (str(reservation.pk), reservation.code)
    assert (body["status"], body["party_size"]) == ("confirmed", 3)
    assert body["start"] == local().isoformat()
    assert body["duration"] == 60
    assert body["customer_info"] == {
        "name": "Ada Lovelace",
        "email": "ada@example.com",
        "phone": "+493012345678",
    }
    assert (body["total_cost"], body["currency"]) == ("25.00", "EUR")
    assert body["price_lines"] == [{"label": "Attic", "amount": "25.00"}]
    assert body["resources"][0]["name"] == "Attic"
    assert body["resource_id"] == str(room.uuid)
    assert body["allowed_actions"] == ["cancel", "reschedule"]
    assert body["manage_url"].startswith("http://testserver/")

    token = body["manage_token"]
    address = f"/api/reservations/{reservation.pk}"
    assert client.get(address).status_code == 404
    assert client.get(address, {"token": "0" * 32}).status_code == 404
    by_query = client.get(address, {"token": token}).json()
    assert by_query == client.get(address, headers={"X-Reservation-Token": token}).json()
    assert by_query == {name: value for name, value in body.items() if not name.startswith("manage_")}


def test_a_customer_books_for_themselves(client: Client) -> None:
    user = make_user("grace@example.com", first_name="Grace", last_name="Hopper", phone="+12025550123")
    client.force_login(user)

    body = booked(client, make_resource(), customer_info=None)

    assert body["user_id"] == str(user.pk)
    assert body["customer_info"] == {
        "name": "Grace Hopper",
        "email": "grace@example.com",
        "phone": "+12025550123",
    }
    assert "manage_token" not in body
    assert client.get(f"/api/reservations/{body['id']}").json() == body


def test_a_customer_may_give_another_contact_and_keeps_the_reservation(client: Client) -> None:
    user = make_user("grace@example.com")
    client.force_login(user)

    body = booked(client, make_resource(), customer_info={"name": "Office", "phone": "+493012345678"})

    assert body["user_id"] == str(user.pk)
    assert body["customer_info"]["name"] == "Office"
    assert body["customer_info"]["email"] == "grace@example.com"


def test_staff_book_for_a_guest(client: Client) -> None:
    room = make_resource()
    client.force_login(make_member(room.venue))

    body = booked(client, room)

    assert body["user_id"] is None
    assert body["customer_info"]["email"] == "ada@example.com"
    assert "manage_token" in body


def test_the_duration_may_be_left_out_and_a_slug_will_do(client: Client) -> None:
    room = make_resource(slug="the-attic")

    body = booked(client, room, resource_id="the-attic", duration=None)

    assert body["duration"] == 60


def test_instants_with_offset(client: Client) -> None:
    room = make_resource()
    times = {"start": at(days=7, hour=10).isoformat(), "end": at(days=7, hour=12).isoformat()}

    body = booked(client, room, date=None, time=None, duration=None, **times)

    assert body["start_utc"] == at(days=7, hour=10).isoformat()
    assert body["duration"] == 120
    assert body["time_zone"] == "Europe/Berlin"


def test_several_resources_in_one_reservation(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    first, second = make_resource(venue), make_resource(venue, units=5)
    lines = [{"resource_id": str(first.uuid)}, {"resource_id": str(second.uuid), "quantity": 2}]

    body = booked(client, first, resource_id=None, resources=lines)

    assert [(each["id"], each["quantity"]) for each in body["resources"]] == [
        (str(first.uuid), 1),
        (str(second.uuid), 2),
    ]
    assert body["total_cost"] == "75.00"

    elsewhere = make_resource()
    answer = post(
        client,
        "/api/reservations",
        wanted(first, resource_id=None, resources=[*lines, {"resource_id": str(elsewhere.uuid)}]),
    )
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["resources"])


def test_any_resource_of_a_group(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    rooms = [make_resource(venue) for _ in range(2)]
    group = make_group(rooms)

    found = [booked(client, rooms[0], resource_id=None, group_id=str(group.uuid)) for _ in rooms]

    assert [each["resource_id"] for each in found] == [str(room.uuid) for room in rooms]
    assert found[0]["resources"][0]["group_id"] == str(group.uuid)
    refused = post(client, "/api/reservations", wanted(rooms[0], resource_id=None, group_id=str(group.uuid)))
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")


def test_a_taken_time_answers_with_alternatives(client: Client) -> None:
    room = make_resource()
    booked(client, room)

    answer = post(client, "/api/reservations", wanted(room, time="10:30"))

    assert answer.status_code == 409
    body = answer.json()
    assert body["code"] == "taken"
    assert "fields" not in body
    assert local(hour=11).isoformat() in body["alternatives"]


def test_an_idempotency_key_books_once(client: Client) -> None:
    room = make_resource()
    first, again = (
        post(client, "/api/reservations", wanted(room), Idempotency_Key="key-one-of-a-guest")
        for _ in range(2)
    )
    other = post(
        client, "/api/reservations", wanted(room, time="15:00"), Idempotency_Key="key-one-of-a-guest"
    )

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert Reservation.objects.count() == 1


@pytest.mark.once
@pytest.mark.parametrize("key", ["x" * 201, "tab\there", "ключ".encode().decode("latin-1")])
def test_idempotency_keys_that_are_refused(client: Client, key: str) -> None:
    answer = post(client, "/api/reservations", wanted(make_resource()), Idempotency_Key=key)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["Idempotency-Key"])


@pytest.mark.once
def test_who_may_book(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    room = make_resource(venue, rules=make_rules(venue, audience=Audience.SIGNED_IN))

    refused = post(client, "/api/reservations", wanted(room))
    assert (refused.status_code, refused.json()["code"]) == (400, "sign_in_required")
    client.force_login(make_user())
    booked(client, room)


def test_a_request_waits_for_approval_and_costs_nothing_to_cancel(client: Client) -> None:
    venue = make_venue()
    open_always(venue)
    rules = make_rules(venue, approval=Approval.MANUAL)
    room = make_resource(venue, rules=rules, cancellation_policy=make_policy(venue, (9999, "100", "0")))

    body = booked(client, room)

    assert body["status"] == "pending"
    assert body["cancellation_preview"]["fee"] == "0.00"


# --- cancelling ---------------------------------------------------------------------------------


def paid_reservation() -> Reservation:
    """40 percent less 1 euro come back, 25.00 are paid."""
    venue = make_venue()
    open_always(venue)
    room = make_resource(venue, cancellation_policy=make_policy(venue, (24, "40", "1"), (9999, "100", "0")))
    reservation = book(room)
    record_payment(reservation_id=reservation.pk, amount=Decimal("25.00"), actor=Actor())
    return reservation


def cancel(client: Client, reservation: Reservation, body: Any = None, **headers: str) -> Any:
    return post(client, f"/api/reservations/{reservation.pk}/cancel", body, **headers)


def test_cancelling_does_what_the_preview_said(client: Client) -> None:
    reservation = paid_reservation()
    client.force_login(make_member(reservation.venue))
    before = client.get(f"/api/reservations/{reservation.pk}").json()
    assert before["payment"]["status"] == "paid"
    assert before["cancellation_policy"][0]["tiers"][0]["hours_before"] == 9999
    assert "cancel" in before["allowed_actions"]

    answer = cancel(client, reservation, {"reason": "Ill", "refund_request": True})

    assert answer.status_code == 200
    body = answer.json()
    terms = {name: body[name] for name in ("fee", "paid", "refund", "due", "credit", "currency")}
    assert terms == before["cancellation_preview"]
    assert (terms["fee"], terms["refund"]) == ("16.00", "9.00")
    after = body["reservation"]
    assert (after["status"], after["cancel_reason"], after["cancellation_fee"]) == (
        "cancelled",
        "Ill",
        "16.00",
    )
    assert after["payment"] == {
        "status": "partly_refunded",
        "total": "25.00",
        "paid": "16.00",
        "due": "0.00",
        "refunded": "9.00",
        "credit": "0.00",
        "currency": "EUR",
    }
    assert after["cancellation_preview"] is None
    assert after["allowed_actions"] == []


def test_cancelling_twice_is_quiet(client: Client) -> None:
    reservation = paid_reservation()
    client.force_login(make_member(reservation.venue))

    first, second = cancel(client, reservation), cancel(client, reservation)

    assert first.status_code == second.status_code == 200
    names = ("fee", "refund", "paid")
    assert [first.json()[name] for name in names] == [second.json()[name] for name in names]
    assert payments_for(reservation).filter(kind="refund").count() == 1


def test_a_finished_reservation_cannot_be_cancelled(client: Client) -> None:
    reservation = paid_reservation()
    client.force_login(make_member(reservation.venue))
    complete_reservation(reservation_id=reservation.pk, actor=Actor(), now=reservation.starts_at)

    answer = cancel(client, reservation)

    assert (answer.status_code, answer.json()["code"]) == (400, "transition_not_allowed")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"version": 1}, {}, 200),
        ({"version": 2}, {}, 409),
        ({}, {"If_Match": '"1"'}, 200),
        ({}, {"If_Match": 'W/"1"'}, 200),
        ({}, {"If_Match": "*"}, 200),
        ({}, {"If_Match": '"2"'}, 409),
        ({}, {"If_Match": "gibberish"}, 409),
        ({"version": 0}, {}, 400),
        ({"version": "x"}, {}, 400),
        ({"reason": "x" * 501}, {}, 400),
        ({"price": "0"}, {}, 400),
    ],
)
def test_a_version_is_compared(
    client: Client, body: dict[str, Any], headers: dict[str, str], status: int
) -> None:
    reservation = book(make_resource())
    client.force_login(make_user(is_superuser=True))

    answer = cancel(client, reservation, body, **headers)

    assert answer.status_code == status
    reservation.refresh_from_db()
    assert (reservation.status == Status.CANCELLED) is (status == 200)
    if status == 409:
        assert answer.json()["code"] == "stale_version"
