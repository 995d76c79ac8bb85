"""What an account's own answer says of the venues it works for."""

from typing import Any

from rest_framework import serializers

from accounts.api.profile import ProfilePart
from accounts.models import User
from resources.enums import Role
from resources.models import VenueMembership


class OwnVenueSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(Role.choices)


class VenuesPartSerializer(serializers.Serializer[Any]):
    venues = OwnVenueSerializer(many=True, help_text="Where one belongs to the staff")


def venues_of(user: User) -> dict[str, Any]:
    found = VenueMembership.objects.filter(user=user).select_related("venue").order_by("venue__name", "pk")
    return {
        "venues": [{"id": str(each.venue.uuid), "name": each.venue.name, "role": each.role} for each in found]
    }


PART = ProfilePart(VenuesPartSerializer, venues_of)
