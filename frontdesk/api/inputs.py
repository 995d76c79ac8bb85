"""What the front desk's bulk operations take."""

from rest_framework import serializers

from common.api_views import LocalDateText, StrictSerializer
from common.names import check_name
from resources.enums import ResourceKind

MOST_RESOURCES = 200
DRY_RUN = "Answer what would happen, change nothing"


def resource_names_field() -> serializers.ListField:
    """Ids or address names of resources."""
    child = serializers.CharField(max_length=100)
    return serializers.ListField(child=child, required=False, allow_empty=False, max_length=MOST_RESOURCES)


class PlaceInput(StrictSerializer):
    """Where: a venue (id or address name), some of its resources, or all of one kind."""

    venue = serializers.CharField(max_length=100, required=False)
    resource_ids = resource_names_field()
    kind = serializers.ChoiceField(choices=ResourceKind.choices, required=False)


class ClosureInput(PlaceInput):
    """When: local dates, all day or between two times (an end at or before the start: next day)."""

    starts_on = LocalDateText()
    ends_on = LocalDateText(required=False, help_text="The same day unless given")
    start_time = serializers.CharField(max_length=40, required=False)
    end_time = serializers.CharField(max_length=40, required=False)
    reason = serializers.CharField(
        validators=[check_name], max_length=200, required=False, allow_blank=True, default=""
    )
    is_available = serializers.BooleanField(default=False, help_text="true: open at these times instead")
    on_conflict = serializers.ChoiceField(
        choices=["keep", "refuse"], default="keep", help_text="What to do when bookings lie in this time"
    )
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN)


class ShiftInput(PlaceInput):
    """By how many minutes weekly hours begin and end later; negative: earlier."""

    days_of_week = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        required=False,
        allow_empty=False,
        max_length=7,
    )
    start_by = serializers.IntegerField(min_value=-1439, max_value=1439, default=0)
    end_by = serializers.IntegerField(min_value=-1439, max_value=1439, default=0)
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN)


class RelocationInput(StrictSerializer):
    """Whose bookings move, when, and where to: equivalent resources unless ``to`` names some."""

    resource_id = serializers.CharField(max_length=100)
    start = serializers.CharField(max_length=40)
    end = serializers.CharField(max_length=40)
    to = resource_names_field()
    dry_run = serializers.BooleanField(default=False, help_text=DRY_RUN)


class SpecialEventInput(PlaceInput):
    """``occupies`` takes the resources' time; ``opens`` and ``closes`` change that day's hours."""

    title = serializers.CharField(validators=[check_name], max_length=200)
    mode = serializers.ChoiceField(choices=["occupies", "opens", "closes"], default="occupies")
    is_maintenance = serializers.BooleanField(default=False, help_text="A block instead of an event")
    start = serializers.CharField(max_length=40)
    end = serializers.CharField(max_length=40, required=False)
    duration = serializers.IntegerField(min_value=1, required=False)
    notes = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
