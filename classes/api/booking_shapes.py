"""What the API says of bookings of seats."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from classes.api.numbers import NumberField
from classes.api.shapes import MessageSerializer, shown_name
from classes.enums import Attendance, InstalmentStatus
from classes.models import SeatBooking, Session
from common.money import in_coins
from common.serializing import RowShape, Shape, ZonedDateTimeField
from reservations.enums import Status
from reservations.selectors import ENDED_EARLY
from resources.api.serializers import VenueBriefSerializer

CONFIRMED, CANCELLED = "confirmed", "cancelled"


def read_booking_status(seat: SeatBooking) -> str:
    """Whether there is a booking, in document 004's two words."""
    return CANCELLED if seat.reservation.status in ENDED_EARLY else CONFIRMED


class SessionBriefSerializer(RowShape[Session]):
    start_time = ZonedDateTimeField(read_only=True)
    end_time = ZonedDateTimeField(read_only=True)

    class Meta:
        model = Session
        fields: tuple[str, ...] = ("id", "title", "start_time", "end_time")
        read_only_fields = fields

    def read_start_time(self, session: Session) -> datetime:
        return session.local_start

    def read_end_time(self, session: Session) -> datetime:
        return session.local_end


class BookedSessionSerializer(SessionBriefSerializer):
    facilitator = serializers.CharField()

    class Meta(SessionBriefSerializer.Meta):
        fields = (*SessionBriefSerializer.Meta.fields, "facilitator")
        read_only_fields = fields

    def read_facilitator(self, session: Session) -> str:
        return shown_name(session.facilitator)


class SeatSerializer(RowShape[SeatBooking]):
    """A booking of seats in a session."""

    booking_status = serializers.ChoiceField([CONFIRMED, CANCELLED])
    booking_date = ZonedDateTimeField(read_only=True)
    status = serializers.ChoiceField(Status.choices, source="reservation.status", help_text="In more detail")
    quantity = serializers.IntegerField(source="seats", help_text="People")
    attendance = serializers.ChoiceField(Attendance.choices)

    class Meta:
        model = SeatBooking
        fields: tuple[str, ...] = (
            *("id", "booking_status", "booking_date", "notes", "status", "quantity", "attendance"),
        )
        read_only_fields = fields

    def read_booking_status(self, seat: SeatBooking) -> str:
        return read_booking_status(seat)

    def read_booking_date(self, seat: SeatBooking) -> datetime:
        return seat.created_at.astimezone(seat.session.venue.zone)


class MySeatSerializer(SeatSerializer):
    """One's own."""

    session = BookedSessionSerializer()
    reservation_id = serializers.UUIDField(help_text="The same as a booking of `/api/reservations`")
    total = NumberField(help_text="What was agreed for all seats")
    currency = serializers.CharField(source="reservation.currency")
    tier = serializers.CharField(source="tier.name", allow_null=True)
    pass_id = serializers.IntegerField(allow_null=True, help_text="Whose credits were used")

    class Meta(SeatSerializer.Meta):
        fields = (
            *SeatSerializer.Meta.fields,
            *("session", "reservation_id", "total", "currency", "tier", "pass_id"),
        )
        read_only_fields = fields

    def read_total(self, seat: SeatBooking) -> Decimal:
        return in_coins(seat.reservation.total_amount, seat.reservation.currency)

    def read_pass_id(self, seat: SeatBooking) -> int | None:
        use = getattr(seat, "pass_use", None)
        return use.used_pass_id if use is not None and use.returned_at is None else None


class InstalmentSerializer(Shape):
    id = serializers.IntegerField(source="pk")
    due_on = serializers.DateField()
    amount = NumberField()
    status = serializers.ChoiceField(InstalmentStatus.choices)


class SeatDetailSerializer(MySeatSerializer):
    """One booking, with its instalments."""

    venue = VenueBriefSerializer(source="session.venue")
    code = serializers.CharField(source="reservation.code")
    instalments = InstalmentSerializer(many=True)

    class Meta(MySeatSerializer.Meta):
        fields = (*MySeatSerializer.Meta.fields, "venue", "code", "instalments")
        read_only_fields = fields

    def read_instalments(self, seat: SeatBooking) -> list[dict[str, Any]]:
        if not seat.pays_plan:
            return []
        currency = seat.reservation.currency
        return [
            {
                "pk": part.pk,
                "due_on": part.due_on,
                "amount": in_coins(part.amount, currency),
                "status": part.status,
            }
            for part in seat.instalments.order_by("position")
        ]


class AttendeeSerializer(Shape):
    """Whose booking it is, with how to reach them."""

    id = serializers.UUIDField(source="customer_id", allow_null=True, help_text="null: a guest")
    name = serializers.CharField(source="customer_name")
    email = serializers.CharField(source="customer_email")
    phone = serializers.CharField(source="customer_phone")

    def read_phone(self, reservation: Any) -> str:
        return str(reservation.customer_phone or "")


class RosterSerializer(SeatSerializer):
    user = AttendeeSerializer(source="reservation")
    tier = serializers.CharField(source="tier.name", allow_null=True)
    answers = serializers.ListField(child=serializers.JSONField(), help_text="To the venue's questions")

    class Meta(SeatSerializer.Meta):
        fields = (*SeatSerializer.Meta.fields, "user", "tier", "answers")
        read_only_fields = fields

    def read_answers(self, seat: SeatBooking) -> list[Any]:
        return list(seat.reservation.answers)


class LedSeatSerializer(RosterSerializer):
    """A booking of one of the sessions that one leads."""

    session = SessionBriefSerializer()

    class Meta(RosterSerializer.Meta):
        fields = (*RosterSerializer.Meta.fields, "session")
        read_only_fields = fields


class SeatMadeSerializer(MessageSerializer):
    booking_id = serializers.IntegerField()
    reservation_id = serializers.UUIDField()
    status = serializers.ChoiceField(Status.choices)
    total = NumberField()
    currency = serializers.CharField()


class SeatCancelledSerializer(MessageSerializer):
    """``fee`` is kept, ``refund`` returned."""

    booking_id = serializers.IntegerField()
    fee = NumberField()
    refund = NumberField()
    currency = serializers.CharField()
    credits_returned = serializers.BooleanField(help_text="Of a pass, where one was used")
