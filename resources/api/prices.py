"""Price rules over HTTP."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from common.api_views import StrictSerializer
from common.names import check_name
from resources.api.configuration import Draft, EditableConfiguration
from resources.api.fields import AmountField, LocalDateField, PlaceField, WallTimeField, WeekdaysField
from resources.api.schemas import RESOURCE, VENUE, described
from resources.api.serializers import PriceRuleSerializer
from resources.enums import PriceBasis
from resources.filters import PriceRuleFilter
from resources.lookups import find_resources
from resources.models import PriceRule, Venue

EVERY_DAY = list(range(7))
MOST_RESOURCES = 200


class PriceInput(StrictSerializer):
    """``basis``: per ``hour`` (instead of the hourly rate), per ``booking`` or per ``person`` (added)."""

    name = serializers.CharField(validators=[check_name], max_length=100)
    basis = serializers.ChoiceField(PriceBasis.choices, default=PriceBasis.HOUR)
    amount = AmountField()
    days_of_week = WeekdaysField(default=EVERY_DAY)
    start_time = WallTimeField(allow_null=True, default=None, help_text="Both times or none: all day")
    end_time = WallTimeField(allow_null=True, default=None)
    valid_from = LocalDateField(allow_null=True, default=None)
    valid_until = LocalDateField(allow_null=True, default=None)
    priority = serializers.IntegerField(
        min_value=-32_768, max_value=32_767, default=0, help_text="The highest one that applies wins"
    )


class PriceRuleInput(PriceInput):
    __doc__ = PriceInput.__doc__

    venue = PlaceField(required=False, help_text="Id or slug")
    resources = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_RESOURCES,
        default=list,
        help_text="Ids; none: every resource of the venue",
    )


def read_price(data: dict[str, Any]) -> dict[str, Any]:
    """Input as columns of the model, which keeps weekdays as digits."""
    days = data.pop("days_of_week", None)
    return data if days is None else data | {"weekdays": "".join(map(str, days))}


class PriceRuleRowSerializer(PriceRuleSerializer):
    """A rule with the ids of the resources it is for; none: every resource of the venue."""

    venue = serializers.UUIDField(source="venue.uuid")
    currency = serializers.CharField(source="venue.currency")
    resources = serializers.SerializerMethodField()

    class Meta(PriceRuleSerializer.Meta):
        fields = ("id", "venue", "resources", *PriceRuleSerializer.Meta.fields, "currency")  # type: ignore[assignment]

    def get_resources(self, rule: PriceRule) -> list[str]:
        return [str(resource.uuid) for resource in rule.resources.all()]


@described("price rules", "a price rule", VENUE, RESOURCE)
class PriceRuleViewSet(EditableConfiguration[PriceRule]):
    model = PriceRule
    input = PriceRuleInput
    serializer_class = PriceRuleRowSerializer
    filterset_class = PriceRuleFilter

    def rows(self) -> QuerySet[PriceRule]:
        rules = PriceRule.objects.select_related("venue").prefetch_related("resources")
        return rules.order_by("venue_id", "-priority", "name", "id")

    def draft(self, data: dict[str, Any], venue: Venue, row: PriceRule | None) -> Draft:
        ids = data.pop("resources", None)
        links = {} if ids is None else {"resources": find_resources(venue, ids, "resources")}
        return Draft(read_price(data), many_to_many=links)
