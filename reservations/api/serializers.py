from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.clock import instant_text, now
from common.serializing import Reader, RowShape, Shape, day_text, minute_text
from payments.models import Payment
from reservations.api.links import ReservationLinks, token_in
from reservations.api.replies import AnswerShape
from reservations.api.shapes import PaymentState, PolicyShare, PriceLineShape, Terms
from reservations.enums import CANCELLABLE, Status
from reservations.models import Reservation, ReservationItem
from reservations.permissions import allowed_actions
from reservations.selectors import payment_summary
from reservations.services import cancellation_preview
from reservations.services.cancelling import CancellationTerms
from resources.api.fields import PriceField
from resources.api.links import photo_field
from resources.api.serializers import VenueBriefSerializer
from resources.models import Resource
from scheduling.zones import from_minute


def span_of(start: int, end: int, zone: str) -> dict[str, datetime]:
    """A span of UTC minutes on a zone's wall clock."""
    return {"start": from_minute(start, zone), "end": from_minute(end, zone)}


class Instant(serializers.Field[datetime, Any, str, Any]):
    """An instant on the wall clock of the row's venue, ISO 8601 with offset; ``utc`` in UTC."""

    def __init__(self, *, utc: bool = False, **kwargs: Any) -> None:
        self.utc = utc
        super().__init__(read_only=True, **kwargs)

    def reader(self) -> Reader:
        at_utc = attrgetter(str(self.source))

        def read(row: Any) -> str | None:
            at: datetime | None = at_utc(row)
            if at is None:
                return None
            return instant_text(at.astimezone(UTC if self.utc else row.venue.zone))

        return read


extend_schema_field(OpenApiTypes.DATETIME)(Instant)


class ItemSerializer(RowShape[ReservationItem]):
    """A booked resource; ``quantity`` counts its units."""

    photo = photo_field()

    id = serializers.UUIDField(source="resource.uuid")
    name = serializers.CharField(source="resource.name")
    slug = serializers.CharField(source="resource.slug")
    type = serializers.CharField(source="resource.kind")
    kind = serializers.CharField(source="resource.kind")
    capacity = serializers.IntegerField(source="resource.capacity")
    quantity = serializers.IntegerField(source="units")
    group_id = serializers.UUIDField(source="group.uuid", default=None, allow_null=True)

    class Meta:
        model = ReservationItem
        fields = ("id", "name", "slug", "type", "kind", "capacity", "quantity", "group_id", "photo")

    def read_photo(self, item: ReservationItem) -> Resource | None:
        return item.resource if item.resource.photo else None


class CustomerInfo(Shape):
    """Who comes; empty texts where nothing is known."""

    name = serializers.CharField(source="customer_name")
    email = serializers.CharField(source="customer_email")
    phone = serializers.SerializerMethodField(help_text="E.164")

    def get_phone(self, reservation: Reservation) -> str:
        return str(reservation.customer_phone or "")


