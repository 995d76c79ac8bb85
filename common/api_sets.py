"""View sets made of single actions, and the router that gives them addresses."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Model, QuerySet
from django.urls import URLPattern, path
from rest_framework import status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSetMixin

from common.api_views import APIView
from common.errors import NotFound

M = TypeVar("M", bound=Model)
# For personal data: they stay with whoever asked.
NEVER_STORED = {"Cache-Control": "private, no-store"}


class ViewSet(ViewSetMixin, APIView, GenericAPIView[M]):
    """``get_queryset`` gives what this client may see, with all that answers need.

    ``signed_in`` lists actions (``list``, ``create`` ...) that answer 401 to a guest; ``rates`` are
    allowances of single actions, ``caching`` headers of every answer; ``missing`` is raised for a row that
    is not there, or not for this client. ``is_single``: there is one for each client, without an id.
    """

    lookup_url_kwarg = "id"
    lookup_value_converter: ClassVar[str] = "uuid"
    is_single: ClassVar[bool] = False
    rates: ClassVar[Mapping[str, str]] = {}
    caching: ClassVar[Mapping[str, str]] = {}
    missing: ClassVar[type[NotFound]] = NotFound

    def asked(self, request: Request) -> str:
        return str(self.action)

    def check_throttles(self, request: Request) -> None:
        self.rate = self.rates.get(self.action, self.rate)
        super().check_throttles(request)

    def get_queryset(self) -> QuerySet[M]:
        raise NotImplementedError

    def get_object(self) -> M:
        """Raises ``missing``."""
        row = self.get_queryset().filter(**{self.lookup_field: self.kwargs["id"]}).first()
        if row is None:
            raise self.missing
        return row

    def paged(self, rows: Any, shape: type[Any] | None = None, **context: Any) -> Response:
        """One page of a list, with the view set's shape unless another is given."""
        page = self.paginate_queryset(rows)
        self.prepare_page(page)
        kind: Any = shape or self.get_serializer_class()
        serializer = kind(page, many=True, context={**self.get_serializer_context(), **context})
        response = self.get_paginated_response(serializer.data)
        return with_headers(response, self.caching)

    def prepare_page(self, rows: Any) -> None:
        """Look up at once what the shape would ask of each row."""

    def rendered(self, row: M) -> dict[str, Any]:
        return dict(self.get_serializer(row).data)

    def answer(self, data: Any, code: int = status.HTTP_200_OK) -> Response:
        return Response(data, code, headers=dict(self.caching))

    def created(self, data: Any, key: object) -> Response:
        address = f"{self.request.path.rstrip('/')}/{key}"
        location = self.request.build_absolute_uri(address)
        return with_headers(self.answer(data, status.HTTP_201_CREATED), {"Location": location})


class ListAction(ViewSet[M]):
    def list(self, request: Request) -> Response:
        return self.paged(self.filter_queryset(self.get_queryset()))


class RetrieveAction(ViewSet[M]):
    def retrieve(self, request: Request, id: Any) -> Response:
        return self.answer(self.rendered(self.get_object()))


class Router(SimpleRouter):
    """Every address with and without its trailing slash; ``reverse`` gives the one without."""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)

    def get_routes(self, viewset: Any) -> list[Any]:
        routes = super().get_routes(viewset)
        if not viewset.is_single:
            return routes
        return [route._replace(url=route.url.replace("/{lookup}", "")) for route in routes]

    def get_urls(self) -> list[Any]:
        return [pattern for route in super().get_urls() for pattern in _with_slash_twin(route)]


def _with_slash_twin(route: Any) -> list[URLPattern]:
    return [route, path(f"{route.pattern}/", route.callback)]


def with_headers(response: Response, headers: Mapping[str, str]) -> Response:
    for name, value in headers.items():
        response[name] = value
    return response
