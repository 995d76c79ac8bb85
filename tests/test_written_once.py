"""What is read and saved by SQL that is written once is what the ORM reads and saves."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Max, Q, QuerySet

from common.selecting import written_once
from common.updating import update_row
from reservations.domain.values import Customer
from reservations.models import Reservation, ReservationItem
from tests.factories import GUEST, at, book, make_resource, make_user

pytestmark = pytest.mark.django_db


@written_once
def select_rows(ids: list[UUID], until: datetime, size: int) -> QuerySet[Reservation]:
    rows = Reservation.objects.filter(Q(ends_at__lte=until) | Q(party_size=size), pk__in=ids)
    return rows.select_related("venue", "customer").order_by("pk")


@written_once
def select_columns(venue_id: int, resource_ids: list[int]) -> QuerySet[ReservationItem, tuple[Any, ...]]:
    rows = ReservationItem.objects.filter(venue=venue_id, resource__in=resource_ids).exclude(units=7)
    return rows.values_list("reservation", "reservation__ends_at", "reservation__price_lines").order_by("pk")


@written_once
def select_latest(venue_id: int) -> QuerySet[Reservation, tuple[Any, ...]]:
    return (
        Reservation.objects.filter(venue=venue_id).order_by().values_list("status").annotate(Max("ends_at"))
    )


@written_once
def lock_row(id: UUID) -> QuerySet[Reservation]:
    return Reservation.objects.select_for_update().filter(pk=id)


def test_as_the_orm_reads(django_assert_num_queries: Any) -> None:
    room, user = make_resource(), make_user()
    booked = [
        book(room, at(9 + number), customer=Customer.from_user(user) if number else GUEST)
        for number in range(5)
    ]
    ids = [each.pk for each in booked]
    for count in (1, 2, 3, 5, 3):
        rows = select_rows(ids[:count], booked[1].ends_at, 99)
        assert rows == booked[: min(count, 2)]
        fields = [field.attname for field in Reservation._meta.concrete_fields]
        for row in rows:
            stored = Reservation.objects.get(pk=row.pk)
            assert {name: getattr(row, name) for name in fields} == {n: getattr(stored, n) for n in fields}
            with django_assert_num_queries(0):
                assert (row.venue, row.customer) == (room.venue, row.customer_id and user)
            assert not row._state.adding
    wanted = [(each.pk, each.ends_at, each.price_lines) for each in booked]
    assert select_columns(room.venue_id, [room.pk, room.pk + 1]) == wanted
    assert select_columns(room.venue_id, [room.pk + 1]) == []
    assert select_latest(room.venue_id) == [(booked[0].status, booked[-1].ends_at)]


def test_it_compares_with_values_alone() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    for bad in ([[], now, 1], [[uuid4()], None, 1], [[str(uuid4())], now, 1]):
        with pytest.raises(TypeError):
            select_rows(*bad)
    with pytest.raises(TypeError):
        select_latest(venue_id=1)


@pytest.mark.django_db(transaction=True)
def test_locks_want_a_transaction() -> None:
    with transaction.atomic():
        assert lock_row(uuid4()) == []
    if connection.features.has_select_for_update:
        with pytest.raises(transaction.TransactionManagementError):
            lock_row(uuid4())


def test_as_the_orm_saves() -> None:
    booked = book(make_resource(), at(9))
    before = booked.updated_at
    booked.price_lines, booked.customer, booked.requests = [{"label": "ä"}], make_user(), "not saved"
    update_row(booked, "price_lines", "customer", "updated_at")
    stored = Reservation.objects.get(pk=booked.pk)
    assert (stored.price_lines, stored.customer, stored.requests) == ([{"label": "ä"}], booked.customer, "")
    assert stored.updated_at == booked.updated_at > before
    with pytest.raises(ValueError, match="nonsense"):
        update_row(booked, "nonsense")
    booked.pk = uuid4()
    with pytest.raises(DatabaseError), transaction.atomic():
        update_row(booked, "requests")
