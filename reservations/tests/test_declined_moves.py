"""Asking for another time and being declined: neither a way out of the fee nor a loss of the booking."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common import clock
from notifications.models import Message
from reservations.domain.agreement import AGREED
from reservations.domain.values import Actor
from reservations.enums import Source, Status
from reservations.links import token_for
from reservations.messages.names import BookingMessage
from reservations.models import Reservation
from reservations.selectors import balance, owed_amount
from reservations.services import (
    cancellation_preview,
    complete_reservation,
    confirm_reservation,
    decline_reservation,
    mark_no_show,
)
from reservations.tests.api_helpers import post
from reservations.tests.test_minimum_fee import booked, change, fee_of, move, room
from resources.enums import Approval
from resources.models import Resource
from tests.factories import at, book, make_member, make_resource

__all__ = ["booked", "room"]
pytestmark = pytest.mark.django_db
STAFF = Actor(source=Source.STAFF)


@pytest.fixture(autouse=True)
def _approved(room: Resource, booked: Reservation) -> None:
    """Two hours of tomorrow, confirmed and paid with 50.00; cancelling costs 25.00. Moves need approval."""
    room.rules.approval = Approval.MANUAL
    room.rules.save()


def state_of(reservation: Reservation) -> dict[str, Any]:
    found = Reservation.objects.get(pk=reservation.pk)
    places = sorted(found.items.values_list("resource", "units", "group"))
    occupied = found.allocations.filter(b0__isnull=False)
    rows = sorted(occupied.values_list("resource", "b0", "b1", "units"))
    values = {name: getattr(found, name) for name in (*AGREED, "status", "agreed_before")}
    return values | {"places": places, "occupied": rows}


def outcome_of(reservation: Reservation) -> tuple[Any, ...]:
    return (reservation.status, owed_amount(reservation), balance(reservation))


def decline(reservation: Reservation, now: datetime | None = None, reason: str = "") -> Reservation:
    return decline_reservation(reservation_id=reservation.pk, actor=STAFF, now=now, reason=reason)


def _swap(reservation: Reservation) -> None:
    [item] = reservation.items.all()
    other = make_resource(item.resource.venue, rules=item.resource.rules)
    change(reservation, start=at(30), end=at(30) + timedelta(hours=2), resources={item.resource_id: other.pk})


WISHES: dict[str, Callable[[Reservation], object]] = {
    "another day": lambda reservation: move(reservation, at(30)),
    "longer, over the old time": lambda reservation: move(reservation, at(1, 11), minutes=180),
    "more people": lambda reservation: change(reservation, party_size=3),
    "another place": _swap,
    "first one, then another": lambda reservation: [move(reservation, at(day)) for day in (30, 40)],
}


@pytest.mark.parametrize("wish", WISHES)
def test_what_was_booked_holds_again(booked: Reservation, wish: str) -> None:
    before = state_of(booked)
    WISHES[wish](booked)
    asked = state_of(booked)
    assert (asked["status"], asked["agreed_before"] is None) == (Status.PENDING, False)

    restored = decline(booked, reason="Closed")

    assert state_of(booked) == before
    assert [balance(restored), fee_of(booked)] == [50, 25]
    event = booked.events.get(new_status=Status.CONFIRMED, old_status=Status.PENDING)
    assert event.changes["move_declined"] == ["", "Closed"]
    mail = Message.objects.filter(kind=BookingMessage.CHANGED).order_by("-pk")[0]
    assert (mail.payload["move_declined"], mail.payload["reason"]) == (True, "Closed")


def test_who_has_lost_the_old_time_to_somebody_else_owes_nothing(room: Resource, booked: Reservation) -> None:
    move(booked, at(30))
    other = book(room, at(1, 11))
    ended = decline(booked)
    assert outcome_of(ended) == (Status.DECLINED, 0, 0)
    assert state_of(ended)["occupied"] == []
    assert state_of(other)["occupied"] != []


def test_what_earlier_moves_had_frozen_stays(room: Resource, booked: Reservation) -> None:
    move(booked, at(30))
    confirm_reservation(reservation_id=booked.pk, actor=STAFF)
    move(booked, at(60))
    book(room, at(30))
    ended = decline(booked)
    assert outcome_of(ended) == (Status.DECLINED, 25, 25)


def test_a_time_that_stood_empty_costs_the_fee(booked: Reservation) -> None:
    move(booked, at(30))
    ended = decline(booked, now=booked.starts_at)
    assert outcome_of(ended) == (Status.DECLINED, 25, 25)
    mail = Message.objects.get(kind=BookingMessage.DECLINED)
    assert Decimal(mail.payload["fee"]) == 25


def test_a_request_that_was_never_approved_returns_everything(room: Resource) -> None:
    asked = book(room, at(1, 14))
    move(asked, at(30))
    ended = decline(asked)
    assert outcome_of(ended) == (Status.DECLINED, 0, 0)


def test_an_answer_ends_the_memory(booked: Reservation) -> None:
    move(booked, at(30))
    confirm_reservation(reservation_id=booked.pk, actor=STAFF)
    assert state_of(booked)["agreed_before"] is None
    assert cancellation_preview(booked, now=clock.now()).fee == 25


def test_all_doors_say_it_and_do_it(client: Client, booked: Reservation) -> None:
    link = [booked.pk, token_for(booked)]
    wish = {"start": at(30).isoformat()}
    assert "you keep your old time" in " ".join(
        client.get(reverse("reservation-reschedule", args=link), wish).content.decode().split()
    )
    move(booked, at(30))
    assert "you keep your old time" in client.get(reverse("reservation-manage", args=link)).content.decode()

    client.force_login(make_member(booked.venue))
    desk = client.get(reverse("calendar-edit", args=[booked.pk])).content.decode()
    assert "the booking goes back to" in desk
    chosen = {"action": "decline", "_selected_action": [str(booked.pk)]}
    asked = client.post(reverse("admin:reservations_reservation_changelist"), chosen).content.decode()
    assert "if still available" in asked

    answer = post(client, f"/api/reservations/{booked.pk}/decline", {"reason": "Closed"}).json()
    assert (answer["status"], answer["payment"]["status"]) == ("confirmed", "paid")
    history = client.get(reverse("admin:reservations_reservation_history", args=[booked.pk])).content.decode()
    assert "New time declined" in history


@pytest.mark.parametrize(
    ("ends", "owed"),
    [
        (
            lambda reservation, now: complete_reservation(
                reservation_id=reservation.pk, actor=STAFF, now=now
            ),
            "12.5",
        ),
        (lambda reservation, now: mark_no_show(reservation_id=reservation.pk, actor=STAFF, now=now), "25"),
    ],
    ids=["came", "stayed away"],
)
def test_who_shortens_and_comes_pays_for_what_was_booked(
    room: Resource, booked: Reservation, ends: Callable[[Reservation, datetime], Reservation], owed: str
) -> None:
    room.rules.approval = Approval.INSTANT
    room.rules.save()
    shorter = move(booked, at(1, 10), minutes=30)
    ended = ends(shorter, shorter.starts_at + timedelta(minutes=5))
    assert owed_amount(ended) == Decimal(owed)
