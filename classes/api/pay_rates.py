"""By which rates facilitators are paid: for managers, as pay is."""

from decimal import Decimal

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from classes.api.filters import VENUE
from classes.api.numbers import NumberField
from classes.enums import Heads
from classes.lists import find_pay_rates
from classes.models import PayRate
from common.api_sets import NEVER_STORED, RetrieveAction
from common.money import in_coins
from common.schema import PAGES, page_of
from common.serializing import RowShape
from resources.lookups import by_id_or_slug


class PayRateSerializer(RowShape[PayRate]):
    """What one is paid for a session: the three parts together, at least the floor, at most the cap."""

    venue = serializers.CharField(source="venue.slug")
    base = NumberField(help_text="For the session")
    per_head = NumberField(help_text="For each person")
    percent = NumberField(help_text="Of what the session brings in")
    floor = NumberField(allow_null=True, help_text="At least")
    cap = NumberField(allow_null=True, help_text="At most")
    counts = serializers.ChoiceField(Heads.choices, help_text="Whom `per_head` counts")
    currency = serializers.CharField(source="venue.currency")

    class Meta:
        model = PayRate
        fields = (
            *("id", "name", "venue", "base", "per_head", "percent", "floor", "cap", "counts", "currency"),
        )
        read_only_fields = fields

    def read_base(self, rate: PayRate) -> Decimal:
        return in_coins(rate.base, rate.venue.currency)

    def read_per_head(self, rate: PayRate) -> Decimal:
        return in_coins(rate.per_head, rate.venue.currency)

    def read_floor(self, rate: PayRate) -> Decimal | None:
        return None if rate.floor is None else in_coins(rate.floor, rate.venue.currency)

    def read_cap(self, rate: PayRate) -> Decimal | None:
        return None if rate.cap is None else in_coins(rate.cap, rate.venue.currency)


class PayRateViewSet(RetrieveAction[PayRate]):
    serializer_class = PayRateSerializer
    lookup_field = "pk"
    lookup_value_converter = "int"
    signed_in = ("list", "retrieve")
    read_scope = "manage"
    caching = NEVER_STORED

    def get_queryset(self) -> QuerySet[PayRate]:
        return find_pay_rates(self.request.user)

    @extend_schema(
        summary="Pay rates",
        description="For managers those of their venues; others have none. They are changed in the admin.",
        parameters=[VENUE, *PAGES],
        responses={200: page_of(PayRateSerializer)},
    )
    def list(self, request: Request) -> Response:
        rows, name = self.get_queryset(), request.query_params.get("venue")
        rows = rows.filter(by_id_or_slug(name[:100].replace("\x00", ""), "venue__")) if name else rows
        return self.paged(rows)

    @extend_schema(summary="One pay rate", responses={200: PayRateSerializer})
    def retrieve(self, request: Request, id: int) -> Response:
        return super().retrieve(request, id)
