"""Resources over HTTP: everybody finds them, their venues' managers write them."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from rest_framework.response import Response

from common.parsing import refuse
from common.schema import filter_parameters, number, query
from resources.api.configuration import ONLY_WRITING, EditableConfiguration
from resources.api.resource_inputs import ResourceInput, read_resource
from resources.api.schemas import VENUE, described
from resources.api.serializers import ChangedResourceSerializer, ResourceSerializer
from resources.enums import ResourceKind
from resources.filters import ResourceFilter
from resources.models import Resource, Venue
from resources.querysets import ResourceQuerySet
from resources.selectors import ResourceNotFound, detailed, resources_in_detail
from resources.services import change_resource, create_resource, delete_resource
from resources.stranding import list_stranded

FILTERS = [
    query("type", "The same as kind.", enum=ResourceKind.values),
    query("kind", "The sort of resource.", enum=ResourceKind.values),
    VENUE,
    number("capacity", "Serves at least so many people."),
    query("features", "Slugs with commas: all of them are wanted."),
    query("q", "Words in the name, the description or the venue's name."),
    query("min_price", "Hourly rate from.", type=OpenApiTypes.DECIMAL),
    query("max_price", "Hourly rate up to.", type=OpenApiTypes.DECIMAL),
    query("is_active", "Bookable ones unless given.", type=OpenApiTypes.BOOL),
    *filter_parameters(ResourceFilter, only=("ordering",)),
]


@described("resources", "a resource", *FILTERS, public=True, changed=ChangedResourceSerializer)
class ResourceViewSet(EditableConfiguration[Resource]):
    signed_in = ONLY_WRITING
    model = Resource
    input = ResourceInput
    serializer_class = ResourceSerializer
    filterset_class = ResourceFilter
    lookup_field = "uuid"
    lookup_value_converter = "uuid"
    missing = ResourceNotFound

    def rows(self) -> ResourceQuerySet:
        return detailed(Resource.objects.all())

    def get_queryset(self) -> ResourceQuerySet:
        return resources_in_detail(self.request.user)

    def add(self, venue: Venue, data: dict[str, Any]) -> Resource:
        if not ("type" in data or "kind" in data):
            refuse("type", _("Enter a value."))
        values, parts = read_resource(data, venue)
        return create_resource(venue=venue, values=values, parts=parts)

    def change(self, row: Resource, data: dict[str, Any], check: Callable[[], None]) -> None:
        values, parts = read_resource(data, row.venue)
        change_resource(resource=row, values=values, parts=parts, check=check)

    def changed(self, row: Resource) -> Response:
        """With what no longer fits the resource; the ETag is that of the resource itself."""
        answer = super().changed(row)
        answer.data |= {"affected_reservations": list_stranded(row)}
        return answer

    def remove(self, row: Resource, check: Callable[[], None]) -> None:
        delete_resource(resource=row, check=check)
