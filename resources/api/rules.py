"""Booking rules and cancellation policies over HTTP."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from common.api_views import StrictSerializer
from common.names import check_name
from common.parsing import MOST_PEOPLE
from common.serializing import RowShape
from resources.api.configuration import Draft, EditableConfiguration
from resources.api.fields import AmountField, MinutesField, PlaceField
from resources.api.schemas import VENUE, described
from resources.api.serializers import RulesSerializer, TierSerializer
from resources.enums import Approval, Audience, Period
from resources.filters import VenueRowFilter
from resources.models import BookingRules, CancellationPolicy, Venue
from resources.models.rules import EARLIEST_REMINDER, MOST_REMINDERS, usual_reminders

MOST_DAYS, MOST_TIERS = 36_500, 50
LONGEST_NOTICE = 876_000
"""Hours: a century."""


class CountField(serializers.IntegerField):
    """How many, at least one; null is no limit where that is allowed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MOST_PEOPLE, **kwargs)


class BookingRulesInput(StrictSerializer):
    """Durations, buffers and notice are minutes."""

    venue = PlaceField(required=False, help_text="Id or slug")
    name = serializers.CharField(validators=[check_name], max_length=100)
    slot_step = MinutesField(least=1, default=30)
    min_duration = MinutesField(least=1, default=30)
    max_duration = MinutesField(least=1, default=480)
    default_duration = MinutesField(least=1, default=60, help_text="min_duration and some slot steps")
    buffer_before = MinutesField(default=0)
    buffer_after = MinutesField(default=0)
    occupies_first = MinutesField(
        least=1,
        default=None,
        allow_null=True,
        help_text="Taken for these first minutes only; null: all the time",
    )
    min_notice = MinutesField(default=0)
    max_advance_days = serializers.IntegerField(
        min_value=0, max_value=MOST_DAYS, default=365, allow_null=True, help_text="null: no limit"
    )
    min_party_size = CountField(default=1)
    max_party_size = CountField(default=None, allow_null=True, help_text="null: the resource's capacity")
    max_active_per_customer = CountField(default=None, allow_null=True)
    max_per_period = CountField(default=None, allow_null=True)
    limit_period = serializers.ChoiceField(Period.choices, default=Period.WEEK)
    one_at_a_time = serializers.BooleanField(
        default=False,
        help_text="A customer's bookings under the venue's rules that say so must not overlap",
    )
    approval = serializers.ChoiceField(Approval.choices, default=Approval.INSTANT)
    approval_party_size = CountField(default=None, allow_null=True)
    approval_duration = MinutesField(least=1, default=None, allow_null=True)
    hold_minutes = MinutesField(least=1, default=10)
    check_in_opens = MinutesField(default=30)
    staff_check_in_opens = MinutesField(
        default=None, allow_null=True, help_text="null: from the beginning of the day at the venue"
    )
    release_after = MinutesField(default=None, allow_null=True, help_text="null: never a no-show by itself")
    reminder_hours = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=EARLIEST_REMINDER),
        max_length=MOST_REMINDERS,
        default=usual_reminders,
        help_text="Hours before the start at which a reminder is sent; an empty list: none",
    )
    audience = serializers.ChoiceField(Audience.choices, default=Audience.EVERYONE)


class BookingRulesSerializer(RulesSerializer):
    """Durations, buffers and notice are minutes."""

    venue = serializers.UUIDField(source="venue.uuid")

    class Meta(RulesSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *RulesSerializer.Meta.fields,
            "venue",
            "release_after",
            "staff_check_in_opens",
        )


@described("booking rules", "booking rules", VENUE)
class RulesViewSet(EditableConfiguration[BookingRules]):
    model = BookingRules
    input = BookingRulesInput
    serializer_class = BookingRulesSerializer
    filterset_class = VenueRowFilter

    def rows(self) -> QuerySet[BookingRules]:
        return BookingRules.objects.select_related("venue").order_by("venue_id", "name", "id")


class TierInput(StrictSerializer):
    """Cancelling at least ``hours_before`` the start returns the percentage less the fee."""

    hours_before = serializers.IntegerField(min_value=0, max_value=LONGEST_NOTICE)
    refund_percentage = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=0, max_value=100)
    fee_amount = AmountField(places=2, default=0)


class PolicyInput(StrictSerializer):
    """Tiers are one list: those that are given replace the present ones."""

    venue = PlaceField(required=False, help_text="Id or slug")
    name = serializers.CharField(validators=[check_name], max_length=100)
    description = serializers.CharField(max_length=5000, allow_blank=True, default="")
    tiers = serializers.ListField(child=TierInput(), max_length=MOST_TIERS, default=list)


class PolicySerializer(RowShape[CancellationPolicy]):
    venue = serializers.UUIDField(source="venue.uuid")
    tiers = TierSerializer(many=True)

    class Meta:
        model = CancellationPolicy
        fields = ("id", "venue", "name", "description", "tiers")


@described("cancellation policies", "a cancellation policy", VENUE)
class PolicyViewSet(EditableConfiguration[CancellationPolicy]):
    model = CancellationPolicy
    input = PolicyInput
    serializer_class = PolicySerializer
    filterset_class = VenueRowFilter

    def rows(self) -> QuerySet[CancellationPolicy]:
        policies = CancellationPolicy.objects.select_related("venue").prefetch_related("tiers")
        return policies.order_by("venue_id", "name", "id")

    def draft(self, data: dict[str, Any], venue: Venue, row: CancellationPolicy | None) -> Draft:
        tiers = data.pop("tiers", None)
        return Draft(data, children={} if tiers is None else {"tiers": tiers})
