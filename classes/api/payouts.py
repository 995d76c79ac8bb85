"""What facilitators are paid: one's own, and for managers all of it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import account_of
from classes import services
from classes.api import refusals
from classes.api.filters import PAGED, PAGES, PERIOD, VENUE, read_period
from classes.api.finding import zone_of
from classes.api.inputs import SettlingInput
from classes.api.lists import answer_rows, array_or_page
from classes.api.numbers import NumberField
from classes.lists import find_payouts
from classes.models import Payout
from classes.pay_table import write_payouts
from classes.permissions import can_settle_pay
from common.api_sets import NEVER_STORED, ViewSet
from common.api_views import APIView
from common.errors import Forbidden, NotFound
from common.money import in_coins
from common.schema_errors import TIMED, refuses
from common.serializing import RowShape, ZonedDateTimeField
from reservations.api.inputs import actor_for
from resources.lookups import by_id_or_slug


class PayoutSerializer(RowShape[Payout]):
    """What one gets for a session; worked out anew until it is settled."""

    session = serializers.CharField(source="session.title")
    session_id = serializers.IntegerField()
    start_time = ZonedDateTimeField()
    facilitator = serializers.CharField(source="facilitator.name")
    amount = NumberField()
    settled_at = serializers.DateTimeField(allow_null=True)
    lines = serializers.JSONField(help_text="`kind` (base, heads, percent, floor, cap), `of`, `amount`")

    class Meta:
        model = Payout
        fields = (
            *("id", "session_id", "session", "start_time", "facilitator", "amount", "currency", "lines"),
            "settled_at",
        )
        read_only_fields = fields

    def read_start_time(self, payout: Payout) -> Any:
        return payout.session.local_start

    def read_amount(self, payout: Payout) -> Any:
        return in_coins(payout.amount, payout.currency)


def narrow_payouts(rows: QuerySet[Payout], request: Request) -> QuerySet[Payout]:
    """Raises ``InvalidInput``."""
    asked = request.query_params
    start, end = read_period(asked, zone_of(request))
    if start:
        rows = rows.filter(session__starts_at__gte=start)
    if end:
        rows = rows.filter(session__starts_at__lt=end)
    if asked.get("venue"):
        rows = rows.filter(by_id_or_slug(asked["venue"][:100].replace("\x00", ""), "venue__"))
    return rows


class PayoutViewSet(ViewSet[Payout]):
    """``/api/facilitator/payouts``."""

    serializer_class = PayoutSerializer
    signed_in = ("list", "settle")
    read_scope = "manage"
    write_scope = "manage"
    caching = NEVER_STORED

    def get_queryset(self) -> QuerySet[Payout]:
        return find_payouts(account_of(self.request))

    @extend_schema(
        summary="What facilitators are paid",
        extensions=refuses(TIMED),
        description=f"One's own; for managers those of their venues. The latest session first. {PAGED}",
        parameters=[*PERIOD, VENUE, *PAGES],
        responses={200: array_or_page(PayoutSerializer)},
    )
    def list(self, request: Request) -> Response:
        def render(rows: Sequence[Payout]) -> Any:
            return PayoutSerializer(rows, many=True).data

        return answer_rows(self, narrow_payouts(self.get_queryset(), request), render)

    @extend_schema(
        summary="Payouts that have been paid",
        description="Managers: all or none. They are not worked out anew from then on.",
        extensions=refuses(refusals.SETTLING),
        request=SettlingInput,
        responses={200: PayoutSerializer(many=True)},
    )
    @action(detail=False, methods=["post"])
    def settle(self, request: Request) -> Response:
        data = SettlingInput.parsed(request.data)
        ids, seen = data["ids"], dict(zip(data["ids"], data.get("amounts", ()), strict=False))
        rows = list(self.get_queryset().filter(pk__in=ids))
        if len(rows) < len(set(ids)):
            raise NotFound
        if not all(can_settle_pay(request.user, row.venue_id) for row in rows):
            raise Forbidden
        services.settle_payouts(payout_ids=ids, actor=actor_for(request.user), seen=seen)
        return self.answer(PayoutSerializer(self.get_queryset().filter(pk__in=ids), many=True).data)


class PayoutTable(APIView):
    """``/api/facilitator/payouts.csv``."""

    signed_in = ("GET",)
    read_scope = "manage"

    @extend_schema(
        summary="What facilitators are paid, as a table",
        extensions=refuses(TIMED),
        description="For spreadsheets: the same rows as `/api/facilitator/payouts`, all of them.",
        parameters=[*PERIOD, VENUE],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        rows = narrow_payouts(find_payouts(account_of(request)), request)
        table = write_payouts(rows)
        headers = {**NEVER_STORED, "Content-Disposition": 'attachment; filename="payouts.csv"'}
        return HttpResponse(table, content_type="text/csv; charset=utf-8", headers=headers)
