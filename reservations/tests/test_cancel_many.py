"""Many are cancelled at once as each would be by itself, in a few statements, and all or none."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from common.clock import now
from live.models import Change
from notifications.models import Message
from notifications.tests.helpers import kinds_to
from payments.enums import PaymentKind
from payments.models import Payment
from reservations.domain.freeing import announcing_freed
from reservations.domain.values import Actor, Customer
from reservations.enums import Source, Status
from reservations.exceptions import ReservationNotFound, TransitionNotAllowed
from reservations.messages.names import BookingMessage
from reservations.models import Allocation, Reservation
from reservations.services import (
    cancel_many,
    cancel_reservation,
    cancellation_preview,
    check_in,
    complete_reservation,
    record_payment,
)
from reservations.signals import capacity_released
from resources.enums import Role, UnitsBy
from resources.models import Resource
from tests.factories import at, book, hold, make_member, make_policy, make_resource, make_venue, open_always
from webhooks.models import WebhookDelivery
from webhooks.services import create_endpoint

pytestmark = pytest.mark.django_db
STAFF = Actor(source=Source.STAFF)
MOST_STATEMENTS = 60


@pytest.fixture
def seats() -> Resource:
    """A pool of seats, of which cancelling costs a half."""
    venue = make_venue()
    open_always(venue)
    policy = make_policy(venue, (500, "100", "0"), (0, "50", "0"))
    return make_resource(
        venue, cancellation_policy=policy, units=200, units_by=UnitsBy.PERSON, hourly_rate=Decimal(10)
    )


def take_seats(seats: Resource, number: int, *, paid: bool = True) -> list[Reservation]:
    booked = [
        book(seats, at(7), customer=Customer(name=f"Guest {each}", email=f"guest{each}@example.com"))
        for each in range(number)
    ]
    for reservation in booked if paid else ():
        record_payment(reservation_id=reservation.pk, amount=Decimal(10), actor=STAFF)
    return list(Reservation.objects.filter(pk__in=[each.pk for each in booked]).order_by("pk"))


def snapshot(reservation: Reservation) -> dict[str, Any]:
    """What is left of it, and what was told, without what tells it from others."""
    reservation = Reservation.objects.get(pk=reservation.pk)
    event = reservation.events.latest("id")
    messages = Message.objects.filter(subject_id=str(reservation.pk)).order_by("kind", "channel")
    return {
        "status": reservation.status,
        "version": reservation.version,
        "amounts": [reservation.fee_amount, reservation.cancel_reason, reservation.refund_declined],
        "event": [event.kind, event.source, event.old_status, event.new_status, event.changes],
        "free": not Allocation.objects.filter(reservation=reservation, b0__isnull=False).exists(),
        "payments": list(
            Payment.objects.filter(bill__reservation=reservation)
            .order_by("created_at", "kind")
            .values_list("kind", "amount", "status", "of_reference")
        ),
        "messages": [
            [message.kind, message.payload["status"], message.payload.get("refund")] for message in messages
        ],
        "live": Change.objects.filter(subject_id=str(reservation.pk)).latest("id").status,
        "told": list(
            WebhookDelivery.objects.filter(payload__data__id=str(reservation.pk))
            .order_by("created_at", "event")
            .values_list("event", flat=True)
        ),
    }


@pytest.mark.parametrize(
    "how", [{}, {"waive_fee": True}, {"wants_refund": False}, {"reason": "The teacher is ill."}]
)
def test_it_is_what_cancelling_each_would_be(seats: Resource, how: dict[str, Any]) -> None:
    make_member(seats.venue, Role.MANAGER)
    create_endpoint(venue=seats.venue, url="https://1.1.1.1/hook")
    one, *many = take_seats(seats, 4)
    asked = {name: value for name, value in how.items() if name != "reason"}
    terms = [cancellation_preview(each, now=now(), **asked) for each in many]
    at_once = now()

    cancel_reservation(reservation_id=one.pk, actor=STAFF, now=at_once, **how)
    cancelled = cancel_many(ids=[each.pk for each in many], actor=STAFF, now=at_once, **how)

    assert [each.pk for each, _terms in cancelled] == [each.pk for each in many]
    assert [told for _reservation, told in cancelled] == terms
    wanted = snapshot(one)
    assert wanted["status"] == Status.CANCELLED
    assert wanted["told"][-1] in ("reservation.cancelled", "refund.succeeded")
    assert [snapshot(each) for each in many] == [wanted] * 3


def test_a_hundred_take_a_few_statements(
    seats: Resource, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make_member(seats.venue, Role.MANAGER)
    create_endpoint(venue=seats.venue, url="https://1.1.1.1/hook")
    booked = take_seats(seats, 100)
    with CaptureQueriesContext(connection) as captured, django_capture_on_commit_callbacks():
        cancel_many(ids=[each.pk for each in booked], actor=STAFF, waive_fee=True)
    assert len(captured) <= MOST_STATEMENTS, [query["sql"][:150] for query in captured]
    assert Payment.objects.filter(kind=PaymentKind.REFUND).count() == 100
    assert Reservation.objects.filter(status=Status.CANCELLED).count() == 100
    assert kinds_to("guest99@example.com")[-1] in (BookingMessage.CANCELLED, BookingMessage.REFUND)


def test_all_or_none(seats: Resource) -> None:
    first, second, third = take_seats(seats, 3, paid=False)
    check_in(reservation_id=third.pk, actor=STAFF, now=at(7))
    complete_reservation(reservation_id=third.pk, actor=STAFF, now=at(7, 10, 30))
    told = Message.objects.count()
    for ids, refusal in (
        ([first.pk, second.pk, third.pk], TransitionNotAllowed),
        ([first.pk, seats.venue.uuid], ReservationNotFound),
    ):
        with pytest.raises(refusal):
            cancel_many(ids=ids, actor=STAFF)
    assert {each.status for each in Reservation.objects.filter(pk__in=[first.pk, second.pk])} == {"confirmed"}
    assert Message.objects.count() == told


def test_what_is_cancelled_already_stays_as_it_is(seats: Resource) -> None:
    first, second = take_seats(seats, 2)
    _, terms = cancel_reservation(reservation_id=first.pk, actor=STAFF, reason="Ill")
    before = snapshot(first)
    assert dict(cancel_many(ids=[first.pk, second.pk], actor=STAFF, reason="Storm"))[first] == terms
    assert snapshot(first) == before
    assert cancel_many(ids=[], actor=STAFF) == []


def test_a_hold_and_a_request_with_a_declined_move_are_let_go(seats: Resource) -> None:
    held, asked = hold(seats, at(8)), take_seats(seats, 1, paid=False)[0]
    Reservation.objects.filter(pk=asked.pk).update(agreed_before={"starts_at": at(7).isoformat()})
    cancel_many(ids=[held.pk, asked.pk], actor=STAFF)
    for each in (held, asked):
        each.refresh_from_db()
        assert (each.status, each.expires_at, each.agreed_before) == (Status.CANCELLED, None, None)
    assert Reservation.objects.filter(agreed_before__isnull=True).count() == 2


def test_what_comes_free_is_told_once_and_last(seats: Resource) -> None:
    room = make_resource(seats.venue, rules=seats.rules)
    ids = [book(room, at(7)).pk, *(each.pk for each in take_seats(seats, 2, paid=False))]
    told: list[Any] = []

    def listen(*, leaf_ids: set[int], **_: Any) -> None:
        told.append((leaf_ids, Reservation.objects.filter(status=Status.CANCELLED).count()))

    capacity_released.connect(listen)
    try:
        with announcing_freed():
            cancel_many(ids=ids, actor=STAFF)
            assert told == []
    finally:
        capacity_released.disconnect(listen)
    assert told == [({room.pk, seats.pk}, 3)]
