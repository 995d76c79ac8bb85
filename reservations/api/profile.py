from typing import Any

from rest_framework import serializers

from accounts.api.profile import ProfilePart
from accounts.models import User
from common.serializing import Shape, ZonedDateTimeField
from reservations.enums import Status
from reservations.models import Reservation
from reservations.selectors import reservation_counts, reservation_history


class HistoryEntrySerializer(Shape):
    """One reservation in short; instants on the venue's wall clock."""

    id = serializers.UUIDField(source="pk")
    code = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    start = ZonedDateTimeField(source="local_start")
    end = ZonedDateTimeField(source="local_end")
    resources = serializers.ListField(child=serializers.CharField(), help_text="Their names")

    def read_resources(self, reservation: Reservation) -> list[str]:
        return [item.resource.name for item in reservation.items.all()]


class ReservationsPartSerializer(Shape):
    total_reservations = serializers.IntegerField()
    cancellation_count = serializers.IntegerField()
    reservation_history = HistoryEntrySerializer(many=True, help_text="The last ten")


def reservations_of(user: User) -> dict[str, Any]:
    return {**reservation_counts(user)._asdict(), "reservation_history": reservation_history(user)}


PART = ProfilePart(ReservationsPartSerializer, reservations_of)
