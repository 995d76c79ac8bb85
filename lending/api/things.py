"""Things that are lent: everybody finds them, as they stand now."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api_sets import NEVER_STORED, ViewSet, with_headers
from common.clock import now
from common.parsing import parse_flag, parse_instant, refuse
from common.schema import NUMBERED_PAGES, page_of, query
from common.serializing import Shape, ZonedDateTimeField
from lending.api.shapes import (
    ExpectationSerializer,
    LendingTermsSerializer,
    PlaceSerializer,
    describe_expectation,
)
from lending.models import Queue
from lending.offering import Ask, Offer, expect_each, read_stock
from lending.selectors import Expectation, QueueOrder, find_lent, find_positions
from lending.terms import LENT, catalogs_of
from lending.timelines import MOST_DAYS, Entry, list_entries
from resources.api.serializers import VenueBriefSerializer
from resources.enums import ResourceKind
from resources.filters import MOST_FEATURES
from resources.lookups import by_id_or_slug
from resources.models import Resource
from resources.querysets import ResourceQuerySet
from resources.selectors import ResourceNotFound

SHOWN_DAYS = 14
"""Of a timeline, unless asked for others."""


@dataclass(frozen=True, slots=True)
class ThingRow:
    resource: Resource
    offer: Offer
    out: int
    expectation: Expectation | None = None

    @property
    def free(self) -> int:
        return self.offer.free if self.resource.is_active and self.offer.is_free else 0

    @property
    def can_be_had(self) -> bool:
        """No one has to wait for it behind others."""
        return self.free > 0 and not self.offer.waiting


class ThingSerializer(Shape):
    id = serializers.UUIDField(source="resource.uuid")
    number = serializers.IntegerField(source="resource.pk", help_text="The `resource_id` of `/reservation/…`")
    name = serializers.CharField(source="resource.name")
    slug = serializers.CharField(source="resource.slug")
    kind = serializers.CharField(source="resource.kind")
    description = serializers.CharField(source="resource.description")
    venue = VenueBriefSerializer(source="resource.venue")
    features = serializers.ListField(child=serializers.CharField(), help_text="Slugs")
    accessories = serializers.ListField(
        child=serializers.CharField(), source="resource.lendable.accessories", help_text="What comes with it"
    )
    is_active = serializers.BooleanField(
        source="offer.thing.is_active", help_text="Whether it is lent at present"
    )
    units = serializers.IntegerField(source="offer.thing.limit")
    free = serializers.IntegerField(help_text="Units that can be had")
    out = serializers.IntegerField(help_text="Units that people have")
    waiting = serializers.IntegerField(source="offer.waiting", help_text="People in its queue")
    expected = ExpectationSerializer(
        allow_null=True, help_text="For the next to join its queue; null: it is free, and no one waits"
    )
    terms = LendingTermsSerializer(source="offer.terms")

    def read_features(self, row: ThingRow) -> list[str]:
        return sorted(row.offer.thing.feature_slugs)

    def read_expected(self, row: ThingRow) -> dict[str, Any] | None:
        return describe_expectation(row.expectation, row.offer.thing.zone)


class TimelineEntrySerializer(Shape):
    """A time in which units are taken, by a loan, or by another booking (`busy`)."""

    kind = serializers.ChoiceField(["loan", "busy"])
    start = ZonedDateTimeField()
    end = ZonedDateTimeField(allow_null=True, help_text="null: not known yet")
    units = serializers.IntegerField()
    name = serializers.CharField(help_text="Of whom has it, as the rules say; empty for guests")
    is_own = serializers.BooleanField()
    loan_id = serializers.UUIDField(allow_null=True, help_text="For the person and for staff")
    is_part = serializers.BooleanField(help_text="Of what is made of parts not all are taken")


class TimelineSerializer(Shape):
    units = serializers.IntegerField()
    entries = TimelineEntrySerializer(many=True)


FILTERS = [
    query("q", "Words in the name, the description or the venue's name."),
    query("venue", "Id or slug of a venue."),
    query("kind", "The sort of thing.", enum=ResourceKind.values),
    query("feature", "Slugs with commas: all of them are wanted."),
    query("free_now", "true: what can be had at once; false: what cannot.", type=OpenApiTypes.BOOL),
    query(
        "sort",
        "`free` (the default): free ones first; `waiting`: short queues first.",
        enum=["free", "name", "waiting"],
    ),
]
SORTS: dict[str, Callable[[ThingRow], tuple[Any, ...]]] = {
    "free": lambda row: (not row.free, row.resource.name.casefold(), row.resource.pk),
    "name": lambda row: (row.resource.name.casefold(), row.resource.pk),
    "waiting": lambda row: (row.offer.waiting, row.resource.name.casefold(), row.resource.pk),
}


class ThingViewSet(ViewSet[Resource]):
    serializer_class = ThingSerializer
    lookup_field = "uuid"
    missing = ResourceNotFound
    signed_in = ("queue",)
    caching = NEVER_STORED

    def get_queryset(self) -> ResourceQuerySet:
        return find_lent(self.request.user).select_related("venue", "lendable")

    @extend_schema(
        summary="Things that are lent",
        description="With how many are free now, how many people wait, and how long it is likely to take.",
        parameters=[*FILTERS, *NUMBERED_PAGES],
        responses={200: page_of(ThingSerializer)},
    )
    def list(self, request: Request) -> Response:
        rows = sort_rows(read_rows(narrow(self.get_queryset(), request.query_params)), request.query_params)
        return self.paged(rows)

    def paginate_queryset(self, queryset: Any) -> Any:
        """What is expected is worked out for the page alone."""
        page: Any = super().paginate_queryset(queryset)
        return add_expectations(page) if self.action == "list" else page

    @extend_schema(summary="One thing", responses={200: ThingSerializer})
    def retrieve(self, request: Request, id: UUID) -> Response:
        rows = add_expectations(read_rows([self.get_object()]))
        if not rows:
            raise self.missing
        return self.answer(ThingSerializer(rows[0], context={}).data)

    @extend_schema(
        summary="Who waits for it",
        description="In the order in which people would be served now. Signed in.",
        parameters=NUMBERED_PAGES,
        responses={200: page_of(PlaceSerializer)},
    )
    @action(detail=True)
    def queue(self, request: Request, id: UUID) -> Response:
        queue = Queue.objects.filter(resource=self.get_object()).first()
        at = now()
        shown = self.paginate_queryset(QueueOrder(queue, at) if queue else ()) or []
        context = {"user": request.user, "catalogs": catalogs_of(shown[:1]), "now": at}
        numbers = find_positions(shown, at)
        rows = PlaceSerializer(shown, many=True, context=context | {"numbers": numbers}).data
        return with_headers(self.get_paginated_response(rows), self.caching)

    @extend_schema(
        summary="When it is taken",
        parameters=[
            query("from", "From this instant on; now unless given."),
            query("to", f"Until then; {SHOWN_DAYS} days later unless given, at most {MOST_DAYS}."),
        ],
        responses={200: TimelineSerializer},
    )
    @action(detail=True)
    def timeline(self, request: Request, id: UUID) -> Response:
        thing = self.get_object()
        start, end = read_window(request.query_params, thing.venue.zone_name)
        (row,) = read_rows([thing]) or (None,)
        if row is None:
            raise self.missing
        offer = row.offer
        entries: Sequence[Entry] = list_entries(offer.thing, offer.terms, request.user, start, end)
        return self.answer(TimelineSerializer({"units": offer.thing.limit, "entries": entries}).data)


def narrow(things: ResourceQuerySet, asked: Mapping[str, str]) -> ResourceQuerySet:
    """Raises ``InvalidInput``."""
    for word in asked.get("q", "")[:200].replace("\x00", "").split()[:10]:
        in_texts = Q(name__icontains=word) | Q(description__icontains=word) | Q(venue__name__icontains=word)
        things = things.filter(in_texts)
    if asked.get("venue"):
        things = things.filter(by_id_or_slug(asked["venue"][:100].replace("\x00", ""), "venue__"))
    if kind := asked.get("kind"):
        if kind not in ResourceKind.values:
            refuse("kind", _("Choose from: %(known)s.") % {"known": ", ".join(ResourceKind.values)})
        things = things.filter(kind=kind)
    return things


def read_rows(things: Iterable[Resource]) -> list[ThingRow]:
    """With how each stands; three queries, and none for its rules."""
    resources = {thing.pk: thing for thing in things}
    configured = catalogs_of(resources.values())
    bookables = [
        bookable
        for id, thing in resources.items()
        if id in configured[thing.venue_id].part(LENT)
        and (bookable := configured[thing.venue_id].bookables.get(id))
    ]
    if not bookables:
        return []
    stock = read_stock(configured, bookables, now())
    out = stock.count_out()
    return [
        ThingRow(resources[thing.id], stock.offers[thing.id], out.get(thing.id, 0)) for thing in bookables
    ]


def sort_rows(rows: list[ThingRow], asked: Mapping[str, str]) -> list[ThingRow]:
    """Those with the features that are wanted, free ones first unless asked otherwise. ``InvalidInput``."""
    sort = asked.get("sort") or "free"
    if sort not in SORTS:
        refuse("sort", _("Choose from: %(known)s.") % {"known": ", ".join(SORTS)})
    wanted = {slug.strip() for slug in asked.get("feature", "").split(",") if slug.strip()}
    if len(wanted) > MOST_FEATURES:
        refuse("feature", _("Choose %(most)d features or fewer.") % {"most": MOST_FEATURES})
    rows = [row for row in rows if wanted <= row.offer.thing.feature_slugs]
    if asked.get("free_now"):
        is_free = parse_flag(asked["free_now"], "free_now")
        rows = [row for row in rows if row.can_be_had == is_free]
    return sorted(rows, key=SORTS[sort])


def add_expectations(rows: Sequence[ThingRow]) -> list[ThingRow]:
    """Of what is not to be had at once; a few queries, mostly two."""
    asked = [row for row in rows if not row.can_be_had]
    asks = [Ask((row.offer.thing,), [row.offer.terms]) for row in asked]
    found = {row.resource.pk: each for row, each in zip(asked, expect_each(asks, now()), strict=True)}
    return [replace(row, expectation=found.get(row.resource.pk)) for row in rows]


def read_window(asked: Mapping[str, str], zone: str) -> tuple[datetime, datetime]:
    """Raises ``InvalidInput``."""
    start = parse_instant(asked["from"], "from", zone=zone) if asked.get("from") else now()
    end = (
        parse_instant(asked["to"], "to", zone=zone) if asked.get("to") else start + timedelta(days=SHOWN_DAYS)
    )
    if not start < end <= start + timedelta(days=MOST_DAYS):
        refuse("to", _("Enter a later time, at most %(most)d days after the first.") % {"most": MOST_DAYS})
    return start, end
