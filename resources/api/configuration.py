"""What every endpoint of configuration is made of: lists and single rows of one model.

Members of a venue read its rows, managers write them. A row of somebody else's venue is not there.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from django_filters import FilterSet
from rest_framework import serializers, status
from rest_framework.fields import empty
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import Pagination
from common.api_views import APIView, StrictSerializer, filtered
from common.errors import Forbidden, NotFound
from common.idempotency import idempotent
from resources.api.etags import is_known, require_current, tag_of
from resources.models import Resource, Venue
from resources.permissions import manages
from resources.places import managed_place, require_same_venue, resource_of
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
        for each in fields.values():
            each.required, each.default = False, empty
        return fields

    name = shape.__name__.removesuffix("Input") + "Change"
    return type(name, (shape,), {"get_fields": get_fields, "__doc__": shape.__doc__})


class Configuration(APIView, Generic[M]):
    """One model's part of the API; ``key`` is the column that stands in addresses."""

    write_scope = "manage"
    model: ClassVar[type[Model]]
    input: ClassVar[type[StrictSerializer]]
    shape: ClassVar[type[serializers.BaseSerializer[Any]]]
    filters: ClassVar[type[FilterSet]]
    key: ClassVar[str] = "pk"
    missing: ClassVar[type[NotFound]] = NotFound

    def rows(self) -> QuerySet[M]:
        """All rows in a stable order, with everything their representation needs."""
        raise NotImplementedError

    def visible(self, request: Request) -> QuerySet[M]:
        """Those that the client may see: their venues'."""
        if request.user.is_superuser:
            return self.rows()
        return self.rows().filter(venue__in=Venue.objects.staffed_by(request.user))

    def draft(self, data: dict[str, Any], venue: Venue, row: M | None) -> Draft:
        """Validated input as a draft; ``row`` is the one to change. Raises ``InvalidInput``."""
        return Draft(data)

    @cached_property
    def serializer(self) -> serializers.BaseSerializer[Any]:
        """One for all rows: making its fields takes longer than a row."""
        return self.shape()

    def represented(self, row: M) -> dict[str, Any]:
        return dict(self.serializer.to_representation(row))

    def fresh(self, row: Model) -> M:
        """The row as it is stored, with all its representation needs. Raises ``NotFound``."""
        found = self.rows().filter(pk=row.pk).first()
        if found is None:
            raise self.missing
        return found

    def answer(self, data: dict[str, Any], code: int = status.HTTP_200_OK, **headers: str) -> Response:
        return Response(data, code, headers=_caching(data) | headers)


def _caching(data: dict[str, Any]) -> dict[str, str]:
    return {"ETag": tag_of(data), "Cache-Control": "private, no-cache"}


class ConfigurationList(Configuration[M]):
    signed_in: ClassVar[Sequence[str]] = ("GET", "POST")

    def get(self, request: Request) -> Response:
        found = filtered(self.filters, request, self.visible(request))
        pages = Pagination()
        page: Any = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response([self.represented(row) for row in page])

    @idempotent
    def post(self, request: Request) -> Response:
        data = self.input.parsed(request.data)
        venue, resource = self.place(request, data)
        row = self.create(venue, data | ({"resource": resource} if resource else {}))
        address = f"{request.path.rstrip('/')}/{getattr(row, self.key)}"
        location = request.build_absolute_uri(address)
        return self.answer(self.represented(self.fresh(row)), status.HTTP_201_CREATED, Location=location)

    def place(self, request: Request, data: dict[str, Any]) -> tuple[Venue, Resource | None]:
        """Takes ``venue`` and ``resource_id`` out of the input. Raises what ``managed_place`` does."""
        return managed_place(request.user, data.pop("venue", None), data.pop("resource_id", None))

    def create(self, venue: Venue, data: dict[str, Any]) -> Model:
        draft = self.draft(data, venue, None)
        return create_row(
            model=self.model,
            values={"venue": venue, **draft.values},
            many_to_many=draft.many_to_many,
            children=draft.children,
        )


class ConfigurationDetail(Configuration[M]):
    signed_in: ClassVar[Sequence[str]] = ("GET", "PUT", "PATCH", "DELETE")

    def get(self, request: Request, id: Any) -> Response:
        found = self.visible(request).filter(**{self.key: id}).first()
        if found is None:
            raise self.missing
        data = self.represented(found)
        if is_known(request.headers, tag_of(data)):
            return Response(status=status.HTTP_304_NOT_MODIFIED, headers=_caching(data))
        return self.answer(data)

    def put(self, request: Request, id: Any) -> Response:
        """Like PATCH: what is absent stays as it is."""
        row, venue = self.managed(request, id)
        data = change_of(self.input).parsed(request.data)
        self.change(row, self.placed(data, venue), self.unchanged(request, row))
        return self.changed(self.fresh(row))

    def patch(self, request: Request, id: Any) -> Response:
        return self.put(request, id)

    def delete(self, request: Request, id: Any) -> Response:
        row, _ = self.managed(request, id)
        self.remove(row, self.unchanged(request, row))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def managed(self, request: Request, id: Any) -> tuple[M, Venue]:
        """The row and its venue. Raises ``NotFound``, and ``Forbidden`` for those who may only look."""
        row = self.rows().filter(**{self.key: id}).first()
        if row is None:
            raise self.missing
        venue: Any = row if isinstance(row, Venue) else row.venue  # type: ignore[attr-defined]
        if not manages(request.user, venue.pk):
            seen = self.visible(request).filter(pk=row.pk).exists()
            raise Forbidden if seen else self.missing
        return row, venue

    def placed(self, data: dict[str, Any], venue: Venue) -> dict[str, Any]:
        """The input with the resource that it names, None for the whole venue."""
        require_same_venue(venue, data.pop("venue", None))
        if "resource_id" in data:
            name = data.pop("resource_id")
            data["resource"] = None if name is None else resource_of(venue, name)
        return data

    def unchanged(self, request: Request, row: M) -> Callable[[], None]:
        """Compares ``If-Match`` with the row as it is when it is locked."""

        def check() -> None:
            if "If-Match" in request.headers:
                require_current(request.headers, tag_of(self.represented(self.fresh(row))))

        return check

    def change(self, row: M, data: dict[str, Any], check: Callable[[], None]) -> None:
        venue = row if isinstance(row, Venue) else row.venue  # type: ignore[attr-defined]
        draft = self.draft(data, venue, row)
        change_row(
            row=row,
            values=draft.values,
            many_to_many=draft.many_to_many,
            children=draft.children,
            check=check,
        )

    def changed(self, row: M) -> Response:
        return self.answer(self.represented(row))

    def remove(self, row: M, check: Callable[[], None]) -> None:
        delete_row(row=row, check=check)
