"""Copies of things, and what can be done with one that is scanned."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import with_headers
from common.errors import Forbidden
from common.idempotency import idempotent
from common.parsing import refuse
from common.schema import query
from common.schema_errors import refuses
from common.serializing import RowShape
from lending.api import refusals
from lending.api.filters import CopyFilter
from lending.api.inputs import CopyInput
from lending.enums import CopyState
from lending.models import Copy
from lending.permissions import manages_loans
from lending.services import add_copy, change_copy, remove_copy
from resources.api.configuration import EditableConfiguration
from resources.api.etags import tag_of
from resources.api.schemas import RESOURCE, VENUE, described
from resources.lookups import by_id_or_slug, require_same_venue
from resources.models import Resource, Venue
from resources.permissions import works_at
from resources.selectors import ResourceNotFound

MOST_READY = 20
STATE = query("state", "In service, in repair or lost.", enum=CopyState.values)
CODE = query("code", "The code exactly.")


class CopySerializer(RowShape[Copy]):
    venue = serializers.UUIDField(source="venue.uuid")
    resource_id = serializers.UUIDField(source="resource.uuid")

    class Meta:
        model = Copy
        fields = ("id", "venue", "resource_id", "code", "name", "state", "note")


CHANGING = extend_schema(extensions=refuses(refusals.COPIES))


@extend_schema_view(update=CHANGING, partial_update=CHANGING, destroy=CHANGING)
@described("copies", "a copy", VENUE, RESOURCE, STATE, CODE)
class CopyViewSet(EditableConfiguration[Copy]):
    """Managers and staff write them."""

    model = Copy
    input = CopyInput
    serializer_class = CopySerializer
    filterset_class = CopyFilter

    def rows(self) -> Any:
        return Copy.objects.select_related("venue", "resource").order_by("venue_id", "code", "id")

    def managed(self, id: Any) -> tuple[Copy, Venue]:
        copy = self.rows().filter(pk=id).first()
        if copy is None or not works_at(self.request.user, copy.venue_id):
            raise self.missing
        if not manages_loans(self.request.user, copy.venue_id):
            raise Forbidden
        return copy, copy.venue

    @idempotent
    def create(self, request: Request) -> Response:
        data = CopyInput.parsed(request.data)
        thing = _find_lent(request, data.pop("resource_id"))
        require_same_venue(thing.venue, data.pop("venue", None))
        copy = self.fresh(add_copy(resource=thing, **_with_state(data)))
        shown = self.rendered(copy)
        return with_headers(self.created(shown, copy.pk), {"ETag": tag_of(shown)})

    def change(self, row: Copy, data: dict[str, Any], check: Callable[[], None]) -> None:
        thing = data.pop("resource", row.resource)
        if thing != row.resource:
            refuse("resource_id", _("This can't be moved to another thing."))
        check()
        change_copy(copy=row, **_with_state(data))

    def remove(self, row: Copy, check: Callable[[], None]) -> None:
        check()
        remove_copy(copy=row)


def _with_state(data: dict[str, Any]) -> dict[str, Any]:
    return data | ({"state": CopyState(data["state"])} if "state" in data else {})


def _find_lent(request: Request, name: str) -> Resource:
    """Raises ``ResourceNotFound``, and ``Forbidden`` for those who may only look."""
    named = Resource.objects.filter(by_id_or_slug(name), lendable__isnull=False).select_related("venue")
    seen = named.filter(pk__in=Resource.objects.visible_to(request.user).values("pk"))
    for thing in seen.order_by("pk"):
        if manages_loans(request.user, thing.venue_id):
            return thing
    raise Forbidden if seen.exists() else ResourceNotFound
