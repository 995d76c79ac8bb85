"""Public holidays over HTTP; all venues of a country share them."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import ListAction
from common.api_views import StrictSerializer
from common.errors import Forbidden
from common.idempotency import idempotent
from common.names import check_name
from common.parsing import FIRST_YEAR, LAST_YEAR
from common.schema import IDEMPOTENCY, PAGES, number, page_of, query
from common.second_factor import is_administrator
from common.serializing import RowShape
from resources.enums import Role
from resources.filters import HolidayFilter
from resources.models import Holiday, Venue
from resources.services import import_holidays

MOST_YEARS = 10


class HolidaySerializer(RowShape[Holiday]):
    """``subdivision`` is empty for holidays of the whole country."""

    class Meta:
        model = Holiday
        fields = ("date", "name", "country", "subdivision")


class HolidayImportInput(StrictSerializer):
    country = serializers.RegexField(r"\A[A-Z]{2}\Z", help_text="Two capital letters, like DE")
    subdivision = serializers.CharField(
        validators=[check_name],
        max_length=10,
        allow_blank=True,
        default="",
        help_text="State or region, like BE",
    )
    years = serializers.ListField(
        child=serializers.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR),
        allow_empty=False,
        max_length=MOST_YEARS,
    )


class HolidayImportSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField(help_text="How many were missing; those that exist stay as they are")


class HolidayViewSet(ListAction[Holiday]):
    serializer_class = HolidaySerializer
    filterset_class = HolidayFilter
    signed_in = ("bring_in",)

    def get_queryset(self) -> QuerySet[Holiday]:
        return Holiday.objects.order_by("date", "country", "subdivision")

    @extend_schema(
        summary="List public holidays",
        parameters=[
            query("country", "Two capital letters, like DE."),
            query("subdivision", "State or region: its own holidays and those of the whole country."),
            number("year", "A year from 2000 to 2100.", least=2000, most=2100),
            *PAGES,
        ],
        responses={200: page_of(HolidaySerializer)},
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary="Import public holidays",
        description="For managers of a venue in that country (API keys: scope `manage`).",
        parameters=[IDEMPOTENCY],
        request=HolidayImportInput,
        responses={201: HolidayImportSerializer},
    )
    @action(detail=False, methods=["post"], url_path="import", write_scope="manage")
    @idempotent
    def bring_in(self, request: Request) -> Response:
        data = HolidayImportInput.parsed(request.data)
        managed = Venue.objects.staffed_by(request.user, Role.MANAGER)
        if not (is_administrator(request.user) or managed.filter(country=data["country"]).exists()):
            raise Forbidden
        added = import_holidays(data["country"], data["subdivision"], sorted(set(data["years"])))
        return self.answer({"added": added}, status.HTTP_201_CREATED)
