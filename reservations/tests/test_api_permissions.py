"""Who gets what at each endpoint."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reservations.enums import Status
from reservations.links import token_for
from reservations.models import Reservation
from reservations.permissions import allowed_actions, can_manage
from reservations.services import confirm_hold
from reservations.services.values import Actor, Customer
from reservations.tests.api_helpers import post, wanted
from resources.enums import Role
from tests.factories import book, hold, make_member, make_resource, make_user, make_venue

pytestmark = pytest.mark.django_db

WHO = ("anonymous", "customer", "other customer", "staff", "other staff", "superuser", "guest with token")
PUBLIC = dict.fromkeys(WHO, 200)
OWN = PUBLIC | {"anonymous": 404, "other customer": 404, "other staff": 404}

Call = Callable[[Client, Reservation, dict[str, str]], Any]


def _room(reservation: Reservation) -> str:
    return str(reservation.items.get().resource.uuid)


TABLE: dict[str, tuple[Call, dict[str, int]]] = {
    "GET resources": (lambda c, r, h: c.get("/api/resources", headers=h), PUBLIC),
    "GET resources/<id>": (lambda c, r, h: c.get(f"/api/resources/{_room(r)}", headers=h), PUBLIC),
    "GET timeslots": (
        lambda c, r, h: c.get(f"/api/timeslots?date=2027-03-01&resource_id={_room(r)}", headers=h),
        PUBLIC,
    ),
    "GET availability": (
        lambda c, r, h: c.get(f"/api/availability?date=2027-03-01&resource_id={_room(r)}", headers=h),
        PUBLIC,
    ),
    "POST reservations": (
        lambda c, r, h: post(c, "/api/reservations", wanted(r.items.get().resource, time="20:00"), **h),
        dict.fromkeys(WHO, 201),
    ),
    "GET reservations/<id>": (lambda c, r, h: c.get(f"/api/reservations/{r.pk}", headers=h), OWN),
    "POST reservations/<id>/cancel": (lambda c, r, h: post(c, f"/api/reservations/{r.pk}/cancel", **h), OWN),
}


def _user(who: str, reservation: Reservation) -> User | None:
    match who:
        case "customer":
            return reservation.customer
        case "other customer":
            return make_user()
        case "staff":
            return make_member(reservation.venue)
        case "other staff":
            return make_member(make_venue())
        case "superuser":
            return make_user(is_superuser=True)
    return None


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("endpoint", TABLE)
def test_the_table(client: Client, endpoint: str, who: str) -> None:
    user = make_user()
    reservation = book(make_resource(), customer=Customer.from_user(user))
    signed_in = _user(who, reservation)
    if signed_in:
        client.force_login(signed_in)
    headers = {"X-Reservation-Token": token_for(reservation)} if who == "guest with token" else {}
    call, expected = TABLE[endpoint]

    answer = call(client, reservation, headers)

    assert answer.status_code == expected[who], answer.content
    if answer.status_code == 404:
        assert answer.json()["code"] == "not_found"
        reservation.refresh_from_db()
        assert reservation.status == Status.CONFIRMED


def test_what_is_not_there_and_what_is_not_yours_look_alike(client: Client) -> None:
    reservation = book(make_resource())
    hidden = client.get(f"/api/reservations/{reservation.pk}")
    missing = client.get("/api/reservations/00000000-0000-4000-8000-000000000000")

    assert hidden.content == missing.content
    assert hidden.status_code == missing.status_code == 404


def test_facilitators_see_but_do_not_touch(client: Client) -> None:
    reservation = book(make_resource())
    client.force_login(make_member(reservation.venue, Role.FACILITATOR))

    assert client.get(f"/api/reservations/{reservation.pk}").json()["allowed_actions"] == []
    refused = post(client, f"/api/reservations/{reservation.pk}/cancel")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


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


def test_staff_are_offered_what_the_state_allows() -> None:
    reservation = book(make_resource())
    staff, superuser = make_member(reservation.venue), make_user(is_superuser=True)

    everything = ["cancel", "reschedule", "check_in", "complete", "no_show"]
    assert allowed_actions(staff, reservation) == allowed_actions(superuser, reservation) == everything
    assert not can_manage(make_user(), reservation)
    held = hold(make_resource())
    assert allowed_actions(superuser, held) == ["cancel"]


def test_a_hold_that_became_a_booking_is_its_customers() -> None:
    room, user = make_resource(), make_user()
    held = hold(room)
    confirm_hold(reservation_id=held.pk, customer=Customer.from_user(user), actor=Actor(user))
    held.refresh_from_db()

    assert allowed_actions(user, held) == ["cancel", "reschedule"]
