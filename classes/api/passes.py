"""Passes: what is sold, one's own with what is left on them, and paying for one."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import account_of
from accounts.models import User
from classes import services
from classes.api import refusals
from classes.api.filters import VENUE
from classes.api.inputs import PassInput, PassPaymentInput
from classes.api.numbers import NumberField
from classes.lists import find_passes, list_pass_kinds
from classes.models import Pass, PassKind
from classes.pass_balance import count_left
from classes.permissions import manages_classes
from classes.services import PassNotFound
from common.api_sets import NEVER_STORED, ViewSet, with_headers
from common.errors import Forbidden
from common.idempotency import idempotent
from common.money import in_coins
from common.parsing import refuse
from common.schema import IDEMPOTENCY, PAGES, location, page_of
from common.schema_errors import refuses
from common.serializing import RowShape, ZonedDateTimeField
from reservations.api.inputs import actor_for
from resources.lookups import by_id_or_slug


class PassKindSerializer(RowShape[PassKind]):
    venue = serializers.CharField(source="venue.slug")
    price = NumberField()
    currency = serializers.CharField(source="venue.currency")
    class_types = serializers.ListField(
        child=serializers.IntegerField(), help_text="What it is for; empty: all sessions but retreats"
    )

    class Meta:
        model = PassKind
        fields = ("id", "name", "credits", "valid_days", "price", "currency", "class_types", "venue")
        read_only_fields = fields

    def read_price(self, kind: PassKind) -> Any:
        return in_coins(kind.price, kind.venue.currency)

    def read_class_types(self, kind: PassKind) -> list[int]:
        return [row.pk for row in kind.class_types.all()]


class PassSerializer(RowShape[Pass]):
    # Context: credits left, by pass.

    kind = serializers.CharField(source="kind.name")
    kind_id = serializers.IntegerField()
    venue = serializers.CharField(source="venue.slug")
    customer = serializers.CharField(source="customer.email", help_text="Whose it is")
    left = serializers.SerializerMethodField(help_text="Credits")
    price = NumberField()
    is_paid = serializers.BooleanField(help_text="Unpaid it is good for nothing")
    is_ended = serializers.BooleanField()
    sold_at = ZonedDateTimeField()

    class Meta:
        model = Pass
        fields = (
            *("id", "kind", "kind_id", "venue", "customer", "credits", "left", "price", "currency"),
            *("expires_on", "is_paid", "is_ended", "sold_at"),
        )
        read_only_fields = fields

    def get_left(self, row: Pass) -> int:
        return int(self.context["left"][row.pk])

    def read_price(self, row: Pass) -> Any:
        return in_coins(row.price, row.currency)

    def read_is_paid(self, row: Pass) -> bool:
        return row.paid_at is not None

    def read_is_ended(self, row: Pass) -> bool:
        return row.ended_at is not None

    def read_sold_at(self, row: Pass) -> Any:
        return row.sold_at.astimezone(row.venue.zone)


class PassViewSet(ViewSet[Pass]):
    serializer_class = PassSerializer
    lookup_value_converter = "int"
    missing = PassNotFound
    signed_in = ("list", "create", "pay")
    caching = NEVER_STORED

    def get_queryset(self) -> QuerySet[Pass]:
        return find_passes(self.request.user)

    @extend_schema(
        summary="Passes",
        description="One's own; for managers and staff those of their venues. The latest first.",
        parameters=[VENUE, *PAGES],
        responses={200: page_of(PassSerializer)},
    )
    def list(self, request: Request) -> Response:
        rows, name = self.get_queryset(), request.query_params.get("venue")
        rows = rows.filter(by_id_or_slug(name[:100].replace("\x00", ""), "venue__")) if name else rows
        page = self.paginate_queryset(rows) or []
        return with_headers(self.get_paginated_response(render_passes(page)), self.caching)

    @extend_schema(
        summary="Buy a pass",
        extensions=refuses(refusals.SELLING),
        description=(
            "For oneself: it is good once paid; what is not paid yet is not ordered twice. Managers and "
            "staff sell it to a `customer`, with `is_paid` when they have taken the money."
        ),
        parameters=[IDEMPOTENCY, location(201)],
        request=PassInput,
        responses={201: PassSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data, user = PassInput.parsed(request.data), account_of(request)
        kind = list_pass_kinds().filter(pk=data["kind_id"]).first()
        if kind is None:
            raise PassNotFound
        if {"customer", "is_paid"} & data.keys() and not manages_classes(user, kind.venue_id):
            raise Forbidden
        if "customer" in data or data.get("is_paid"):
            sold = services.sell_pass(
                kind_id=kind.pk,
                customer=_find_customer(data.get("customer"), user),
                actor=actor_for(user),
                is_paid=data.get("is_paid", False),
            )
        else:
            sold = services.order_pass(kind_id=kind.pk, customer=user, actor=actor_for(user))
        return self.created(render_passes([sold])[0], sold.pk)

    @extend_schema(
        summary="Pay a pass",
        extensions=refuses(refusals.PAYING),
        description="Whose it is, with the payment provider's token.",
        request=PassPaymentInput,
        responses={200: PassSerializer},
    )
    @action(detail=True, methods=["post"])
    def pay(self, request: Request, id: int) -> Response:
        sold = self.get_object()
        if sold.customer_id != request.user.pk:
            raise Forbidden
        token = PassPaymentInput.parsed(request.data)["token"]
        services.pay_pass(pass_id=sold.pk, token=token, actor=actor_for(request.user))
        return self.answer(render_passes([self.get_object()])[0], status.HTTP_200_OK)


def _find_customer(email: str | None, user: User) -> User:
    """Raises ``InvalidInput``."""
    if email is None:
        return user
    customer = User.objects.with_login(email)
    if customer is None or not customer.is_active:
        refuse("customer", _("There is no such account."))
    return customer


def render_passes(passes: Sequence[Pass]) -> Any:
    return PassSerializer(passes, many=True, context={"left": count_left(passes)}).data


class PassKindViewSet(ViewSet[PassKind]):
    serializer_class = PassKindSerializer

    @extend_schema(
        summary="Passes that are sold",
        parameters=[VENUE, *PAGES],
        responses={200: page_of(PassKindSerializer)},
    )
    def list(self, request: Request) -> Response:
        rows, name = list_pass_kinds(), request.query_params.get("venue")
        rows = rows.filter(by_id_or_slug(name[:100].replace("\x00", ""), "venue__")) if name else rows
        return self.paged(rows)
