"""Rows are inserted as the ORM would insert them."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from common.inserting import MOST_ROWS, insert_rows
from common.keys import uuid7
from live.models import Change
from notifications.enums import Channel
from notifications.models import Message
from reservations.models import Allocation, Reservation, ReservationEvent, ReservationItem
from tests.factories import at, book, make_resource

pytestmark = pytest.mark.django_db
Copies = Callable[[type[Any], int], list[Any]]
WRITTEN = (Reservation, ReservationItem, Allocation, ReservationEvent, Message, Change)
MOMENT = datetime(2027, 1, 2, 3, 4, 5, 678901, UTC)


@pytest.fixture
def copies() -> Copies:
    """Rows like one that a booking wrote, with values of all sorts, not saved yet."""
    booked = book(make_resource(), at(9), party_size=2)
    Message.objects.create(
        venue_id=booked.venue_id,
        recipient="ada@example.com",
        kind="confirmed",
        channel=Channel.EMAIL,
        payload={"a": ["ä", 1, None]},
        due_at=MOMENT,
        dedupe_key="first",
    )

    def make(model: type[Any], count: int) -> list[Any]:
        like = model.objects.filter(venue_id=booked.venue_id).first()
        values = {field.attname: getattr(like, field.attname) for field in free_fields(model)}
        rows = [model(**(values | make_unique(model, number))) for number in range(count)]
        if model in (ReservationItem, Allocation):  # a reservation has only one for each resource
            for row, owner in zip(rows, make_owners(count), strict=True):
                row.reservation = owner
        return rows

    def make_owners(count: int) -> list[Reservation]:
        return Reservation.objects.bulk_create(make(Reservation, count))

    return make


def free_fields(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not field.generated and not field.primary_key]


def make_unique(model: type[models.Model], number: int) -> dict[str, Any]:
    if model is Reservation:
        return {"id": uuid7(), "code": f"COPY{number}", "price_lines": [{"label": "ä", "amount": "1.50"}]}
    if model is Message:
        return {"id": uuid7(), "dedupe_key": f"copy {number}"}
    if model is Allocation:
        return {"b0": 1000 + 10 * number, "b1": 1005 + 10 * number}
    return {}


def read(rows: list[Any]) -> list[dict[str, Any]]:
    # The keys and what differs by row or by moment are left out.
    left_out = {"id", "code", "dedupe_key", "updated_at", "b0", "b1", "reservation_id"}
    names = [field.attname for field in free_fields(type(rows[0])) if field.attname not in left_out]
    found = type(rows[0])._base_manager.in_bulk([row.pk for row in rows])
    return [{name: getattr(found[row.pk], name) for name in names} for row in rows]


@pytest.mark.parametrize("model", WRITTEN)
@pytest.mark.parametrize("count", [1, 3, MOST_ROWS + 1])
def test_as_the_orm_does(model: type[Any], count: int, copies: Copies) -> None:
    all_rows = copies(model, 2 * count)
    ours, theirs = all_rows[:count], all_rows[count:]
    insert_rows(ours)
    model._base_manager.bulk_create(theirs)
    assert read(ours) == read(theirs)
    assert len({row.pk for row in ours}) == count
    assert not any(row._state.adding for row in ours)


def test_rows_can_be_changed_afterwards(copies: Copies) -> None:
    (row,) = copies(Allocation, 1)
    insert_rows([row])
    row.b1 += 1
    row.save()
    assert Allocation.objects.filter(b0=row.b0).values_list("pk", "b1").get() == (row.pk, row.b1)


def test_conflicts_are_refused_or_ignored(copies: Copies) -> None:
    first, second, fresh = copies(Message, 1) + copies(Message, 2)
    insert_rows([first])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([second])
    insert_rows([second, fresh], ignore_conflicts=True)
    keys = Message.objects.filter(dedupe_key__startswith="copy").order_by("dedupe_key")
    assert list(keys.values_list("dedupe_key", flat=True)) == ["copy 0", "copy 1"]
    assert Message.objects.filter(pk=first.pk).exists()


def test_nobody_goes_on_after_a_refusal(copies: Copies) -> None:
    """Else SQLite would commit the half of a change whose error somebody has caught."""
    first, second = copies(Message, 2)
    second.dedupe_key = first.dedupe_key
    with transaction.atomic():
        with suppress(IntegrityError):
            insert_rows([first, second])
        with pytest.raises(transaction.TransactionManagementError):
            Message.objects.count()


def test_nothing_is_inserted(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        insert_rows([])


@pytest.mark.parametrize("model", WRITTEN)
def test_models_have_nothing_that_only_the_orm_can_write(model: type[models.Model]) -> None:
    for field in model._meta.concrete_fields:
        assert not hasattr(field, "get_placeholder")
        assert not field.has_db_default()
    assert not model._meta.parents  # they would need two inserts
