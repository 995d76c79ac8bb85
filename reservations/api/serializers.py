"""What the API says of reservations and slots."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from common.clock import now
from reservations.availability import Slot, Wish
from reservations.enums import CANCELLABLE
from reservations.models import Reservation, ReservationItem
from reservations.permissions import allowed_actions
from reservations.search import price_at
from reservations.selectors import payment_summary
from reservations.services import cancellation_preview
from reservations.services.cancelling import CancellationTerms
from resources.api.serializers import ResourceBriefSerializer, VenueBriefSerializer, amount_text
from resources.facts import Bookable
from resources.pricing import rounded
from scheduling.zones import from_minute


def slot_json(bookable: Bookable, slot: Slot, wish: Wish) -> dict[str, Any]:
    """The documented form of a slot; the price is for the whole slot and party."""
    return {
        **instants(slot.start, slot.end, str(bookable.zone)),
        "available": slot.reason is None,
        "reason": slot.reason,
        "remaining": slot.remaining,
        "price": str(price_at(bookable, wish, slot.start)),
        "currency": bookable.currency,
    }


def instants(start: int, end: int, zone: str) -> dict[str, str]:
    """A span of UTC minutes on a zone's wall clock."""
    return {"start": from_minute(start, zone).isoformat(), "end": from_minute(end, zone).isoformat()}


def terms_json(terms: CancellationTerms) -> dict[str, str]:
    """Fee kept, what was paid, what of it is returned, what of the fee is still owed."""
    amounts = {"fee": terms.fee, "paid": terms.paid, "refund": terms.refund, "due": terms.due}
    shown = {name: str(rounded(amount, terms.currency)) for name, amount in amounts.items()}
    return shown | {"currency": terms.currency}


class ItemSerializer(serializers.ModelSerializer[ReservationItem]):
    """A booked resource; ``quantity`` counts its units."""

    quantity = serializers.IntegerField(source="units")
    group_id = serializers.UUIDField(source="group.uuid", default=None)

    class Meta:
        model = ReservationItem
        fields = ("quantity", "group_id")

    def to_representation(self, instance: ReservationItem) -> dict[str, Any]:
        return {**ResourceBriefSerializer(instance.resource).data, **super().to_representation(instance)}


class ReservationSerializer(serializers.ModelSerializer[Reservation]):
    """One reservation for somebody who may see it. Context: ``user`` and ``token``."""

    confirmation_code = serializers.CharField(source="code")
    status_text = serializers.CharField(source="get_status_display")
    user_id = serializers.UUIDField(source="customer_id")
    customer_info = serializers.SerializerMethodField()
    venue = VenueBriefSerializer()
    resource_id = serializers.SerializerMethodField()
    resources = ItemSerializer(source="items", many=True)
    special_requests = serializers.CharField(source="requests")
    total_cost = serializers.SerializerMethodField()
    payment = serializers.SerializerMethodField()
    cancellation_policy = serializers.SerializerMethodField()
    cancellation_preview = serializers.SerializerMethodField()
    cancellation_fee = serializers.SerializerMethodField()
    allowed_actions = serializers.SerializerMethodField()

    class Meta:
        model = Reservation
        fields = (
            "id",
            "code",
            "confirmation_code",
            "status",
            "status_text",
            "user_id",
            "customer_info",
            "venue",
            "resource_id",
            "resources",
            "party_size",
            "special_requests",
            "total_cost",
            "currency",
            "price_lines",
            "payment",
            "cancellation_policy",
            "cancellation_preview",
            "cancellation_fee",
            "cancel_reason",
            "allowed_actions",
            "source",
            "version",
        )

    def to_representation(self, instance: Reservation) -> dict[str, Any]:
        return {**super().to_representation(instance), **times_json(instance)}

    def get_customer_info(self, reservation: Reservation) -> dict[str, str]:
        return {
            "name": reservation.customer_name,
            "email": reservation.customer_email,
            "phone": str(reservation.customer_phone or ""),
        }

    def get_resource_id(self, reservation: Reservation) -> str | None:
        """The first booked resource, for clients that book one at a time."""
        return next((str(item.resource.uuid) for item in reservation.items.all()), None)

    def get_total_cost(self, reservation: Reservation) -> str:
        return amount_text(reservation.total_amount, reservation.currency)

    def get_payment(self, reservation: Reservation) -> dict[str, str]:
        summary = payment_summary(reservation)
        return {name: str(value) for name, value in summary._asdict().items()} | {
            "currency": reservation.currency
        }

    def get_cancellation_policy(self, reservation: Reservation) -> list[dict[str, Any]]:
        """As agreed when booking: each booked resource's share of the price and its tiers."""
        return [
            {
                "amount": share["amount"],
                "tiers": [
                    {"hours_before": int(hours), "refund_percentage": percent, "fee_amount": fee}
                    for hours, percent, fee in share["tiers"]
                ],
            }
            for share in reservation.cancellation_terms
        ]

    def get_cancellation_preview(self, reservation: Reservation) -> dict[str, str] | None:
        """What cancelling at this moment would cost; null when it cannot be cancelled any more."""
        if reservation.status not in CANCELLABLE:
            return None
        return terms_json(cancellation_preview(reservation, now=now()))

    def get_cancellation_fee(self, reservation: Reservation) -> str:
        return str(rounded(Decimal(reservation.fee_amount), reservation.currency))

    def get_allowed_actions(self, reservation: Reservation) -> list[str]:
        return allowed_actions(self.context["user"], reservation, self.context.get("token", ""))


def times_json(reservation: Reservation) -> dict[str, Any]:
    """Instants on the venue's wall clock and in UTC."""
    zone = reservation.venue.zone
    start, end = reservation.starts_at.astimezone(zone), reservation.ends_at.astimezone(zone)
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "start_utc": reservation.starts_at.isoformat(),
        "end_utc": reservation.ends_at.isoformat(),
        "date": start.date().isoformat(),
        "time": f"{start:%H:%M}",
        "duration": int((reservation.ends_at - reservation.starts_at).total_seconds()) // 60,
        "time_zone": str(zone),
        "expires_at": _instant(reservation.expires_at, zone),
        "created_at": _instant(reservation.created_at, zone),
        "updated_at": _instant(reservation.updated_at, zone),
    }


def _instant(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None
