from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from calendars.feed_choices import active_feeds
from calendars.kinds import Thing, kind_choices, kinds
from calendars.links import feed_url, webcal
from calendars.models import CalendarFeed
from calendars.services import make_feed, revoke_feed, rotate_feed
from common.api_sets import NEVER_STORED, ListAction, RetrieveAction
from common.api_views import StrictSerializer
from common.idempotency import idempotent
from common.parsing import refuse
from common.schema import IDEMPOTENCY, PAGES, page_of
from common.serializing import Shape
from resources.lookups import VenueNotFound
from resources.models import Resource, Venue
from resources.permissions import sees_venue, works_at
from resources.selectors import named_resources, named_venue


class FeedKindField(serializers.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(kind_choices(), **kwargs)


class FeedSerializer(Shape):
    id = serializers.UUIDField()
    kind = FeedKindField()
    resource_id = serializers.UUIDField(source="resource.uuid", allow_null=True, default=None)
    venue_id = serializers.UUIDField(source="venue.uuid", allow_null=True, default=None)
    url = serializers.SerializerMethodField(help_text="A secret: anyone who has it can read the feed")
    webcal_url = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the hour")

    def get_url(self, feed: CalendarFeed) -> str:
        return feed_url(feed)

    def get_webcal_url(self, feed: CalendarFeed) -> str:
        return webcal(feed_url(feed))


class FeedInput(StrictSerializer):
    """``resource_id`` with the kinds resource and resource_staff, ``venue`` with venue, else neither."""

    is_reused = False  # products register kinds

    kind = FeedKindField()
    resource_id = serializers.CharField(max_length=100, required=False, help_text="Its id or slug")
    venue = serializers.CharField(max_length=100, required=False, help_text="Its id or slug")


def account_of(request: Request) -> User:
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def read_thing(data: Mapping[str, Any], user: User) -> dict[str, Resource | Venue | None]:
    """Raises ``InvalidInput``, and ``NotFound`` for what is not there for this user."""
    field = kinds[data["kind"]].thing
    for other in {Thing.RESOURCE, Thing.VENUE} - {field}:
        if other in data:
            refuse(other, _("Not available for this kind of feed."))
    if field and field not in data:
        refuse(field, _("Enter a value."))
    resource = named_resources([data["resource_id"]], user)[0] if field == Thing.RESOURCE else None
    venue = _find_venue(data["venue"], user) if field == Thing.VENUE else None
    return {"resource": resource, "venue": venue}


def _find_venue(name: str, user: User) -> Venue:
    venue = named_venue(name)
    if not (sees_venue(user, venue) or works_at(user, venue.pk)):
        raise VenueNotFound
    return venue


class FeedViewSet(ListAction[CalendarFeed], RetrieveAction[CalendarFeed]):
    """Secrets are the account's own affair, so an API key needs the right to manage."""

    serializer_class = FeedSerializer
    read_scope = write_scope = "manage"
    signed_in = ("list", "create", "retrieve", "destroy", "rotate")
    caching = NEVER_STORED
    lookup_field = "pk"

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        return active_feeds(account_of(self.request))

    @extend_schema(
        summary="One's own calendar feeds",
        parameters=PAGES,
        responses={200: page_of(FeedSerializer)},
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(
        summary="Make a calendar feed",
        description=(
            "`customer`: one's own bookings. `facilitator`: bookings of the resources that stand for this "
            "account, and what else it leads. `resource`: when a resource is busy, without any detail; "
            "`resource_staff` and `venue`: bookings with their customers, for as long as one is manager or "
            "staff of the venue; facilitators have `resource_staff` of the resource that they are. Each is "
            "made once: asking again gives the same."
        ),
        parameters=[IDEMPOTENCY],
        request=FeedInput,
        responses={201: FeedSerializer},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        data = FeedInput.parsed(request.data)
        user = account_of(request)
        made = make_feed(user=user, kind=data["kind"], **read_thing(data, user))  # type: ignore[arg-type]
        return self.answer(self.rendered(made), status.HTTP_201_CREATED)

    @extend_schema(summary="A calendar feed", responses={200: FeedSerializer})
    def retrieve(self, request: Request, id: UUID) -> Response:
        return super().retrieve(request, id)

    @extend_schema(
        summary="Revoke a calendar feed",
        description="Its address answers 404 from now on.",
        responses={204: None},
    )
    def destroy(self, request: Request, id: UUID) -> Response:
        revoke_feed(feed_id=id, user=account_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Create a new address for a calendar feed",
        description="The old address answers 404 from now on.",
        request=None,
        responses={200: FeedSerializer},
    )
    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, id: UUID) -> Response:
        return self.answer(self.rendered(rotate_feed(feed_id=id, user=account_of(request))))
