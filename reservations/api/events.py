"""The history of a reservation, as the API tells it."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.clock import instant_text
from common.money import round_amount
from common.serializing import RowShape
from reservations.enums import EventKind
from reservations.models import Reservation, ReservationEvent

Teller = Callable[[str, Reservation], Any]


def _tell_instant(text: str, reservation: Reservation) -> str:
    return instant_text(datetime.fromisoformat(text).astimezone(reservation.venue.zone))


def _tell_amount(text: str, reservation: Reservation) -> str:
    return str(round_amount(Decimal(text), reservation.currency))


def _tell_number(text: str, reservation: Reservation) -> int:
    return int(text)


def _tell_flag(text: str, reservation: Reservation) -> bool:
    return text == "yes"


def _tell_text(text: str, reservation: Reservation) -> str:
    return text


def _tell_whether(text: str, reservation: Reservation) -> bool:
    return bool(text)


FIELDS: dict[str, tuple[str, Teller]] = {
    "starts_at": ("start", _tell_instant),
    "ends_at": ("end", _tell_instant),
    "expires_at": ("expires_at", _tell_instant),
    "party_size": ("party_size", _tell_number),
    "total_amount": ("total_cost", _tell_amount),
    "minimum_fee": ("minimum_fee", _tell_amount),
    "fee": ("cancellation_fee", _tell_amount),
    "refund": ("refund", _tell_amount),
    "refund_declined": ("refund_declined", _tell_flag),
    "reason": ("cancel_reason", _tell_text),
    "texts_agreed_how": ("sms_updates", _tell_whether),
    "requests": ("special_requests", _tell_text),
    "customer_name": ("customer_info.name", _tell_text),
    "customer_email": ("customer_info.email", _tell_text),
    "customer_phone": ("customer_info.phone", _tell_text),
}
"""What was recorded -> the API's name for it, and its form there; whatever else is told as it is."""


class EventSerializer(RowShape[ReservationEvent]):
    """One change: ``changes`` maps a field to its old and new value, as reservations show it.

    ``resources`` are names. Who acted is for staff to see.
    """

    # Context: reservation, is_staff.

    at = serializers.DateTimeField()
    kind_text = serializers.CharField()
    actor = serializers.SerializerMethodField(help_text="Email address of the account that acted")
    changes = serializers.DictField(
        child=serializers.ListField(child=serializers.JSONField(), min_length=2, max_length=2),
        read_only=True,
        help_text="For example `start`: [old, new]",
    )

    class Meta:
        model = ReservationEvent
        fields = ("id", "at", "kind", "kind_text", "actor", "source", "old_status", "new_status", "changes")

    def read_kind_text(self, event: ReservationEvent) -> str:
        return str(EventKind(event.kind).label)

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_actor(self, event: ReservationEvent) -> str | None:
        if not self.context.get("is_staff") or event.actor is None:
            return None
        return event.actor.email

    def read_changes(self, event: ReservationEvent) -> dict[str, list[Any]]:
        told = {}
        for recorded_name, values in event.changes.items():
            name, tell = FIELDS.get(recorded_name, (recorded_name, _tell_text))
            told[name] = [_tell_or_leave(tell, value, self.context["reservation"]) for value in values]
        return told


def _tell_or_leave(tell: Teller, value: Any, reservation: Reservation) -> Any:
    try:
        return tell(value, reservation)
    except (ValueError, TypeError, InvalidOperation):  # there was none, or another release wrote it
        return value or None
