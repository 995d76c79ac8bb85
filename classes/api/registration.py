"""Anyone who registers may become a facilitator: a profile that the venue approves."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.api.profile import ProfilePart
from accounts.models import User
from accounts.registration import RegistrationPart
from classes.api.finding import find_class_venue
from classes.drafts import LONGEST_TEXT
from classes.models import Facilitator
from classes.services import register_facilitator
from common.api_views import StrictSerializer
from common.errors import InvalidInput
from common.names import check_name
from common.serializing import Shape
from resources.api.fields import PlaceField
from resources.lookups import VenueNotFound
from resources.models import Venue

USER, FACILITATOR = "user", "facilitator"
ROLES = [USER, FACILITATOR]


class RoleInput(StrictSerializer):
    """``bio`` and ``specialization`` are for facilitators; of others they are not kept."""

    role = serializers.ChoiceField(ROLES, required=False)
    bio = serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True)
    specialization = serializers.CharField(
        max_length=200, validators=[check_name], required=False, allow_blank=True
    )
    venue = PlaceField(required=False, help_text="Where they lead sessions, if there are several")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("role") == FACILITATOR:
            attrs["venue"] = find_teaching_venue(attrs.get("venue"))
        return attrs


def find_teaching_venue(name: str | None) -> Venue:
    """The one of that id or slug, or the only one. Raises ``ValidationError``."""
    try:
        return find_class_venue(name)
    except (InvalidInput, VenueNotFound) as error:
        raise serializers.ValidationError({"venue": [str(error)]}) from error


def record_role(user: User, given: Mapping[str, Any]) -> None:
    if given.get("role") == FACILITATOR:
        register_facilitator(
            venue=given["venue"],
            user=user,
            bio=given.get("bio", ""),
            specialization=given.get("specialization", ""),
            is_approved=settings.CLASSES_OPEN_SIGNUP,
        )


class RolePartSerializer(Shape):
    role = serializers.ChoiceField(ROLES)
    facilitator_id = serializers.IntegerField(allow_null=True)
    facilitator_approved = serializers.BooleanField(help_text="Whether the venue has approved the profile")


def read_role(user: User) -> dict[str, Any]:
    profiles = Facilitator.objects.filter(user=user).order_by()
    found = sorted(profiles.values_list("approved_at", "pk"), key=lambda row: (row[0] is None, row[1]))
    approved_at, id = found[0] if found else (None, None)
    return {
        "role": FACILITATOR if found else USER,
        "facilitator_id": id,
        "facilitator_approved": approved_at is not None,
    }


REGISTRATION = RegistrationPart(RoleInput, record_role)
PROFILE = ProfilePart(RolePartSerializer, read_role)
