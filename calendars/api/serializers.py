from rest_framework import serializers

from common.schema import COUNT_IS_ESTIMATE
from common.serializing import Shape, ZonedDateTimeField
from reservations.api.listed import ListedReservationSerializer
from reservations.api.shapes import SpanShape
from resources.api.serializers import ResourceBriefSerializer


class BlockedSpan(SpanShape):
    reason = serializers.CharField(allow_blank=True)
    kind = serializers.ChoiceField(choices=["closure", "holiday"])


class CalendarDay(Shape):
    """Minutes; ``free_starts`` counts the starts of the usual length that can be booked."""

    date = serializers.DateField()
    open_minutes = serializers.IntegerField()
    busy_minutes = serializers.IntegerField()
    free_starts = serializers.IntegerField()
    first_free = ZonedDateTimeField(allow_null=True)


class CalendarResource(Shape):
    """``busy``: no unit is left then."""

    resource = ResourceBriefSerializer()
    time_zone = serializers.CharField()
    openings = SpanShape(many=True)
    blocked = BlockedSpan(many=True)
    busy = SpanShape(many=True)
    days = CalendarDay(many=True)


class Calendar(Shape):
    """``reservations`` are those one may see in full: one's own, for staff the venue's."""

    view = serializers.ChoiceField(choices=["day", "week", "month", "range"])
    start_date = serializers.DateField()
    end_date = serializers.DateField()
    count = serializers.IntegerField(help_text="Resources that the filters find")
    count_is_estimate = serializers.BooleanField(help_text=COUNT_IS_ESTIMATE)
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    resources = CalendarResource(many=True)
    reservations = ListedReservationSerializer(many=True)
    reservations_next = serializers.URLField(
        allow_null=True, help_text="Where more of them are, the later ones; null when these are all"
    )
    reservations_truncated = serializers.BooleanField(help_text="Whether there are more")
