from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.root import RootView
from accounts.api.views import account_of
from accounts.models import User
from common.api_views import StrictSerializer
from common.errors import Forbidden
from common.names import check_name
from common.parsing import MOST_PEOPLE, refuse
from common.schema_errors import refuses
from common.serializing import Shape
from common.venues import Role
from lending.enums import PRODUCT
from lending.models import LendingRules
from lending.reservia.finding import ThingField, find_thing
from lending.reservia.refusals import ADDING_THING
from lending.selectors import find_lent
from lending.services import add_thing, change_thing
from resources.api.fields import PlaceField
from resources.lookups import managed_venue
from resources.models import Resource, Venue
from resources.permissions import require_manager

MOST = 500


class AddThingInput(StrictSerializer):
    name = serializers.CharField(max_length=200, validators=[check_name])
    comment = serializers.CharField(max_length=5000, required=False, allow_blank=True, allow_null=True)
    venue = PlaceField(
        required=False, help_text="Id or slug. Left out: the first that you manage, of those that lend"
    )
    units = serializers.IntegerField(min_value=1, max_value=MOST_PEOPLE, required=False)
    rules = serializers.CharField(
        max_length=100,
        required=False,
        help_text='Number or name of lending rules. Left out: "As long as it takes"',
    )


class ChangeThingInput(StrictSerializer):
    """At least one of ``name`` and ``comment``."""

    resource_id = ThingField()
    name = serializers.CharField(max_length=200, validators=[check_name], required=False)
    comment = serializers.CharField(max_length=5000, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) < 2:
            raise serializers.ValidationError({"name": [_("Enter a name or a comment.")]})
        return attrs


class ReserviaThingDoneSerializer(Shape):
    message = serializers.CharField()
    resource_id = serializers.IntegerField()


class ReserviaThingSerializer(Shape):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField()
    comment = serializers.CharField(source="description")


class ReserviaThingsSerializer(Shape):
    message = serializers.CharField()
    resources = ReserviaThingSerializer(many=True)
    count = serializers.IntegerField()


class ListThings(RootView):
    @extend_schema(
        summary="What is lent", description="500 at most, by number.", responses=ReserviaThingsSerializer
    )
    def get(self, request: Request) -> Response:
        rows = find_lent(request.user).select_related(None).only("name", "description")
        things = list(rows.order_by("pk")[:MOST])
        body = {"message": "Resources retrieved successfully", "resources": things, "count": len(things)}
        return Response(ReserviaThingsSerializer(body).data)


class AddThing(RootView):
    signed_in = ("POST",)
    write_scope: ClassVar[str] = "manage"

    @extend_schema(
        summary="Add something to lend",
        description="For administrators and managers. The venue lends from then on, if it did not before.",
        extensions=refuses(ADDING_THING),
        request=AddThingInput,
        responses={201: ReserviaThingDoneSerializer},
    )
    def post(self, request: Request) -> Response:
        data = AddThingInput.parsed(request.data)
        venue = _find_venue(account_of(request), data.get("venue"))
        thing = add_thing(
            venue=venue,
            name=data["name"],
            description=data.get("comment") or "",
            units=data.get("units", 1),
            rules=_find_rules(venue, data["rules"]) if "rules" in data else None,
        )
        return answer_done("Resource created successfully", thing, status.HTTP_201_CREATED)


class ChangeThing(RootView):
    signed_in = ("POST",)
    write_scope: ClassVar[str] = "manage"

    @extend_schema(
        summary="Rename or describe what is lent",
        description="For administrators and managers of its venue.",
        extensions=refuses(ADDING_THING),
        request=ChangeThingInput,
        responses=ReserviaThingDoneSerializer,
    )
    def post(self, request: Request) -> Response:
        data = ChangeThingInput.parsed(request.data)
        thing = find_thing(data["resource_id"], request.user)
        require_manager(request.user, thing.venue_id)
        changed = change_thing(thing=thing, name=data.get("name"), description=data.get("comment"))
        return answer_done("Resource modified successfully", changed)


def answer_done(message: Any, thing: Resource, code: int = status.HTTP_200_OK) -> Response:
    body = {"message": message, "resource_id": thing.pk}
    return Response(ReserviaThingDoneSerializer(body).data, code)


def _find_venue(user: User, name: str | None) -> Venue:
    """Raises ``Forbidden`` for those who manage none, ``VenueNotFound`` and ``InvalidInput``."""
    if name is not None:
        return managed_venue(user, name)
    managed = Venue.objects.staffed_by(user, Role.MANAGER).active().order_by("pk")
    venue = managed.offering(PRODUCT).first() or managed.first()
    if venue is None:
        raise Forbidden
    return venue


def _find_rules(venue: Venue, name: str) -> LendingRules:
    rows = LendingRules.objects.filter(venue=venue)
    by_number = rows.filter(pk=int(name)) if name.isdecimal() and len(name) < 18 else rows.none()
    rules = by_number.first() or rows.filter(name=name).first()
    if rules is None:
        refuse("rules", _("This venue has no such lending rules."))
    return rules
