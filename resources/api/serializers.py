"""What the API says of resources."""

from typing import Any

from rest_framework import serializers

from common.serializing import ABSENT, RowShape, Shape
from resources.api.fields import PriceField, WallTimeField
from resources.api.links import ResourceLinks, photo_field
from resources.models import (
    BookingRules,
    CancellationTier,
    Feature,
    OpeningHours,
    PriceRule,
    Resource,
    ResourceGroup,
    Venue,
)
from resources.permissions import manages


class VenueBriefSerializer(RowShape[Venue]):
    id = serializers.UUIDField(source="uuid")
    time_zone = serializers.CharField(source="zone_name")

    class Meta:
        model = Venue
        fields = ("id", "name", "slug", "time_zone", "currency")


class FeatureSerializer(RowShape[Feature]):
    class Meta:
        model = Feature
        fields = ("name", "slug")


class HoursSerializer(RowShape[OpeningHours]):
    """``day_of_week`` 0-6 is Monday-Sunday; an end at or before the start is on the next day."""

    day_of_week = serializers.IntegerField(source="weekday")
    start_time = WallTimeField()
    end_time = WallTimeField()

    class Meta:
        model = OpeningHours
        fields = (
            "day_of_week",
            "start_time",
            "end_time",
            "is_available",
            "max_duration",
            "valid_from",
            "valid_until",
        )


class PriceRuleSerializer(RowShape[PriceRule]):
    """``basis``: per ``hour`` (instead of the hourly rate), per ``booking`` or per ``person`` (added)."""

    amount = PriceField(read_only=True, currency="venue.currency")
    days_of_week = serializers.SerializerMethodField()
    start_time = WallTimeField(allow_null=True)
    end_time = WallTimeField(allow_null=True)

    class Meta:
        model = PriceRule
        fields = (
            "name",
            "basis",
            "amount",
            "days_of_week",
            "start_time",
            "end_time",
            "valid_from",
            "valid_until",
            "priority",
        )

    def get_days_of_week(self, rule: PriceRule) -> list[int]:
        return [int(digit) for digit in rule.weekdays]


class RulesSerializer(RowShape[BookingRules]):
    """Durations, buffers and notice are minutes."""

    reminder_hours = serializers.ListField(
        child=serializers.IntegerField(), help_text="Hours before the start at which a reminder is sent"
    )

    class Meta:
        model = BookingRules
        fields = (
            "id",
            "name",
            "slot_step",
            "min_duration",
            "max_duration",
            "default_duration",
            "buffer_before",
            "buffer_after",
            "occupies_first",
            "min_notice",
            "max_advance_days",
            "min_party_size",
            "max_party_size",
            "max_active_per_customer",
            "max_per_period",
            "limit_period",
            "one_at_a_time",
            "approval",
            "approval_party_size",
            "approval_duration",
            "hold_minutes",
            "check_in_opens",
            "reminder_hours",
            "audience",
        )


class TierSerializer(RowShape[CancellationTier]):
    """Cancelling at least ``hours_before`` the start returns the percentage less the fee."""

    class Meta:
        model = CancellationTier
        fields = ("hours_before", "refund_percentage", "fee_amount")


class PolicyTermsSerializer(Shape):
    """A cancellation policy as customers read it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    tiers = TierSerializer(many=True)


class PricingSerializer(Shape):
    """The hourly rate, and the rules that count beside it: the resource's own and its venue's."""

    hourly_rate = PriceField(currency="venue.currency")
    currency = serializers.CharField(source="venue.currency")
    rules = PriceRuleSerializer(many=True)

    def read_rules(self, resource: Resource) -> list[PriceRule]:
        common: list[PriceRule] = resource.venue.common_prices  # type: ignore[attr-defined]
        rules = [*resource.own_prices, *common]  # type: ignore[attr-defined]
        for rule in rules:
            rule.venue = resource.venue
        return sorted(rules, key=lambda rule: (-rule.priority, rule.name, rule.pk))


class WeeklyAvailabilitySerializer(Shape):
    """The weekly hours that count: the resource's own if it has any, else the venue's."""

    source = serializers.ChoiceField(["resource", "venue"])  # type: ignore[assignment]
    time_zone = serializers.CharField(source="venue.zone_name")
    weekly_hours = HoursSerializer(many=True)

    def read_source(self, resource: Resource) -> str:
        return "resource" if resource.own_hours else "venue"  # type: ignore[attr-defined]

    def read_weekly_hours(self, resource: Resource) -> list[OpeningHours]:
        hours: list[OpeningHours] = resource.own_hours or resource.venue.common_hours  # type: ignore[attr-defined]
        return hours


class ResourceBriefSerializer(RowShape[Resource]):
    """A resource inside another answer; ``type`` is the older word for ``kind``."""

    id = serializers.UUIDField(source="uuid")
    type = serializers.CharField(source="kind")

    class Meta:
        model = Resource
        fields = ("id", "name", "slug", "type", "kind", "capacity")


class GroupBriefSerializer(RowShape[ResourceGroup]):
    id = serializers.UUIDField(source="uuid")

    class Meta:
        model = ResourceGroup
        fields = ("id", "name")


class ResourceSerializer(ResourceBriefSerializer):
    """Everything one should know before booking it."""

    venue = VenueBriefSerializer()
    features = FeatureSerializer(source="own_features", many=True)
    currency = serializers.CharField(source="venue.currency")
    hourly_rate = PriceField(read_only=True, currency="venue.currency")
    pricing = PricingSerializer(source="*", read_only=True)
    availability = WeeklyAvailabilitySerializer(source="*", read_only=True)
    rules = RulesSerializer()
    cancellation_policy = PolicyTermsSerializer(allow_null=True)
    serves_party = serializers.BooleanField(
        source="holds_party", help_text="Whether `capacity` has to hold everybody who comes"
    )
    overbooking_percent = serializers.IntegerField(
        required=False, help_text="Percent above the units that may be sold; for the venue's managers"
    )
    photo = photo_field()
    links = ResourceLinks(source="*", read_only=True)

    # Context: request.

    class Meta(ResourceBriefSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *ResourceBriefSerializer.Meta.fields,
            "venue",
            "units",
            "units_by",
            "description",
            "features",
            "hourly_rate",
            "currency",
            "pricing",
            "availability",
            "rules",
            "cancellation_policy",
            "is_active",
            "is_listed",
            "serves_party",
            "observes_holidays",
            "overbooking_percent",
            "photo",
            "links",
            "created_at",
        )

    def read_photo(self, resource: Resource) -> Resource | None:
        return resource if resource.photo else None

    def read_overbooking_percent(self, resource: Resource) -> Any:
        is_manager = manages(self.context["request"].user, resource.venue_id)
        return resource.overbooking_percent if is_manager else ABSENT


class ChangedResourceSerializer(ResourceSerializer):
    """A resource after a change, with the reservations that no longer fit it."""

    affected_reservations = serializers.ListField(child=serializers.DictField())

    class Meta(ResourceSerializer.Meta):
        fields = (*ResourceSerializer.Meta.fields, "affected_reservations")  # type: ignore[assignment]
