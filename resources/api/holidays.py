"""Public holidays over HTTP; all venues of a country share them."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api import Pagination
from common.api_views import APIView, StrictSerializer, filtered
from common.errors import Forbidden
from common.idempotency import idempotent
from common.parsing import FIRST_YEAR, LAST_YEAR
from common.schema import IDEMPOTENCY, PAGES, page_of, query
from resources.enums import Role
from resources.filters import HolidayFilter
from resources.models import Holiday, Venue
from resources.services import import_holidays

MOST_YEARS = 10


class HolidaySerializer(serializers.ModelSerializer[Holiday]):
    """``subdivision`` is empty for holidays of the whole country."""

    class Meta:
        model = Holiday
        fields = ("date", "name", "country", "subdivision")


class HolidayImportInput(StrictSerializer):
    country = serializers.RegexField(r"\A[A-Z]{2}\Z", help_text="Two capital letters, like DE")
    subdivision = serializers.CharField(
        max_length=10, allow_blank=True, default="", help_text="State or region, like BE"
    )
    years = serializers.ListField(
        child=serializers.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR),
        allow_empty=False,
        max_length=MOST_YEARS,
    )


class HolidayImportSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField(help_text="How many were missing; those that exist stay as they are")


class HolidayList(APIView):
    @extend_schema(
        summary="List public holidays",
        parameters=[
            query("country", "Two capital letters, like DE."),
            query("subdivision", "State or region: its own holidays and those of the whole country."),
            query("year", "A year from 2000 to 2100.", type=OpenApiTypes.INT),
            *PAGES,
        ],
        responses={200: page_of(HolidaySerializer)},
    )
    def get(self, request: Request) -> Response:
        rows = Holiday.objects.order_by("date", "country", "subdivision")
        pages = Pagination()
        page: Any = pages.paginate_queryset(filtered(HolidayFilter, request, rows), request, view=self)
        return pages.get_paginated_response(HolidaySerializer(page, many=True).data)


class HolidayImport(APIView):
    signed_in: ClassVar = ("POST",)
    write_scope = "manage"

    @extend_schema(
        summary="Import public holidays",
        description="For managers of a venue in that country (API keys: scope `manage`).",
        parameters=[IDEMPOTENCY],
        request=HolidayImportInput,
        responses={201: HolidayImportSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        data = HolidayImportInput.parsed(request.data)
        managed = Venue.objects.staffed_by(request.user, Role.MANAGER)
        if not (request.user.is_superuser or managed.filter(country=data["country"]).exists()):
            raise Forbidden
        added = import_holidays(data["country"], data["subdivision"], sorted(set(data["years"])))
        return Response({"added": added}, status=201)
