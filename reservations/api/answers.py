from rest_framework import serializers

from common.serializing import Shape, ZonedDateTimeField
from reservations.api.serializers import ReservationSerializer
from reservations.api.shapes import Terms, amount
from resources.api.serializers import ResourceBriefSerializer


class CreatedReservation(ReservationSerializer):
    """A new reservation; the two last are for guests only."""

    manage_token = serializers.CharField(required=False, help_text="Send it as X-Reservation-Token")
    manage_url = serializers.URLField(required=False, help_text="A page for the guest")

    class Meta(ReservationSerializer.Meta):
        fields = (*ReservationSerializer.Meta.fields, "manage_token", "manage_url")  # type: ignore[assignment]


class BookedTogether(Shape):
    """In the order in which they were named."""

    reservations = ReservationSerializer(many=True)


class Cancelled(Terms):
    """The cancelled reservation with what it cost."""

    reservation = ReservationSerializer()


class MyReservations(Shape):
    """One's own reservations; the counts are of all, not only of those shown."""

    upcoming_count = serializers.IntegerField()
    past_count = serializers.IntegerField()
    upcoming = ReservationSerializer(many=True)
    past = ReservationSerializer(many=True)


class SeriesOccurrence(Shape):
    """One date of a series: free with its price, or why not and what else is free near it."""

    date = serializers.DateField()
    start = ZonedDateTimeField(allow_null=True, help_text="null: a time the clocks skip that day")
    end = ZonedDateTimeField(allow_null=True)
    available = serializers.BooleanField()
    reason = serializers.CharField(allow_null=True, help_text="A code of docs/errors.md")
    message = serializers.CharField(allow_null=True)
    resources = ResourceBriefSerializer(many=True, help_text="What would be booked")
    price = serializers.CharField(allow_null=True)
    alternatives = serializers.ListField(child=ZonedDateTimeField())


class SeriesPreview(Shape):
    """A dry run: nothing is booked or held."""

    rule = serializers.CharField()
    count = serializers.IntegerField()
    available_count = serializers.IntegerField()
    total = amount("Of all that are free")
    currency = serializers.CharField()
    occurrences = SeriesOccurrence(many=True)


class Refused(Shape):
    date = serializers.DateField()
    start = ZonedDateTimeField(allow_null=True)
    reason = serializers.CharField()
    message = serializers.CharField()
    alternatives = serializers.ListField(child=ZonedDateTimeField())


class Series(Shape):
    """A series with its reservations, first to come first; ``skipped`` only where it was just made."""

    id = serializers.UUIDField()
    rule = serializers.CharField()
    created_at = ZonedDateTimeField()
    count = serializers.IntegerField()
    reservations = ReservationSerializer(many=True)
    skipped = Refused(many=True, required=False)


class SeriesChanged(Shape):
    dry_run = serializers.BooleanField()
    count = serializers.IntegerField()
    reservations = ReservationSerializer(many=True)


class SeriesCancelled(SeriesChanged):
    fee = amount("Kept, of all of them")
    refund = amount("Returned, of all of them")
    currency = serializers.CharField()


class OverrideRow(Shape):
    id = serializers.IntegerField(allow_null=True, help_text="null in a preview")
    resource_id = serializers.UUIDField(allow_null=True, help_text="null: the whole venue")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    start_time = serializers.CharField(allow_null=True)
    end_time = serializers.CharField(allow_null=True)
    is_available = serializers.BooleanField()
    reason = serializers.CharField(allow_blank=True)


class ClosureAnswer(Shape):
    """What was written, and the bookings that lie in the closed time: they stay until staff act."""

    dry_run = serializers.BooleanField()
    overrides = OverrideRow(many=True)
    affected_count = serializers.IntegerField()
    affected_reservations = ReservationSerializer(many=True)


class ShiftedHours(Shape):
    id = serializers.IntegerField()
    resource_id = serializers.UUIDField(allow_null=True)
    day_of_week = serializers.IntegerField()
    before = serializers.CharField()
    start_time = serializers.CharField()
    end_time = serializers.CharField()


class ShiftAnswer(Shape):
    dry_run = serializers.BooleanField()
    hours = ShiftedHours(many=True)
    affected_count = serializers.IntegerField()
    affected_reservations = ReservationSerializer(many=True)


class RelocationRow(Shape):
    reservation_id = serializers.UUIDField()
    code = serializers.CharField()
    start = ZonedDateTimeField()
    end = ZonedDateTimeField()
    to = ResourceBriefSerializer(allow_null=True, help_text="null: nothing equivalent is free")
    reason = serializers.CharField(allow_null=True)


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
