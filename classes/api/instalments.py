"""Instalments: one's own, and for managers and staff those of their venues."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from classes.api.filters import VENUE
from classes.api.numbers import NumberField
from classes.enums import InstalmentStatus
from classes.lists import find_instalments
from classes.models import Instalment
from common.api_sets import NEVER_STORED, RetrieveAction
from common.errors import NotFound
from common.money import in_coins
from common.parsing import refuse
from common.schema import PAGES, page_of, query
from common.serializing import RowShape
from resources.lookups import by_id_or_slug

STATUS = query("status", "Only those.", enum=InstalmentStatus.values)


class InstalmentNotFound(NotFound):
    message = _("We couldn't find that instalment, or you don't have access.")


class OwedInstalmentSerializer(RowShape[Instalment]):
    """A part of the price of a booking; all of them together are the price."""

    booking_id = serializers.IntegerField(help_text="Of `/api/bookings/<id>`")
    session_id = serializers.IntegerField(source="booking.session_id")
    session = serializers.CharField(source="booking.session.title")
    venue = serializers.CharField(source="venue.slug")
    customer = serializers.CharField(source="booking.reservation.customer_name", help_text="Who booked")
    amount = NumberField()
    currency = serializers.CharField(source="booking.reservation.currency")
    status = serializers.ChoiceField(InstalmentStatus.choices)

    class Meta:
        model = Instalment
        fields = (
            *("id", "booking_id", "session_id", "session", "venue", "customer", "due_on", "amount"),
            *("currency", "status"),
        )
        read_only_fields = fields

    def read_amount(self, part: Instalment) -> Any:
        return in_coins(part.amount, part.booking.reservation.currency)


class InstalmentViewSet(RetrieveAction[Instalment]):
    serializer_class = OwedInstalmentSerializer
    lookup_field = "pk"
    lookup_value_converter = "int"
    missing = InstalmentNotFound
    signed_in = ("list", "retrieve")
    caching = NEVER_STORED

    def get_queryset(self) -> QuerySet[Instalment]:
        return find_instalments(self.request.user)

    @extend_schema(
        summary="Instalments",
        description="One's own; for managers and staff those of their venues. The one that is due first.",
        parameters=[VENUE, STATUS, *PAGES],
        responses={200: page_of(OwedInstalmentSerializer)},
    )
    def list(self, request: Request) -> Response:
        rows, asked = self.get_queryset(), request.query_params
        if name := asked.get("venue"):
            rows = rows.filter(by_id_or_slug(name[:100].replace("\x00", ""), "venue__"))
        if status := asked.get("status"):
            if status not in InstalmentStatus.values:
                known = ", ".join(InstalmentStatus.values)
                refuse("status", _("Choose from: %(known)s.") % {"known": known})
            rows = rows.filter(status=status)
        return self.paged(rows)

    @extend_schema(summary="One instalment", responses={200: OwedInstalmentSerializer})
    def retrieve(self, request: Request, id: int) -> Response:
        return super().retrieve(request, id)
