"""Reservations in long lists: a short form of each, and more with ``expand``."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.utils.functional import cached_property
from orjson import Fragment
from rest_framework import serializers

from common.clock import second_text
from common.rendering import pack
from common.serializing import Reader, Shape
from reservations.api.links import ReservationLinks
from reservations.api.replies import AnswerShape
from reservations.api.serializers import ItemSerializer, ReservationSerializer
from reservations.api.shapes import PaymentState, PolicyShare, PriceLineShape, Terms
from reservations.enums import Status
from reservations.listing import ListedItem, ListedReservation, Listing
from reservations.models import Reservation, ReservationItem
from resources.api.fields import amount_text
from resources.api.links import address_of
from resources.api.serializers import VenueBriefSerializer
from resources.models import ResourceGroup

EXPANDABLE = ("payment", "cancellation_preview", "allowed_actions")


class ListedReservationSerializer(ReservationSerializer):
    """A reservation in a long list: what has to be worked out for each comes with `expand`."""

    # Context: expand, names out of EXPANDABLE.

    payment = PaymentState(required=False, help_text="With `expand=payment`")
    cancellation_preview = Terms(
        required=False, allow_null=True, help_text="With `expand=cancellation_preview`"
    )
    allowed_actions = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(), required=False, help_text="With `expand=allowed_actions`"
    )
    _is_sparse = False  # what is not asked for has no reader

    @cached_property
    def _readers(self) -> list[tuple[str, Reader]]:
        left_out = {*EXPANDABLE} - {*self.context["expand"]}
        return [(name, read) for name, read in super()._readers if name not in left_out]

    def read_allowed_actions(self, reservation: Reservation) -> list[str]:
        return self.get_allowed_actions(reservation)


class ShortForm:
    """``ListedReservationSerializer`` without ``expand``, for rows that are no models.

    Written out, and parts that come again rendered once: of thousands of rows each field counts.
    """

    def __init__(self, listing: Listing, context: Mapping[str, Any]) -> None:
        self._listing, self._context = listing, context
        self._user_id = context["user"].pk
        self._shows_secrets = bool(context.get("shares_secrets"))
        self._knows_token = bool(context.get("token") or context.get("tokens"))
        self._status_texts = {status.value: str(status.label) for status in Status}
        self._venues = cache(lambda venue: pack(VenueBriefSerializer().to_representation(venue)))
        self._items = cache(self._pack_item)
        self._answers, self._price_lines, self._terms = map(
            _pack_rows_of, (AnswerShape(), PriceLineShape(), PolicyShare())
        )

    def pack(self) -> list[Fragment]:
        return [pack(self._render(row)) for row in self._listing.rows]

    def _render(self, row: ListedReservation) -> dict[str, Any]:
        return self._say_what(row) | self._say_cost(row) | self._say_when(row)

    def _say_what(self, row: ListedReservation) -> dict[str, Any]:
        return {
            "id": row.id,
            "code": row.code,
            "confirmation_code": row.code,
            "status": row.status,
            "status_text": self._status_texts[row.status],
            "purpose": row.purpose,
            "title": row.title,
            "user_id": row.customer_id,
            "customer_info": {
                "name": row.customer_name,
                "email": row.customer_email,
                "phone": row.phone_text,
            },
            "venue": self._venues(row.venue),
            "resource_id": self._listing.resources[row.items[0].resource_id].uuid if row.items else None,
            "resources": [self._items(item) for item in row.items],
            "party_size": row.party_size,
            "special_requests": row.requests,
            "answers": self._answers(row.answers_text),
            "sms_updates": row.texts_agreed_second is not None,
            "cancel_reason": row.cancel_reason,
            "source": row.source,
            "series_id": row.series_id,
            "version": row.version,
            "links": self._say_where(row),
        }

    def _say_cost(self, row: ListedReservation) -> dict[str, Any]:
        currency = row.currency
        return {
            "total_cost": amount_text(row.total_amount, currency),
            "currency": currency,
            "price_lines": self._price_lines(row.price_lines_text),
            "deposit": amount_text(row.deposit_amount, currency),
            "cancellation_policy": self._terms(row.terms_text),
            "cancellation_fee": amount_text(row.fee_amount, currency),
            "minimum_fee": amount_text(row.minimum_fee, currency),
            "refund_declined": row.refund_declined,
        }

    def _say_when(self, row: ListedReservation) -> dict[str, Any]:
        zone, start, end = row.venue.zone, row.start_second, row.end_second
        start_text = second_text(start, zone)
        accepted, expiry = row.terms_accepted_second, row.expiry_second
        return {
            "terms_accepted_at": None if accepted is None else second_text(accepted, zone),
            "start": start_text,
            "end": second_text(end, zone),
            "start_utc": second_text(start, UTC),
            "end_utc": second_text(end, UTC),
            "date": start_text[:10],
            "time": start_text[11:16],
            "duration": (end - start) // 60,
            "time_zone": row.venue.zone_name,
            "expires_at": None if expiry is None else second_text(expiry, zone),
            "created_at": second_text(row.created_second, zone),
            "updated_at": second_text(row.updated_second, zone),
        }

    def _say_where(self, row: ListedReservation) -> dict[str, Any]:
        is_own = row.customer_id is not None and row.customer_id == self._user_id
        if not (self._shows_secrets and (is_own or self._knows_token)):
            return {"self": address_of("api-reservations-detail", row.id), "page": None, "ics": None}
        reservation = Reservation(
            id=row.id,
            customer_id=row.customer_id,
            link_version=row.link_version,
            ends_at=datetime.fromtimestamp(row.end_second, UTC),
        )
        return ReservationLinks(context=self._context).to_representation(reservation)

    def _pack_item(self, item: ListedItem) -> Fragment:
        resource = self._listing.resources[item.resource_id]
        group = ResourceGroup(uuid=item.group) if item.group else None
        row = ReservationItem(resource=resource, units=item.units, group=group)
        return pack(ItemSerializer().to_representation(row))


def _pack_rows_of(shape: Shape) -> Callable[[str], Fragment]:
    """Renders the rows in a list's JSON."""

    @cache
    def pack_rows(text: str) -> Fragment:
        return pack([shape.to_representation(row) for row in json.loads(text)])

    return pack_rows
