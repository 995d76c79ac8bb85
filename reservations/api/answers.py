from rest_framework import serializers

from common.serializing import DecimalTextField, Shape, ZonedDateTimeField
from reservations.api.serializers import ReservationSerializer
from reservations.api.shapes import Terms, amount
from reservations.models import Reservation
from reservations.services.cancelling import CancellationTerms
from resources.api.serializers import ResourceBriefSerializer


class CreatedReservation(ReservationSerializer):
    """A new reservation; the two last are for guests only."""

    manage_token = serializers.CharField(required=False, help_text="Send it as X-Reservation-Token")
    manage_url = serializers.URLField(required=False, help_text="A page for the guest")

    class Meta(ReservationSerializer.Meta):
        fields = (*ReservationSerializer.Meta.fields, "manage_token", "manage_url")  # type: ignore[assignment]

    def read_manage_token(self, reservation: Reservation) -> str:
        return str(self.context["manage_token"])

    def read_manage_url(self, reservation: Reservation) -> str:
        return str(self.context["manage_url"])


class BookedTogether(Shape):
    """In the order in which they were named."""

    reservations = ReservationSerializer(many=True)


class Cancelled(Terms):
    """The cancelled reservation with what it cost."""

    # Context: reservation, too.

    reservation = ReservationSerializer()

    def read_reservation(self, terms: CancellationTerms) -> Reservation:
        reservation: Reservation = self.context["reservation"]
        return reservation


class LinkRequested(Shape):
    """The same whether there is such a booking or not."""

    success = serializers.BooleanField()


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
    price = DecimalTextField(allow_null=True)
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
