"""Reservations as long lists show them: one query, and no model for each.

What is worked out for each (payment, terms of cancelling, actions) needs the model.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from common.database import Seconds
from reservations.querysets import ReservationQuerySet
from resources.models import Resource, Venue


class ListedItem(NamedTuple):
    resource_id: int
    units: int
    group: UUID | None


class ListedReservation(NamedTuple):
    """``…_second`` are seconds since 1970, UTC; ``…_text`` is as the database has it."""

    # Instants, phone numbers and lists of lists as Python has them cost more than all the rest of a list.
    id: UUID
    code: str
    customer_id: UUID | None
    customer_name: str
    customer_email: str
    status: str
    party_size: int
    requests: str
    total_amount: Decimal
    currency: str
    deposit_amount: Decimal
    fee_amount: Decimal
    minimum_fee: Decimal
    refund_declined: bool
    cancel_reason: str
    source: str
    purpose: str
    title: str
    series_id: UUID | None
    link_version: int
    version: int
    phone_text: str
    answers_text: str
    price_lines_text: str
    terms_text: str
    start_second: int
    end_second: int
    created_second: int
    updated_second: int
    expiry_second: int | None
    terms_accepted_second: int | None
    texts_agreed_second: int | None
    venue: Venue
    items: Sequence[ListedItem]

    @property
    def pk(self) -> UUID:
        return self.id


def _text(name: str) -> Cast:
    return Cast(name, TextField())


_WORKED_OUT = {
    "phone_": _text("customer_phone"),
    "answers_": _text("answers"),
    "price_lines_": _text("price_lines"),
    "terms_": _text("cancellation_terms"),
    "start_second": Seconds("starts_at"),
    "end_second": Seconds("ends_at"),
    "created_second": Seconds("created_at"),
    "updated_second": Seconds("updated_at"),
    "expiry_second": Seconds("expires_at"),
    "terms_accepted_second": Seconds("terms_accepted_at"),
    "texts_agreed_second": Seconds("texts_agreed_at"),
}
_PLAIN = ListedReservation._fields[: -len(_WORKED_OUT) - 2]
_ITEM = ("venue_id", "items__resource_id", "items__units", "items__group__uuid")
_COLUMNS = (*_PLAIN, *_WORKED_OUT, *_ITEM)
_FIRST_OF_ITEM = len(_COLUMNS) - len(_ITEM)


class Listing(NamedTuple):
    """Reservations in their order, what they book and where, and whether there are more of them."""

    rows: list[ListedReservation]
    resources: Mapping[int, Resource]
    has_more: bool


def list_reservations(
    reservations: ReservationQuerySet, resources: Iterable[Resource], *, most: int
) -> Listing:
    """``resources`` are at hand; others are read. A reservation of several counts as many."""
    order = reservations.query.order_by
    rows = reservations.annotate(**_WORKED_OUT).order_by(*order, "items__id").values_list(*_COLUMNS)
    values = list(rows[: most + 1])
    by_reservation = [list(group) for _id, group in groupby(values, key=itemgetter(0))]
    if has_more := len(values) > most:
        by_reservation.pop()  # not all of it may have been read
    known = _complete({resource.pk: resource for resource in resources}, values)
    return Listing(list(_make_rows(by_reservation, known)), known, has_more)


def _complete(known: dict[int, Resource], values: Iterable[Sequence[Any]]) -> Mapping[int, Resource]:
    """With resources that are booked beside those at hand."""
    others = {row[_FIRST_OF_ITEM + 1] for row in values} - known.keys()
    if others:
        known |= Resource.objects.select_related("venue").in_bulk(others)
    return known


def _make_rows(
    by_reservation: Iterable[Sequence[Sequence[Any]]], known: Mapping[int, Resource]
) -> Iterator[ListedReservation]:
    venues = {resource.venue_id: resource.venue for resource in known.values()}
    for rows in by_reservation:
        columns = rows[0]
        items = [ListedItem(*row[_FIRST_OF_ITEM + 1 :]) for row in rows]
        yield ListedReservation._make((*columns[:_FIRST_OF_ITEM], venues[columns[_FIRST_OF_ITEM]], items))
