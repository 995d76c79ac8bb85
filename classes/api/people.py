"""Who leads sessions: everybody sees those who are shown, managers approve new ones."""

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from classes import services
from classes.api.filters import VENUE
from classes.api.finding import find_facilitator
from classes.exceptions import ProfileNotFound
from classes.lists import list_facilitators
from classes.models import Facilitator
from common.api_sets import NEVER_STORED, ViewSet
from common.errors import Forbidden
from common.parsing import parse_flag
from common.schema import PAGES, page_of, query
from common.serializing import RowShape
from resources.lookups import by_id_or_slug
from resources.permissions import manages

APPROVED = query(
    "approved", "For members of a venue: false for those who wait for approval.", type=OpenApiTypes.BOOL
)


class FacilitatorSerializer(RowShape[Facilitator]):
    venue = serializers.CharField(source="venue.slug")
    is_approved = serializers.BooleanField()

    class Meta:
        model = Facilitator
        fields = ("id", "name", "bio", "specialization", "venue", "is_public", "is_approved")
        read_only_fields = fields


class FacilitatorViewSet(ViewSet[Facilitator]):
    serializer_class = FacilitatorSerializer
    lookup_value_converter = "int"
    missing = ProfileNotFound
    signed_in = ("approve",)
    write_scope = "manage"
    caching = NEVER_STORED

    def get_queryset(self) -> QuerySet[Facilitator]:
        return list_facilitators(self.request.user)

    @extend_schema(
        summary="Who leads sessions",
        description="Those who are shown; for members of a venue all of it.",
        parameters=[VENUE, APPROVED, *PAGES],
        responses={200: page_of(FacilitatorSerializer)},
    )
    def list(self, request: Request) -> Response:
        rows, asked = self.get_queryset(), request.query_params
        if asked.get("venue"):
            rows = rows.filter(by_id_or_slug(asked["venue"][:100].replace("\x00", ""), "venue__"))
        if asked.get("approved"):
            is_waiting = not parse_flag(asked["approved"], "approved")
            rows = rows.filter(approved_at__isnull=is_waiting)
        return self.paged(rows)

    @extend_schema(summary="One facilitator", responses={200: FacilitatorSerializer})
    def retrieve(self, request: Request, id: int) -> Response:
        return self.answer(self.rendered(find_facilitator(request.user, id)))

    @extend_schema(
        summary="Approve a facilitator",
        description="Managers. From then on they put up sessions. Quiet the second time.",
        request=None,
        responses={200: FacilitatorSerializer},
    )
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: int) -> Response:
        profile = find_facilitator(request.user, id)
        if not manages(request.user, profile.venue_id):
            raise Forbidden
        return self.answer(self.rendered(services.approve_facilitator(facilitator=profile)))
