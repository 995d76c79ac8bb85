"""Closures and special openings over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from common.api_views import StrictSerializer
from common.names import check_name
from common.parsing import refuse
from common.schema import query
from common.serializing import RowShape
from resources.api.configuration import Draft, EditableConfiguration
from resources.api.fields import LocalDateField, PlaceField, WallTimeField
from resources.api.schemas import RESOURCE, VENUE, described
from resources.filters import OverrideFilter
from resources.models import AvailabilityOverride, Venue
from resources.stranding import list_stranded_by

DAYS = [
    query("date", "What touches this local day."),
    query("date_from", "What ends on this local day or later."),
    query("date_to", "What begins on this local day or earlier."),
]


class OverrideInput(StrictSerializer):
    """Local days (``starts_on`` to ``ends_on``, or one ``date``), all day or between two times.

    Open without times: the usual hours, even on a holiday.
    """

    venue = PlaceField(required=False, help_text="Id or slug")
    resource_id = PlaceField(
        required=False, allow_null=True, help_text="Id or slug; without it, the whole venue"
    )
    date = LocalDateField(required=False, help_text="Instead of starts_on and ends_on")
    starts_on = LocalDateField(required=False)
    ends_on = LocalDateField(required=False, help_text="The same day unless given")
    start_time = WallTimeField(allow_null=True, default=None, help_text="Both times or none: all day")
    end_time = WallTimeField(allow_null=True, default=None)
    is_available = serializers.BooleanField(default=False, help_text="False: closed")
    reason = serializers.CharField(validators=[check_name], max_length=200, allow_blank=True, default="")


class OverrideSerializer(RowShape[AvailabilityOverride]):
    """An end at or before the start is on the next day; no times: all day."""

    venue = serializers.UUIDField(source="venue.uuid")
    resource_id = serializers.UUIDField(source="resource.uuid", default=None, allow_null=True)
    start_time = WallTimeField(allow_null=True)
    end_time = WallTimeField(allow_null=True)

    class Meta:
        model = AvailabilityOverride
        fields = (
            "id",
            "venue",
            "resource_id",
            "starts_on",
            "ends_on",
            "start_time",
            "end_time",
            "is_available",
            "reason",
            "created_at",
        )


class ChangedOverrideSerializer(OverrideSerializer):
    """A closure or opening as it was written, with the reservations in the closed time."""

    affected_reservations = serializers.ListField(child=serializers.DictField())

    class Meta(OverrideSerializer.Meta):
        fields = (*OverrideSerializer.Meta.fields, "affected_reservations")  # type: ignore[assignment]


@described(
    "closures and special openings",
    "a closure or special opening",
    VENUE,
    RESOURCE,
    *DAYS,
    changed=ChangedOverrideSerializer,
    created=ChangedOverrideSerializer,
)
class OverrideViewSet(EditableConfiguration[AvailabilityOverride]):
    model = AvailabilityOverride
    input = OverrideInput
    serializer_class = OverrideSerializer
    filterset_class = OverrideFilter

    def rows(self) -> QuerySet[AvailabilityOverride]:
        overrides = AvailabilityOverride.objects.select_related("venue", "resource")
        return overrides.order_by("starts_on", "start_time", "id")

    def rendered_change(self, row: AvailabilityOverride) -> dict[str, Any]:
        return self.rendered(row) | {"affected_reservations": list_stranded_by(row)}

    def draft(self, data: dict[str, Any], venue: Venue, row: AvailabilityOverride | None) -> Draft:
        day = data.pop("date", None)
        if day is not None:
            if {"starts_on", "ends_on"} & data.keys():
                refuse("date", _("Enter either a date, or starts_on and ends_on."))
            data |= {"starts_on": day, "ends_on": day}
        if row is None:
            if "starts_on" not in data:
                refuse("starts_on", _("Enter a value."))
            data.setdefault("ends_on", data["starts_on"])
        return Draft(data)
