"""Secrets, CSRF and the actions that are offered; who gets what is in ``tests.permissions``."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from reservations.domain.values import Actor, Customer
from reservations.links import token_for
from reservations.models import Reservation
from reservations.permissions import allowed_actions, can_manage
from reservations.services import confirm_hold
from reservations.tests.api_helpers import local, post, wanted
from tests.factories import at, book, hold, make_leader, make_member, make_policy, make_resource, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_facilitators_are_shown_no_actions(client: Client) -> None:
    room = make_resource()
    reservation = book(room)
    client.force_login(make_leader(room))

    assert client.get(f"/api/reservations/{reservation.pk}").json()["allowed_actions"] == []


def test_an_old_token_is_void(client: Client) -> None:
    reservation = book(make_resource())
    token = token_for(reservation)
    Reservation.objects.update(link_version=2)

    for secret in (token, "ünï©ode", "\x00"):
        assert client.get(f"/api/reservations/{reservation.pk}", {"token": secret}).status_code == 404


def test_the_token_opens_one_reservation_only(client: Client) -> None:
    mine, other = book(make_resource()), book(make_resource())
    answer = client.get(f"/api/reservations/{other.pk}", {"token": token_for(mine)})
    assert answer.status_code == 404


def test_sessions_need_a_csrf_token_and_guests_do_not() -> None:
    room = make_resource()
    browser = Client(enforce_csrf_checks=True)
    assert post(browser, "/api/reservations", wanted(room)).status_code == 201
    browser.force_login(make_user())

    refused = post(browser, "/api/reservations", wanted(room, time="15:00"))
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")

    browser.cookies["csrftoken"] = "x" * 32
    allowed = post(browser, "/api/reservations", wanted(room, time="15:00"), X_CSRFToken="x" * 32)
    assert allowed.status_code == 201


def offered(user: User, reservation: Reservation, **away: int) -> list[str]:
    """What is offered so long after the start."""
    return allowed_actions(user, reservation, now=reservation.starts_at + timedelta(**away))


def test_staff_are_offered_what_state_and_hour_allow() -> None:
    reservation = book(make_resource())
    staff, superuser = make_member(reservation.venue), make_user(is_superuser=True)

    move = ["cancel", "reschedule"]
    for away, wanted_actions in (
        ({"days": -2}, move),  # before the day nobody arrives
        ({"minutes": -1}, [*move, "check_in", "complete"]),
        ({"minutes": 1}, [*move, "check_in", "complete", "no_show"]),
        ({"days": 1}, [*move, "complete", "no_show"]),
    ):
        assert offered(staff, reservation, **away) == offered(superuser, reservation, **away)
        assert offered(staff, reservation, **away) == wanted_actions, away
    assert not can_manage(make_user(), reservation)
    held = hold(make_resource())
    assert offered(superuser, held) == ["cancel"]


def test_a_customer_is_offered_no_move_that_would_be_refused(client: Client) -> None:
    room, user = make_resource(), make_user()
    room.cancellation_policy = make_policy(room.venue, (24, "100", "0"))
    room.save()
    reservation = book(room, customer=Customer.from_user(user))

    assert offered(user, reservation, hours=-25) == ["cancel", "reschedule"]
    assert offered(user, reservation, hours=-23) == ["cancel"]  # nothing would be returned
    assert offered(user, reservation, hours=1) == ["cancel"]
    assert "reschedule" in offered(make_member(room.venue), reservation, hours=-23)

    client.force_login(user)
    address = f"/api/reservations/{reservation.pk}"
    Reservation.objects.update(starts_at=at(-1), ends_at=at(1))
    assert client.get(address).json()["allowed_actions"] == ["cancel"]
    body = json.dumps({"start": local(9).isoformat()})
    moved = client.put(address, body, content_type="application/json")
    assert (moved.status_code, moved.json()["code"]) == (400, "too_late_to_change")


def test_a_hold_that_became_a_booking_is_its_customers() -> None:
    room, user = make_resource(), make_user()
    held = hold(room)
    confirm_hold(reservation_id=held.pk, customer=Customer.from_user(user), actor=Actor(user))
    held.refresh_from_db()

    assert offered(user, held, days=-1) == ["cancel", "reschedule"]
