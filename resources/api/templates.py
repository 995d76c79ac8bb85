"""Weekly opening hours over HTTP: *time slot templates* of a venue or of one resource."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_views import StrictSerializer
from common.idempotency import idempotent
from common.parsing import refuse
from common.schema import IDEMPOTENCY
from resources.api.configuration import Draft, EditableConfiguration
from resources.api.fields import (
    LocalDateField,
    MinutesField,
    PlaceField,
    WallTimeField,
    WeekdayField,
    WeekdaysField,
)
from resources.api.schemas import ONLY_VENUE, RESOURCE, VENUE, WRITERS, described
from resources.api.serializers import HoursSerializer
from resources.filters import ResourceRowFilter
from resources.lookups import managed_place
from resources.models import OpeningHours, Venue
from resources.services import create_rows
from resources.stranding import list_stranded_by


class WindowInput(StrictSerializer):
    """Hours on the venue's clock; an end at or before the start is on the next day."""

    start_time = WallTimeField()
    end_time = WallTimeField()
    is_available = serializers.BooleanField(default=True, help_text="False: a break within other hours")
    max_duration = MinutesField(
        least=1, allow_null=True, default=None, help_text="Longest booking that touches these hours, minutes"
    )
    valid_from = LocalDateField(allow_null=True, default=None)
    valid_until = LocalDateField(allow_null=True, default=None)


class HoursInput(WindowInput):
    """Hours of one weekday."""

    day_of_week = WeekdayField(source="weekday", help_text="0-6 is Monday-Sunday")


class TemplateInput(WindowInput):
    """Hours of some weekdays, for one resource (``resource_id``) or for a whole venue."""

    venue = PlaceField(required=False, help_text="Id or slug")
    resource_id = PlaceField(
        required=False, allow_null=True, help_text="Id or slug; without it, the whole venue"
    )
    day_of_week = WeekdayField(source="weekday", required=False, help_text="Instead of days_of_week")
    days_of_week = WeekdaysField(required=False, help_text="0-6 is Monday-Sunday; one template for each")


class TemplateSerializer(HoursSerializer):
    """Weekly hours of a venue, or of one resource (``resource_id``) instead of the venue's."""

    venue = serializers.UUIDField(source="venue.uuid")
    resource_id = serializers.UUIDField(source="resource.uuid", default=None, allow_null=True)

    class Meta(HoursSerializer.Meta):
        fields = ("id", "venue", "resource_id", *HoursSerializer.Meta.fields, "created_at")  # type: ignore[assignment]


class ChangedTemplateSerializer(TemplateSerializer):
    """Weekly hours after a change, with the reservations left outside."""

    affected_reservations = serializers.ListField(child=serializers.DictField())

    class Meta(TemplateSerializer.Meta):
        fields = (*TemplateSerializer.Meta.fields, "affected_reservations")  # type: ignore[assignment]


class TemplatesSerializer(serializers.Serializer[Any]):
    """What was created, one for each weekday."""

    templates = TemplateSerializer(many=True)


def create_templates(request: Request) -> Response:
    """One row for each weekday, all or none: 201 ``{"templates": [...]}``.

    Raises ``NotAuthenticated``, ``Forbidden``, ``NotFound`` and ``InvalidInput``.
    """
    if not request.user.pk:
        raise exceptions.NotAuthenticated
    data = TemplateInput.parsed(request.data)
    venue, resource = managed_place(request.user, data.pop("venue", None), data.pop("resource_id", None))
    days = _take_days(data)
    rows = [{"venue": venue, "resource": resource, "weekday": day, **data} for day in days]
    created = create_rows(model=OpeningHours, rows=rows)
    return Response(TemplatesSerializer({"templates": created}).data, status=status.HTTP_201_CREATED)


def _take_days(data: dict[str, Any]) -> list[int]:
    """Takes the weekdays, one or several, out of the input. Raises ``InvalidInput``."""
    single, several = data.pop("weekday", None), data.pop("days_of_week", None)
    if (single is None) == (several is None):
        refuse("days_of_week", _("Enter the weekdays: days_of_week, or day_of_week for one."))
    return [single] if several is None else list(several)


@extend_schema_view(
    create=extend_schema(
        summary="Create weekly hours",
        description=f"One template for each weekday. {WRITERS} {ONLY_VENUE}",
        parameters=[IDEMPOTENCY],
        request=TemplateInput,
        responses={201: TemplatesSerializer},
    )
)
@described("weekly hours", "weekly hours", VENUE, RESOURCE, changed=ChangedTemplateSerializer)
class TemplateViewSet(EditableConfiguration[OpeningHours]):
    model = OpeningHours
    input = TemplateInput
    serializer_class = TemplateSerializer
    filterset_class = ResourceRowFilter

    def rows(self) -> QuerySet[OpeningHours]:
        hours_rows = OpeningHours.objects.select_related("venue", "resource")
        return hours_rows.order_by("venue_id", "resource_id", "weekday", "start_time", "id")

    def rendered_change(self, row: OpeningHours) -> dict[str, Any]:
        return self.rendered(row) | {"affected_reservations": list_stranded_by(row)}

    def draft(self, data: dict[str, Any], venue: Venue, row: OpeningHours | None) -> Draft:
        """A template that is changed has one weekday, however it is given."""
        if {"weekday", "days_of_week"} & data.keys():
            days = _take_days(data)
            if len(days) != 1:
                refuse("days_of_week", _("Choose one weekday."))
            data["weekday"] = days[0]
        return Draft(data)

    @idempotent
    def create(self, request: Request) -> Response:
        return create_templates(request)
