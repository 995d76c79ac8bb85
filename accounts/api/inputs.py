"""What account endpoints accept."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from accounts.models import LONGEST_NOTICE, SCOPES
from accounts.registration import RegistrationPart, registration_parts
from common.api_views import StrictSerializer
from common.names import check_name

LONGEST_PASSWORD = 1024
LONGEST_NAME = 150
_NO_PROOF = _("Send the ID token from Google. An email address alone signs nobody in.")


class Flag(serializers.BooleanField):
    """``true`` or ``false``, not a word for it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


def password(**options: Any) -> serializers.CharField:
    """A password is taken as it is, blanks at its ends included."""
    return serializers.CharField(max_length=LONGEST_PASSWORD, trim_whitespace=False, **options)


def text(most: int, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=most, required=False, allow_blank=True, **options)


class RegistrationInput(StrictSerializer):
    """``name`` (or ``full_name``) is split at its first blank when no first and last name are given.

    A user name is made of it, unless ``username`` is given, if only as null: none.
    """

    is_reused = False

    email = serializers.EmailField(max_length=254)
    password = password()
    username = text(
        LONGEST_NAME,
        allow_null=True,
        validators=[check_name],
        help_text="Left out: made of `name`, such as `john.doe` of John Doe. Null or empty: none",
    )
    phone = text(40, help_text="With its country code, like +49301234567")
    first_name = text(LONGEST_NAME, validators=[check_name])
    last_name = text(LONGEST_NAME, validators=[check_name])
    name = text(LONGEST_NAME, validators=[check_name])
    full_name = text(LONGEST_NAME, validators=[check_name])

    def get_fields(self) -> dict[str, Any]:
        """With those of ``registration_parts``. Raises ``ImproperlyConfigured`` for a name that is taken."""
        fields = super().get_fields()
        for name, part in registration_parts.items():
            added = part.shape().get_fields()
            if taken := fields.keys() & added.keys():
                raise ImproperlyConfigured(f"{name} asks for {', '.join(taken)}, which registration has.")
            fields |= added
        return fields

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Puts what parts have asked for below ``parts``, by the names of those."""
        own = {name: value for name, value in attrs.items() if name in self._declared_fields}
        return own | {"parts": {name: self._read_part(part) for name, part in registration_parts.items()}}

    def _read_part(self, part: RegistrationPart) -> dict[str, Any]:
        names = part.shape().get_fields()
        return part.shape.parsed(
            {name: self.initial_data[name] for name in names if name in self.initial_data}
        )


class SignInInput(StrictSerializer):
    """``username``, ``email`` and ``login`` mean the same: either name of the account, or both."""

    username = text(254)
    email = text(254)
    login = text(254)
    password = password()
    code = text(20, help_text="Of an authenticator app, or a recovery code")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        logins = [attrs[name] for name in ("login", "email", "username") if attrs.get(name)]
        if not logins:
            raise serializers.ValidationError(
                {"login": _("Enter one of these fields: login, email, username.")}
            )
        return attrs | {"login": logins[0], "also": logins[1:]}


class GoogleInput(StrictSerializer):
    """What Google's button gives a page or an app; the others only have to agree with it."""

    credential = serializers.CharField(
        max_length=8192,
        help_text="The ID token",
        error_messages=dict.fromkeys(("required", "null", "blank"), _NO_PROOF),
    )
    google_id = text(255, help_text="Of the token: its `sub`")
    email = text(254, help_text="Of the token")
    name = text(LONGEST_NAME, validators=[check_name], help_text="Of a new account, if the token has none")
    code = text(20, help_text="Of an authenticator app, or a recovery code")


class TokenInput(StrictSerializer):
    """What OAuth 2 clients send for `grant_type=password`."""

    username = serializers.CharField(max_length=254, help_text="Email address or user name")
    password = password()
    code = text(20, help_text="Of an authenticator app, or a recovery code")
    grant_type = serializers.ChoiceField(["password"], required=False)
    scope = text(500, help_text="Empty: a token has all rights of its account")
    client_id = text(500, help_text="Ignored")
    client_secret = text(500, help_text="Ignored")

    def validate_scope(self, scope: str) -> str:
        if scope:
            raise serializers.ValidationError(_("Leave this empty. A token has all rights of its account."))
        return scope


class RefreshInput(StrictSerializer):
    refresh_token = serializers.CharField(max_length=4096)


class PreferencesInput(StrictSerializer):
    reminders = Flag(required=False)
    reminder_hours = serializers.IntegerField(min_value=1, max_value=LONGEST_NOTICE, required=False)
    sms_updates = Flag(required=False)
    newsletter = Flag(required=False)


class AccountInput(StrictSerializer):
    """What is left out stays as it is. The email address changes only by verifying the new one."""

    first_name = text(LONGEST_NAME, validators=[check_name])
    last_name = text(LONGEST_NAME, validators=[check_name])
    username = text(LONGEST_NAME, allow_null=True, validators=[check_name])
    phone = text(40)
    time_zone = text(100)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False, allow_blank=True)
    preferences = PreferencesInput(required=False)


class PasswordChangeInput(StrictSerializer):
    current_password = password(required=False, allow_blank=True, default="")
    new_password = password()
    keep_keys = Flag(required=False, default=False, help_text="API keys go on; else they end, too")


class ResetInput(StrictSerializer):
    email = serializers.EmailField(max_length=254)


class ResetConfirmInput(StrictSerializer):
    """``key``, or ``uid`` and ``token``: the two halves of the key in the mail's link."""

    key = text(500)
    uid = text(100)
    token = text(400)
    new_password = password()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        halves = [attrs.get("uid", ""), attrs.get("token", "")]
        if bool(attrs.get("key")) == all(halves):
            raise serializers.ValidationError({"key": _("Enter the key from the email.")})
        return attrs | {"key": attrs.get("key") or "-".join(halves)}


class VerifyInput(StrictSerializer):
    key = serializers.CharField(max_length=500)


class ResendInput(StrictSerializer):
    email = serializers.EmailField(max_length=254, required=False, help_text="For who is not signed in")


class KeyInput(StrictSerializer):
    name = serializers.CharField(validators=[check_name], max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(SCOPES),
        allow_empty=False,
        max_length=10,
        help_text="`read`: look; `book`: hold, book, change, wait; `manage`: venues; `plan`: events",
    )
    expires_at = serializers.CharField(
        max_length=40, required=False, allow_null=True, help_text="ISO 8601 with offset; never, if left out"
    )
    password = password(
        required=False,
        default="",
        allow_blank=True,
        help_text="Of the account: for a key with `manage`, `plan` or without end, unless just signed in",
    )


class ClosingInput(StrictSerializer):
    """What closing an account takes."""

    password = password(required=False, default="", allow_blank=True, help_text="Where the account has one")
    cancel_bookings = Flag(required=False, default=False, help_text="Cancel what is to come, with its fees")
