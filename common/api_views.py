"""What every API view is made of: strict JSON in, JSON 404s, addresses with and without a slash.

Apart from ``common.api``, which the settings name: REST framework's views import those while they load.
"""

import json
import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import IO, Any, ClassVar, NoReturn

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from django_filters.utils import translate_validation
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import exceptions, parsers, serializers
from rest_framework.metadata import BaseMetadata
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView as RestView

from common.api import TooLarge
from common.languages import activate_language_of

LARGEST_BODY = 1_048_576


class JSONParser(parsers.JSONParser):
    """UTF-8 whatever the header says; what is too long, too deep or broken is the client's mistake."""

    largest_body = LARGEST_BODY

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(self.largest_body + 1)
        if len(body) > self.largest_body:
            raise TooLarge
        try:
            return json.loads(
                body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_parse_finite
            )
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError(_("This is not valid JSON.")) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _parse_finite(text: str) -> float:
    """1e999 would be infinite, which no answer could say."""
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text)


class StrictSerializer(serializers.Serializer[Any]):
    """Input of which every field is known: a misspelt one is told, ``price`` or ``status`` never slip in."""

    refuses_unknown_fields: ClassVar[bool] = True  # for the document
    is_reused: ClassVar[bool] = True  # not where the fields may change, or more than them is looked at

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = [str(name)[:100] for name in data if name not in self.fields][:20]
            if unknown:
                message = exceptions.ErrorDetail(str(_("This field doesn't exist.")), code="unknown_field")
                raise exceptions.ValidationError({name: [message] for name in unknown})
        return super().to_internal_value(data)

    @classmethod
    def parsed(cls, data: Any) -> dict[str, Any]:
        """The validated input. Raises DRF's ``ValidationError``, or ``ParseError`` for what is no object."""
        if not isinstance(data, Mapping):
            raise exceptions.ParseError(_("Send a JSON object."))
        if cls.is_reused:
            return dict(_reader_of(cls).run_validation(data))
        serializer = cls(data=data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)


@cache
def _reader_of(kind: type[StrictSerializer]) -> StrictSerializer:
    """One for all requests: copying its fields for each took longer than reading with them."""
    return kind()


@extend_schema_field({"type": "string", "format": "date"})
class LocalDateText(serializers.CharField):
    """What ``parse_date`` reads once the rest of the input is known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, **kwargs)


class MediaTypes(BaseMetadata):
    """What OPTIONS answers beside its ``Allow``: fields and meaning are in the OpenAPI document."""

    def determine_metadata(self, request: Request, view: RestView) -> dict[str, list[str]]:
        return {
            "renders": [renderer.media_type for renderer in view.renderer_classes],
            "parses": [parser.media_type for parser in view.parser_classes],
        }


class APIView(RestView):
    """``read_scope`` and ``write_scope`` are what an API key must hold; ``signed_in`` lists the methods that
    answer 401 to a guest (HEAD is GET), ``without_csrf`` those that change nothing for whoever is signed in;
    ``rate`` names the allowance that writing consumes.
    """

    parser_classes = (JSONParser,)
    metadata_class = MediaTypes
    read_scope: ClassVar[str] = "read"
    write_scope: ClassVar[str] = "book"
    signed_in: ClassVar[Collection[str]] = ()
    without_csrf: ClassVar[Collection[str]] = ()
    rate: str = ""

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # query_params are UTF-8 even if a client names another charset.
        request.encoding = "utf-8"
        return super().initialize_request(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        activate_language_of(request.user)

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        if self.asked(request) in self.signed_in and not request.user.pk:
            raise exceptions.NotAuthenticated
        require_scope(request, self.read_scope if request.method in SAFE_METHODS else self.write_scope)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _refuse_unknown_parameters(self, request)

    def asked(self, request: Request) -> str:
        # The name that signed_in has for what is asked.
        method = str(request.method)
        return "GET" if method == "HEAD" else method  # its size would tell what may not be read

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        allowance = getattr(getattr(request, "_request", request), "rate_allowance", None)
        for name, value in allowance.headers.items() if allowance else ():
            answer[name] = value
        return answer


def _refuse_unknown_parameters(view: APIView, request: Request) -> None:
    """A misspelt filter is told, too, rather than answered with everything. Raises ``ValidationError``."""
    documented = _list_parameters(view, request)
    if documented is None:
        return
    unknown = [name[:100] for name in request.query_params if name not in documented][:20]
    if unknown:
        message = exceptions.ErrorDetail(str(_("This parameter doesn't exist.")), code="unknown_field")
        raise exceptions.ValidationError({name: [message] for name in unknown})


def _list_parameters(view: APIView, request: Request) -> frozenset[str] | None:
    """Of the query string, as the API's document has them; None for what is not in it."""
    method = "GET" if request.method == "HEAD" else str(request.method)
    name = getattr(view, "action_map", {}).get(method.lower(), method.lower())
    key = type(view), name
    if key not in _parameters:
        schema_class = getattr(getattr(type(view), name, None), "kwargs", {}).get("schema")
        _parameters[key] = schema_class and _read_parameters(schema_class(), view, method)
    return _parameters[key]


def _read_parameters(schema: Any, view: APIView, method: str) -> frozenset[str]:
    schema.view, schema.method = view, method
    parameters = schema.get_override_parameters()
    return frozenset(found.name for found in parameters if found.location == OpenApiParameter.QUERY)


_parameters: dict[tuple[type[APIView], str], frozenset[str] | None] = {}


def require_scope(request: Request, scope: str) -> None:
    """Only API keys are limited. Raises DRF's ``PermissionDenied`` (``scope_missing``)."""
    scopes = getattr(request.auth, "scopes", None)
    if scopes is not None and scope not in scopes:
        raise exceptions.PermissionDenied(
            _("This API key doesn't have permission to do that."), code="scope_missing"
        )


class NoSuchEndpoint(APIView):
    authentication_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound(_("This address doesn't exist."))


def filtered(filters: type[FilterSet], request: Request, queryset: Any) -> Any:
    """The rows that the query string asks for. Raises DRF's ``ValidationError``."""
    filter_set = filters(request.query_params, queryset=queryset, request=request)
    if not filter_set.is_valid():
        raise translate_validation(filter_set.errors)
    return filter_set.qs


def either(route: str, view: Callable[..., HttpResponseBase], name: str) -> list[URLPattern]:
    """The address with and without its trailing slash; ``reverse`` gives the one without."""
    return [path(route, view, name=name), path(f"{route}/", view)]
