"""What the API says of an account; higher apps add what they know of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from rest_framework import serializers

from accounts.models import LONGEST_NOTICE, User
from accounts.services.editing import PREFERENCES
from accounts.services.signing_in import has_second_factor
from accounts.services.verifying import is_verified
from common.registry import Registry


class ProfilePart(NamedTuple):
    """What another app says of an account: the documented form, and how to read it."""

    shape: type[serializers.Serializer[Any]]
    read: Callable[[User], dict[str, Any]]


parts: Registry[ProfilePart] = Registry("parts of profiles")


class PreferencesSerializer(serializers.Serializer[Any]):
    reminders = serializers.BooleanField(help_text="Mail before a booking")
    reminder_hours = serializers.IntegerField(
        min_value=1, max_value=LONGEST_NOTICE, help_text="How many hours before"
    )
    sms_updates = serializers.BooleanField(
        help_text="Text messages to `phone`: reminders, changes, cancellations, offers"
    )
    newsletter = serializers.BooleanField()


class AccountSerializer(serializers.Serializer[Any]):
    """The form of an account as ``account_json`` gives it, with the parts of the apps above."""

    id = serializers.UUIDField()
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
    created_at = serializers.DateTimeField()
    mfa_enabled = serializers.BooleanField()
    preferences = PreferencesSerializer()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for part in parts:
            fields |= part.shape().get_fields()
        return fields


def account_json(user: User) -> dict[str, Any]:
    """Everything that an account's owner may see of it, in a constant number of queries."""
    found = profile_json(user)
    for part in parts:
        found |= part.read(user)
    return found


def profile_json(user: User) -> dict[str, Any]:
    """What the account itself says, without the apps above."""
    return {
        "id": str(user.pk),
        "username": user.username,
        "email": user.email,
        "email_verified": is_verified(user),
        "name": user.get_full_name(),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": str(user.phone or ""),
        "time_zone": str(user.time_zone or ""),
        "language": user.language,
        "is_staff": user.is_staff,
        "created_at": user.created_at.isoformat(),
        "mfa_enabled": has_second_factor(user),
        "preferences": {name: getattr(user, field) for name, field in PREFERENCES.items()},
    }
