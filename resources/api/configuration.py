"""What every endpoint of configuration is made of: the rows of one model.

Members of a venue read its rows, managers write them. A row of somebody else's venue is not there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from rest_framework import serializers, status
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import ListAction, with_headers
from common.api_views import StrictSerializer
from common.errors import Forbidden
from common.idempotency import idempotent
from common.second_factor import is_administrator, require_roles
from resources.api.etags import is_known, require_current, tag_of
from resources.lookups import find_resource, managed_place, require_same_venue
from resources.models import Venue
from resources.permissions import manages
from resources.services import change_row, create_row, delete_row

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Draft:
    """What input means for a row: its fields, its links, and the rows below it."""

    values: Mapping[str, Any]
    many_to_many: Mapping[str, Sequence[Model]] = field(default_factory=dict)
    children: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)


@lru_cache(maxsize=64)
def change_of(shape: type[StrictSerializer]) -> type[StrictSerializer]:
    """The same input with every field optional and without defaults: what is absent stays as it is."""

    def get_fields(self: serializers.Serializer[Any]) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = shape.get_fields(self)
        for own_field in fields.values():
            own_field.required, own_field.default = False, empty
        return fields

    name = shape.__name__.removesuffix("Input") + "Change"
    return type(name, (shape,), {"get_fields": get_fields, "__doc__": shape.__doc__})


class Configuration(ListAction[M]):
    """Lists, shows and changes rows. ``lookup_field`` is the column that stands in addresses."""

    write_scope = "manage"
    lookup_field = "pk"
    lookup_value_converter = "int"
    model: ClassVar[type[Model]]
    input: ClassVar[type[StrictSerializer]]

    def rows(self) -> QuerySet[M]:
        """All rows in a stable order, with everything their representation needs."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[M]:
        """Those that the client may see: their venues'."""
        if is_administrator(self.request.user):
            return self.rows()
        require_roles(self.request.user)
        return self.rows().filter(venue__in=Venue.objects.staffed_by(self.request.user))

    def draft(self, data: dict[str, Any], venue: Venue, row: M | None) -> Draft:
        """Validated input as a draft; ``row`` is the one to change. Raises ``InvalidInput``."""
        return Draft(data)

    @cached_property
    def shape(self) -> serializers.BaseSerializer[M]:
        return self.get_serializer()

    def rendered(self, row: M) -> dict[str, Any]:
        return dict(self.shape.to_representation(row))

    def fresh(self, row: Model) -> M:
        """The row as it is stored, with all its representation needs. Raises ``NotFound``."""
        visible_row = self.rows().filter(pk=row.pk).first()
        if visible_row is None:
            raise self.missing
        return visible_row

    def retrieve(self, request: Request, id: Any) -> Response:
        data = self.rendered(self.get_object())
        if is_known(request.headers, tag_of(data)):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=_caching_headers(data))
        return with_headers(self.answer(data), _caching_headers(data))

    def partial_update(self, request: Request, id: Any) -> Response:
        row, venue = self.managed(id)
        data = change_of(self.input).parsed(request.data)
        self.change(row, self.placed(data, venue), self.unchanged(row))
        return self.changed(self.fresh(row))

    def managed(self, id: Any) -> tuple[M, Venue]:
        """The row and its venue. Raises ``NotFound``, and ``Forbidden`` for those who may only look."""
        row = self.rows().filter(**{self.lookup_field: id}).first()
        if row is None:
            raise self.missing
        venue = venue_of(row)
        if not manages(self.request.user, venue.pk):
            seen = self.get_queryset().filter(pk=row.pk).exists()
            raise Forbidden if seen else self.missing
        return row, venue

    def placed(self, data: dict[str, Any], venue: Venue) -> dict[str, Any]:
        """The input with the resource that it names, None for the whole venue."""
        require_same_venue(venue, data.pop("venue", None))
        if "resource_id" in data:
            name = data.pop("resource_id")
            data["resource"] = None if name is None else find_resource(venue, name)
        return data

    def unchanged(self, row: M) -> Callable[[], None]:
        """Compares ``If-Match`` with the row as it is when it is locked."""

        def check() -> None:
            if "If-Match" in self.request.headers:
                require_current(self.request.headers, tag_of(self.rendered(self.fresh(row))))

        return check

    def change(self, row: M, data: dict[str, Any], check: Callable[[], None]) -> None:
        draft = self.draft(data, venue_of(row), row)
        change_row(
            row=row,
            values=draft.values,
            many_to_many=draft.many_to_many,
            children=draft.children,
            check=check,
        )

    def changed(self, row: M) -> Response:
        return with_headers(self.answer(self.rendered_change(row)), _caching_headers(self.rendered(row)))

    def rendered_change(self, row: M) -> dict[str, Any]:
        """What is answered to a change; the ETag is that of the row itself."""
        return self.rendered(row)


class EditableConfiguration(Configuration[M]):
    """Rows that can be created and deleted, too."""

    signed_in: ClassVar[Sequence[str]] = (
        "list",
        "create",
        "retrieve",
        "update",
        "partial_update",
        "destroy",
    )

    @idempotent
    def create(self, request: Request) -> Response:
        data = self.input.parsed(request.data)
        venue, resource = managed_place(request.user, data.pop("venue", None), data.pop("resource_id", None))
        row = self.add(venue, data | ({"resource": resource} if resource else {}))
        stored = self.fresh(row)
        shown = self.rendered_change(stored)
        headers = _caching_headers(self.rendered(stored))
        return with_headers(self.created(shown, getattr(row, self.lookup_field)), headers)

    def add(self, venue: Venue, data: dict[str, Any]) -> Model:
        draft = self.draft(data, venue, None)
        return create_row(
            model=self.model,
            values={"venue": venue, **draft.values},
            many_to_many=draft.many_to_many,
            children=draft.children,
        )

    def update(self, request: Request, id: Any) -> Response:
        """Like PATCH: what is absent stays as it is."""
        return self.partial_update(request, id)

    def destroy(self, request: Request, id: Any) -> Response:
        row, _ = self.managed(id)
        self.remove(row, self.unchanged(row))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def remove(self, row: M, check: Callable[[], None]) -> None:
        delete_row(row=row, check=check)


ONLY_WRITING: Sequence[str] = ("create", "update", "partial_update", "destroy")
"""Actions that guests may not do where everybody may look."""


def venue_of(row: Model) -> Venue:
    venue: Venue = row if isinstance(row, Venue) else row.venue  # type: ignore[attr-defined]
    return venue


def _caching_headers(data: dict[str, Any]) -> dict[str, str]:
    return {"ETag": tag_of(data), "Cache-Control": "private, no-cache"}
