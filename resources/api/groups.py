"""Groups of alike resources, and the features that resources have, over HTTP."""

from typing import Any

from django.db.models import Q, QuerySet
from rest_framework import serializers

from common.api_views import StrictSerializer
from common.names import check_name
from common.second_factor import is_administrator
from common.serializing import RowShape
from resources.api.configuration import ONLY_WRITING, Draft, EditableConfiguration
from resources.api.fields import PlaceField
from resources.api.schemas import RESOURCE, VENUE, described
from resources.api.serializers import FeatureSerializer
from resources.enums import ChoiceRule
from resources.filters import GroupFilter, VenueRowFilter
from resources.lookups import find_resources
from resources.models import Feature, ResourceGroup, Venue
from resources.services import free_slug

MOST_MEMBERS = 500


class GroupInput(StrictSerializer):
    """``members`` are ids of resources, in the order in which ``in_order`` offers them."""

    venue = PlaceField(required=False, help_text="Id or slug")
    name = serializers.CharField(validators=[check_name], max_length=200)
    slug = serializers.SlugField(max_length=50, required=False, help_text="Made from the name unless given")
    description = serializers.CharField(max_length=5000, allow_blank=True, default="")
    choice_rule = serializers.ChoiceField(ChoiceRule.choices, default=ChoiceRule.BEST_FIT)
    members = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_MEMBERS, default=list)
    is_active = serializers.BooleanField(default=True)
    is_listed = serializers.BooleanField(default=True, help_text="Customers find it in lists")


class GroupSerializer(RowShape[ResourceGroup]):
    """``members`` are ids of resources, in the group's order."""

    id = serializers.UUIDField(source="uuid")
    venue = serializers.UUIDField(source="venue.uuid")
    members = serializers.SerializerMethodField()

    class Meta:
        model = ResourceGroup
        fields = (
            "id",
            "venue",
            "name",
            "slug",
            "description",
            "choice_rule",
            "members",
            "is_active",
            "is_listed",
        )

    def get_members(self, group: ResourceGroup) -> list[str]:
        return [str(link.resource.uuid) for link in group.member_links.all()]


@described("groups", "a group", VENUE, RESOURCE, public=True)
class GroupViewSet(EditableConfiguration[ResourceGroup]):
    signed_in = ONLY_WRITING
    model = ResourceGroup
    input = GroupInput
    serializer_class = GroupSerializer
    filterset_class = GroupFilter
    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    def rows(self) -> QuerySet[ResourceGroup]:
        groups = ResourceGroup.objects.select_related("venue").prefetch_related("member_links__resource")
        return groups.order_by("venue_id", "name", "id")

    def get_queryset(self) -> QuerySet[ResourceGroup]:
        """Active ones for everybody, the others for the venue's own people."""
        if is_administrator(self.request.user):
            return self.rows()
        own_rows = Q(venue__in=Venue.objects.staffed_by(self.request.user))
        return self.rows().filter(own_rows | Q(is_active=True, is_listed=True, venue__is_active=True))

    def draft(self, data: dict[str, Any], venue: Venue, row: ResourceGroup | None) -> Draft:
        ids = data.pop("members", None)
        if row is None and "slug" not in data:
            data["slug"] = free_slug(venue.groups.all(), data["name"], "group")
        if ids is None:
            return Draft(data)
        members = find_resources(venue, ids, "members")
        links = [{"resource": member, "position": position} for position, member in enumerate(members)]
        return Draft(data, children={"member_links": links})


class FeatureInput(StrictSerializer):
    venue = PlaceField(required=False, help_text="Id or slug")
    name = serializers.CharField(validators=[check_name], max_length=100)
    slug = serializers.SlugField(max_length=50, required=False, help_text="Made from the name unless given")


class FeatureRowSerializer(FeatureSerializer):
    venue = serializers.UUIDField(source="venue.uuid")

    class Meta(FeatureSerializer.Meta):
        fields = ("id", "venue", *FeatureSerializer.Meta.fields)  # type: ignore[assignment]


@described("features", "a feature", VENUE, public=True)
class FeatureViewSet(EditableConfiguration[Feature]):
    signed_in = ONLY_WRITING
    model = Feature
    input = FeatureInput
    serializer_class = FeatureRowSerializer
    filterset_class = VenueRowFilter

    def rows(self) -> QuerySet[Feature]:
        return Feature.objects.select_related("venue").order_by("venue_id", "name", "id")

    def get_queryset(self) -> QuerySet[Feature]:
        """Those of active venues for everybody, the others for the venue's own people."""
        if is_administrator(self.request.user):
            return self.rows()
        own_rows = Q(venue__in=Venue.objects.staffed_by(self.request.user))
        return self.rows().filter(own_rows | Q(venue__is_active=True))

    def draft(self, data: dict[str, Any], venue: Venue, row: Feature | None) -> Draft:
        if row is None and "slug" not in data:
            data["slug"] = free_slug(venue.features.all(), data["name"], "feature")
        return Draft(data)
