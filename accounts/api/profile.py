"""What the API says of an account; higher apps add what they know of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from rest_framework import serializers

from accounts.models import LONGEST_NOTICE, User
from accounts.services.verifying import is_verified
from common.registry import Registry
from common.second_factor import has_second_factor
from common.serializing import Shape, ZonedDateTimeField


class ProfilePart(NamedTuple):
    """What another app says of an account: the form, and how to read what it shows."""

    shape: type[Shape]
    read: Callable[[User], Any]


parts: Registry[ProfilePart] = Registry("parts of profiles")


class PreferencesSerializer(Shape):
    reminders = serializers.BooleanField(source="wants_reminders", help_text="Mail before a booking")
    reminder_hours = serializers.IntegerField(
        min_value=1, max_value=LONGEST_NOTICE, help_text="How many hours before"
    )
    sms_updates = serializers.BooleanField(
        source="wants_sms", help_text="Text messages to `phone`: reminders, changes, cancellations, offers"
    )
    newsletter = serializers.BooleanField(source="wants_newsletter")


class OwnPartSerializer(Shape):
    """What the account itself says, without the apps above."""

    id = serializers.UUIDField(source="pk")
    username = serializers.CharField(allow_null=True)
    email = serializers.EmailField()
    email_verified = serializers.BooleanField()
    name = serializers.CharField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    phone = serializers.CharField(help_text="E.164, or empty")
    time_zone = serializers.CharField(help_text="IANA name, or empty: the venue's zone")
    language = serializers.CharField()
    is_staff = serializers.BooleanField()
    created_at = ZonedDateTimeField()
    mfa_enabled = serializers.BooleanField()
    preferences = PreferencesSerializer(source="*")

    def read_email_verified(self, user: User) -> bool:
        return is_verified(user)

    def read_name(self, user: User) -> str:
        return user.get_full_name()

    def read_phone(self, user: User) -> str:
        return str(user.phone or "")

    def read_time_zone(self, user: User) -> str:
        return str(user.time_zone or "")

    def read_mfa_enabled(self, user: User) -> bool:
        return has_second_factor(user)


class AccountSerializer(Shape):
    """Everything that its owner may see of an account."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        shapes: list[type[Shape]] = [OwnPartSerializer, *(part.shape for part in parts)]
        return {name: field for shape in shapes for name, field in shape().get_fields().items()}

    def to_representation(self, user: User) -> dict[str, Any]:
        shown = OwnPartSerializer().to_representation(user)
        for part in parts:
            shown |= part.shape().to_representation(part.read(user))
        return shown