class ReservationSerializer(RowShape[Reservation]):
    """One reservation, for those who may see it."""

    # Context: user; token, or tokens by id; shares_secrets.

    confirmation_code = serializers.CharField(source="code", help_text="The same as code")
    status_text = serializers.CharField()
    user_id = serializers.UUIDField(source="customer_id", allow_null=True)
    customer_info = CustomerInfo(source="*")
    venue = VenueBriefSerializer()
    resource_id = serializers.SerializerMethodField()
    resources = ItemSerializer(source="items", many=True)
    special_requests = serializers.CharField(source="requests")
    answers = AnswerShape(many=True, help_text="To the venue's questions, as they were asked")
    terms_accepted_at = Instant(allow_null=True, help_text="null: not, or there were none")
    sms_updates = serializers.BooleanField(
        read_only=True, help_text="Whether they agreed to text messages about this booking"
    )
    total_cost = PriceField(read_only=True, source="total_amount", help_text="With the currency's decimals")
    price_lines = PriceLineShape(many=True)
    deposit = PriceField(
        read_only=True, source="deposit_amount", help_text="To be paid before it is confirmed"
    )
    payment = PaymentState(read_only=True)
    cancellation_policy = PolicyShare(source="cancellation_terms", many=True, read_only=True)
    cancellation_preview = Terms(allow_null=True, read_only=True)
    cancellation_fee = PriceField(read_only=True, source="fee_amount", help_text="Kept when it was cancelled")
    minimum_fee = PriceField(
        read_only=True,
        help_text="Cancelling costs at least this: it was changed when cancelling was not free any more",
    )
    allowed_actions = serializers.SerializerMethodField()
    series_id = serializers.UUIDField(allow_null=True)
    start = Instant(source="starts_at", help_text="On the venue's wall clock")
    end = Instant(source="ends_at", help_text="On the venue's wall clock")
    start_utc = Instant(source="starts_at", utc=True)
    end_utc = Instant(source="ends_at", utc=True)
    date = serializers.DateField(read_only=True, help_text="Local date of the start")
    time = serializers.SerializerMethodField(help_text="Local time of the start, like 14:30")
    duration = serializers.SerializerMethodField(help_text="Minutes")
    time_zone = serializers.CharField(source="venue.zone_name")
    links = ReservationLinks(source="*", read_only=True)
    expires_at = Instant(help_text="Until when it is held; null when it is no hold", allow_null=True)
    created_at = Instant()
    updated_at = Instant()

    class Meta:
        model = Reservation
        fields = (
            "id",
            "code",
            "confirmation_code",
            "status",
            "status_text",
            "purpose",
            "title",
            "user_id",
            "customer_info",
            "venue",
            "resource_id",
            "resources",
            "party_size",
            "special_requests",
            "answers",
            "terms_accepted_at",
            "sms_updates",
            "total_cost",
            "currency",
            "price_lines",
            "deposit",
            "payment",
            "cancellation_policy",
            "cancellation_preview",
            "cancellation_fee",
            "minimum_fee",
            "refund_declined",
            "cancel_reason",
            "allowed_actions",
            "source",
            "series_id",
            "version",
            "start",
            "end",
            "start_utc",
            "end_utc",
            "date",
            "time",
            "duration",
            "time_zone",
            "expires_at",
            "created_at",
            "updated_at",
            "links",
        )

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def read_sms_updates(self, reservation: Reservation) -> bool:
        return reservation.texts_agreed_at is not None

    def get_resource_id(self, reservation: Reservation) -> str | None:
        """The first booked resource, for clients that book one at a time."""
        return next((str(item.resource.uuid) for item in reservation.items.all()), None)

    def read_status_text(self, reservation: Reservation) -> str:
        return self._status_texts[reservation.status]

    @cached_property
    def _status_texts(self) -> dict[str, str]:
        return {status.value: str(status.label) for status in Status}

    def read_payment(self, reservation: Reservation) -> dict[str, Any]:
        return payment_summary(reservation)._asdict() | {"currency": reservation.currency}

    def read_cancellation_preview(self, reservation: Reservation) -> CancellationTerms | None:
        """What cancelling at this moment would cost; None when it cannot be cancelled any more."""
        if reservation.status not in CANCELLABLE:
            return None
        return cancellation_preview(reservation, now=now())

    def get_allowed_actions(self, reservation: Reservation) -> list[str]:
        token = token_in(self.context, reservation)
        return allowed_actions(self.context["user"], reservation, token, now=now())

    def read_date(self, reservation: Reservation) -> str:
        return day_text(reservation.local_start.date())

    def get_time(self, reservation: Reservation) -> str:
        return minute_text(reservation.local_start.time())

    def get_duration(self, reservation: Reservation) -> int:
        return int((reservation.ends_at - reservation.starts_at).total_seconds()) // 60


class PaymentSerializer(RowShape[Payment]):
    """One line of the ledger: amounts are positive, ``kind`` gives the direction."""

    amount = PriceField(read_only=True, help_text="With the currency's decimals")

    class Meta:
        model = Payment
        fields = ("id", "kind", "amount", "currency", "provider", "status", "note", "created_at")
