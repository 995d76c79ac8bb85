"""What describes a resource in a request, turned into the services' arguments."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers

from common.api_views import StrictSerializer
from common.names import check_name
from common.parsing import MOST_PEOPLE, refuse
from resources.api.fields import AmountField, PlaceField
from resources.api.prices import PriceInput, read_price
from resources.api.templates import HoursInput
from resources.enums import ResourceKind, UnitsBy
from resources.lookups import find_row
from resources.models import BookingRules, CancellationPolicy, Venue
from resources.services import ResourceParts

MOST_HOURS, MOST_PRICES, MOST_FEATURES = 200, 100, 50
LARGEST_ID = 2**63 - 1


class HoursListField(serializers.ListField):
    """Weekly hours as a list, or in an object: ``{"weekly_hours": [...]}``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=HoursInput(), max_length=MOST_HOURS, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, Mapping) and data.keys() == {"weekly_hours"}:
            data = data["weekly_hours"]
        return list(super().to_internal_value(data))


class PricingInput(StrictSerializer):
    """``rules`` replace the resource's own; one that applies to the whole venue is no new one."""

    hourly_rate = AmountField(required=False)
    currency = serializers.CharField(max_length=3, required=False, help_text="The venue's, if given")
    rules = serializers.ListField(child=PriceInput(), max_length=MOST_PRICES, required=False)


class PricingField(serializers.Field[Any, Any, Any, Any]):
    """A bare hourly rate, or an object with it and price rules."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            return {"hourly_rate": AmountField().run_validation(data)}
        below = PricingInput(data=data)
        below.is_valid(raise_exception=True)
        return dict(below.validated_data)

    def to_representation(self, value: Any) -> Any:
        return value


class PricingFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = PricingField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        component = auto_schema.resolve_serializer(PricingInput, direction)
        return dict(component.ref)  # a bare rate is taken, too, but three types in one make bad clients


class HoursListFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = HoursListField

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        component = auto_schema.resolve_serializer(HoursInput, direction)
        # An object with such a list is taken, too; clients are made of one type for each field.
        return {"type": "array", "items": component.ref, "maxItems": MOST_HOURS}


class ResourceInput(StrictSerializer):
    """``type`` and ``kind`` are the same, as are ``availability`` and ``weekly_hours``.

    Without hours of its own a resource is open when its venue is. ``pricing`` is a bare hourly rate,
    or an object with it and price rules.
    """

    name = serializers.CharField(validators=[check_name], max_length=200)
    slug = serializers.SlugField(max_length=50, required=False, help_text="Made from the name unless given")
    type = serializers.ChoiceField(ResourceKind.choices, required=False)
    kind = serializers.ChoiceField(ResourceKind.choices, required=False)
    venue = PlaceField(required=False, help_text="Id or slug")
    description = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    capacity = serializers.IntegerField(
        min_value=1, max_value=MOST_PEOPLE, required=False, help_text="People of one booking; 1 unless given"
    )
    units = serializers.IntegerField(
        min_value=0,
        max_value=MOST_PEOPLE,
        required=False,
        help_text="Bookings at the same time; 1 unless given",
    )
    units_by = serializers.ChoiceField(UnitsBy.choices, required=False)
    overbooking_percent = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    hourly_rate = AmountField(required=False)
    pricing = PricingField(required=False)
    weekly_hours = HoursListField(required=False)
    availability = HoursListField(required=False)
    features = serializers.ListField(
        child=serializers.CharField(max_length=100),
        max_length=MOST_FEATURES,
        required=False,
        help_text="Slugs; unknown ones are created for the venue",
    )
    rules_id = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, required=False, help_text="The venue's first rules unless given"
    )
    cancellation_policy_id = serializers.IntegerField(
        min_value=1, max_value=LARGEST_ID, required=False, allow_null=True, help_text="null: always free"
    )
    is_active = serializers.BooleanField(required=False)
    is_listed = serializers.BooleanField(required=False, help_text="Customers find it in lists")
    serves_party = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Whether `capacity` has to hold everybody who comes; null: yes, except for equipment",
    )
    observes_holidays = serializers.BooleanField(required=False)


def read_resource(data: dict[str, Any], venue: Venue) -> tuple[dict[str, Any], ResourceParts]:
    """Columns of the model, and what belongs to the resource alone. Raises ``InvalidInput``."""
    pricing = data.pop("pricing", {})
    if pricing.get("currency", venue.currency) != venue.currency:
        refuse("pricing.currency", _("Amounts are in the venue's currency."))
    prices = pricing.get("rules")
    parts = ResourceParts(
        hours=_take_either(data, "weekly_hours", "availability"),
        features=data.pop("features", None),
        prices=None if prices is None else [read_price(dict(price)) for price in prices],
    )
    kind = _take_either(data, "kind", "type")
    data["pricing.hourly_rate"] = pricing.get("hourly_rate")
    rate = _take_either(data, "hourly_rate", "pricing.hourly_rate")
    data |= {name: value for name, value in (("kind", kind), ("hourly_rate", rate)) if value is not None}
    if "rules_id" in data:
        data["rules"] = find_row(BookingRules, venue, data.pop("rules_id"), "rules_id")
    if "cancellation_policy_id" in data:
        data["cancellation_policy"] = _find_policy(venue, data.pop("cancellation_policy_id"))
    return data, parts


def _take_either(data: dict[str, Any], name: str, other: str) -> Any:
    """Takes out the value that two names may give. Raises ``InvalidInput`` when they differ."""
    first, second = data.pop(name, None), data.pop(other, None)
    if first is not None and second is not None and first != second:
        refuse(other, _("This conflicts with %(other)s. Change one of them.") % {"other": name})
    return second if first is None else first


def _find_policy(venue: Venue, pk: int | None) -> CancellationPolicy | None:
    return None if pk is None else find_row(CancellationPolicy, venue, pk, "cancellation_policy_id")
