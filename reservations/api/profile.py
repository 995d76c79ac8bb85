from typing import Any

from rest_framework import serializers

from accounts.api.profile import ProfilePart
from accounts.models import User
from reservations.enums import Status
from reservations.models import Reservation
from reservations.selectors import reservation_counts, reservation_history


class HistoryEntrySerializer(serializers.Serializer[Any]):
    """One reservation in short; instants on the venue's wall clock."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    resources = serializers.ListField(child=serializers.CharField(), help_text="Their names")


class ReservationsPartSerializer(serializers.Serializer[Any]):
    total_reservations = serializers.IntegerField()
    cancellation_count = serializers.IntegerField()
    reservation_history = HistoryEntrySerializer(many=True, help_text="The last ten")


def reservations_of(user: User) -> dict[str, Any]:
    counts = reservation_counts(user)
    history = [entry_json(reservation) for reservation in reservation_history(user)]
    return {**counts._asdict(), "reservation_history": history}


def entry_json(reservation: Reservation) -> dict[str, Any]:
    return {
        "id": str(reservation.pk),
        "code": reservation.code,
        "status": reservation.status,
        "start": reservation.local_start.isoformat(),
        "end": reservation.local_end.isoformat(),
        "resources": [item.resource.name for item in reservation.items.all()],
    }


PART = ProfilePart(ReservationsPartSerializer, reservations_of)
