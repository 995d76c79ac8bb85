"""What an account's own answer says of the venues it works for."""

from typing import Any

from rest_framework import serializers

from accounts.api.profile import ProfilePart
from accounts.models import User
from common.serializing import Shape
from resources.enums import Role
from resources.models import VenueMembership


class OwnVenueSerializer(Shape):
    id = serializers.UUIDField(source="venue.uuid")
    name = serializers.CharField(source="venue.name")
    role = serializers.ChoiceField(Role.choices)


class VenuesPartSerializer(Shape):
    venues = OwnVenueSerializer(many=True, help_text="Where one belongs to the staff")


def venues_of(user: User) -> dict[str, Any]:
    memberships = (
        VenueMembership.objects.filter(user=user).select_related("venue").order_by("venue__name", "pk")
    )
    return {"venues": memberships}


PART = ProfilePart(VenuesPartSerializer, venues_of)
