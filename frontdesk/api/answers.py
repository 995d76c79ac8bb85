"""What the front desk's bulk operations answer."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from rest_framework import serializers

from common.serializing import Shape, ZonedDateTimeField, minute_text
from frontdesk.planning import Relocation
from reservations.api.serializers import ReservationSerializer
from resources.api.serializers import ResourceBriefSerializer
from resources.models import AvailabilityOverride, OpeningHours, Resource


class OverrideRow(Shape):
    # Context: ids (of the resources named, by key), is_preview.

    id = serializers.IntegerField(allow_null=True, help_text="null in a preview")
    resource_id = serializers.UUIDField(allow_null=True, help_text="null: the whole venue")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    start_time = serializers.CharField(allow_null=True)
    end_time = serializers.CharField(allow_null=True)
    is_available = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)

    def read_id(self, row: AvailabilityOverride) -> int | None:
        return None if self.context["is_preview"] else row.pk

    def read_resource_id(self, row: AvailabilityOverride) -> UUID | None:
        return _id_of(row, self.context)

    def read_start_time(self, row: AvailabilityOverride) -> str | None:
        return minute_text(row.start_time) if row.start_time else None

    def read_end_time(self, row: AvailabilityOverride) -> str | None:
        return minute_text(row.end_time) if row.end_time else None


class ClosureAnswer(Shape):
    """What was written, and the bookings that lie in the closed time: they stay until staff act."""

    dry_run = serializers.BooleanField()
    overrides = OverrideRow(many=True)
    affected_count = serializers.IntegerField()
    affected_reservations = ReservationSerializer(many=True)


class ShiftedHours(Shape):
    # Context: ids (of the resources named, by key).

    id = serializers.IntegerField(source="row.pk")
    resource_id = serializers.UUIDField(allow_null=True)
    day_of_week = serializers.IntegerField(source="row.weekday")
    before = serializers.CharField()
    start_time = serializers.CharField()
    end_time = serializers.CharField()

    def read_resource_id(self, shifted: dict[str, Any]) -> UUID | None:
        return _id_of(shifted["row"], self.context)

    def read_start_time(self, shifted: dict[str, Any]) -> str:
        return minute_text(shifted["row"].start_time)

    def read_end_time(self, shifted: dict[str, Any]) -> str:
        return minute_text(shifted["row"].end_time)


def _id_of(row: AvailabilityOverride | OpeningHours, context: Mapping[str, Any]) -> UUID | None:
    id_: UUID | None = context["ids"].get(row.resource_id)
    return id_


class ShiftAnswer(Shape):
    dry_run = serializers.BooleanField()
    hours = ShiftedHours(many=True)
    affected_count = serializers.IntegerField()
    affected_reservations = ReservationSerializer(many=True)


class RelocationRow(Shape):
    # Context: resources by key.

    reservation_id = serializers.UUIDField(source="reservation.pk")
    code = serializers.CharField(source="reservation.code")
    start = ZonedDateTimeField(source="reservation.local_start")
    end = ZonedDateTimeField(source="reservation.local_end")
    to = ResourceBriefSerializer(allow_null=True, help_text="null: nothing equivalent is free")
    reason = serializers.CharField(allow_null=True)

    def read_to(self, relocation: Relocation) -> Resource | None:
        resources: dict[int, Resource] = self.context["resources"]
        return resources[relocation.to.id] if relocation.to else None


class RelocationAnswer(Shape):
    dry_run = serializers.BooleanField()
    moved_count = serializers.IntegerField()
    unmoved_count = serializers.IntegerField()
    results = RelocationRow(many=True)


class SpecialEventAnswer(Shape):
    """The reservation that takes the time, or the override that opens or closes it."""

    mode = serializers.ChoiceField(choices=["occupies", "opens", "closes"])
    reservation = ReservationSerializer(allow_null=True)
    overrides = OverrideRow(many=True)
    affected_count = serializers.IntegerField()
    affected_reservations = ReservationSerializer(many=True)
