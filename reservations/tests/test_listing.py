"""Long lists are read without models, and say the same as with them."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.rendering import to_json
from reservations.api.listed import EXPANDABLE, ListedReservationSerializer, ShortForm
from reservations.api.serializers import ReservationSerializer
from reservations.domain.values import Actor, Customer, ItemRequest
from reservations.listing import list_reservations
from reservations.models import Reservation
from reservations.selectors import with_details
from reservations.services import cancel_reservation, record_payment
from resources.models import Resource
from tests.factories import at, book, hold, make_group, make_member, make_policy, make_resource, make_user

pytestmark = pytest.mark.django_db
ROWS = Reservation.objects.order_by("starts_at", "id")


@pytest.fixture
def room() -> Resource:
    """Booked in every way that a list may show."""
    room = make_resource(hourly_rate=Decimal("12.5"))
    room.cancellation_policy = make_policy(room.venue, (24, "100", "0"), (0, "50", "2.50"))
    room.save()
    other = make_resource(room.venue, rules=room.rules, photo="resources/x.webp", photo_alt="A view")
    customer = make_user()
    book(room, at(7, 10), customer=Customer.from_user(customer))
    paid = book(room, at(8, 10), requests="Tea, please")
    record_payment(reservation_id=paid.pk, amount=Decimal(5), actor=Actor(make_member(room.venue)))
    book(room, at(9, 10), items=[ItemRequest(room.pk), ItemRequest(other.pk)])
    book(room, at(9, 14), items=[ItemRequest(group_id=make_group([room]).pk)])
    hold(room, at(10, 10))
    cancelled = book(room, at(11, 10))
    cancel_reservation(reservation_id=cancelled.pk, actor=Actor())
    Reservation.objects.filter(pk=paid.pk).update(
        answers=[{"question_id": 1, "question": "Coffee?", "kind": "text", "answer": "Yes"}],
        customer_phone="",
    )
    return room


def render(kind: type[ReservationSerializer], rows: Any, user: Any, **context: Any) -> list[dict[str, Any]]:
    shape = kind(context={"user": user, "token": "", "shares_secrets": True} | context)
    return [shape.to_representation(row) for row in rows]


def test_a_list_says_the_same_with_and_without_models(room: Resource) -> None:
    for user in (make_user(is_superuser=True), Reservation.objects.exclude(customer=None).get().customer):
        in_detail = render(ReservationSerializer, with_details(ROWS), user)
        listing = list_reservations(ROWS, [room], most=100)
        assert not listing.has_more
        context = {"user": user, "token": "", "shares_secrets": True}
        in_short = json.loads(to_json(ShortForm(listing, context).pack()))
        assert in_short == [
            {name: value for name, value in row.items() if name not in EXPANDABLE} for row in in_detail
        ]
        assert len(in_short) >= 5
        for names in (("payment",), EXPANDABLE):
            expanded = render(ListedReservationSerializer, with_details(ROWS), user, expand=names)
            assert expanded == [
                {name: row[name] for name in row if name in names or name not in EXPANDABLE}
                for row in in_detail
            ]


def test_a_list_is_one_query_and_one_for_what_else_was_booked(room: Resource) -> None:
    for known, most in (([room], 2), (Resource.objects.select_related("venue"), 1)):
        resources = list(known)
        with CaptureQueriesContext(connection) as asked:
            list_reservations(ROWS, resources, most=100)
        assert len(asked) == most


def test_a_page_of_a_list_ends_with_a_whole_reservation(room: Resource) -> None:
    codes = list(ROWS.values_list("code", flat=True))
    for most in range(1, 8):
        rows, _resources, has_more = list_reservations(ROWS, [room], most=most)
        assert [row.code for row in rows] == codes[: len(rows)]
        assert has_more == (len(rows) < len(codes))
        assert all(len(row.items) == Reservation.objects.get(pk=row.pk).items.count() for row in rows)
