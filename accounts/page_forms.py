"""Input of the account's pages; every rule is the services'."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import LONGEST_NOTICE, SCOPES, User
from accounts.services.editing import PREFERENCES, zone_names
from common.forms import AccessibleForm
from common.names import check_name
from common.parsing import FIRST_YEAR, LAST_YEAR

SCOPE_LABELS = {
    "read": _("Read bookings and availability"),
    "book": _("Book, reschedule and cancel"),
    "manage": _("Manage venues you have access to"),
    "plan": _("Plan events: guests, invitations, budget and schedule"),
}


def zone_choices() -> list[tuple[str, Any]]:
    # Grouped by part of the world, after "the venue's own".
    areas: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(zone_names()):
        area, _slash, place = name.partition("/")
        if place:
            areas.setdefault(area, []).append((name, place.replace("_", " ")))
    areas["UTC"] = [("UTC", "UTC")]
    return [("", _("Venue's time zone")), *areas.items()]


def language_choices() -> list[tuple[str, Any]]:
    return [("", _("Automatic (browser language)")), *settings.LANGUAGES]


class ProfileForm(forms.Form):
    first_name = forms.CharField(
        validators=[check_name],
        label=_("First name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        validators=[check_name],
        label=_("Last name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    username = forms.CharField(
        validators=[check_name],
        label=_("User name"),
        max_length=150,
        required=False,
        help_text=_("Optional. Sign in with it instead of your email address."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        help_text=_("With country code, like +49 30 123456."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=zone_choices,
        required=False,
        help_text=_("We show the venue's time, and yours if it differs."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=language_choices, required=False)
    reminders = forms.BooleanField(label=_("Email me reminders"), required=False)
    reminder_hours = forms.IntegerField(
        label=_("Hours before"),
        min_value=1,
        max_value=LONGEST_NOTICE,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    sms_updates = forms.BooleanField(
        label=_("Urgent text messages"),
        required=False,
        help_text=_("Reminders, changes and offers, to the phone number above."),
    )
    newsletter = forms.BooleanField(label=_("Email me news from the venues"), required=False)

    WHO = ("first_name", "last_name", "username", "phone")
    HOW = ("reminders", "reminder_hours", "sms_updates", "newsletter")

    @classmethod
    def of(cls, user: User) -> "ProfileForm":
        profile = {name: getattr(user, name) or "" for name in (*cls.WHO, "language")}
        preferences = {name: getattr(user, field) for name, field in PREFERENCES.items()}
        return cls(initial={**profile, **preferences, "time_zone": str(user.time_zone or "")})

    def fields_named(self, names: tuple[str, ...]) -> list[forms.BoundField]:
        return [self[name] for name in names]

    @property
    def who(self) -> list[forms.BoundField]:
        return self.fields_named(self.WHO)

    @property
    def how(self) -> list[forms.BoundField]:
        return self.fields_named(self.HOW)

    def changes(self) -> dict[str, Any]:
        """Arguments of ``edit_account``."""
        given = dict(self.cleaned_data)
        preferences = {name: given.pop(name) for name in PREFERENCES}
        return given | {"preferences": preferences}


class KeyForm(forms.Form):
    name = forms.CharField(
        validators=[check_name],
        label=_("Name"),
        max_length=100,
        error_messages={"required": _("Enter a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Permissions"),
        choices=[(scope, SCOPE_LABELS[scope]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one permission.")},
    )
    expires_on = forms.DateField(
        label=_("Until"),
        required=False,
        help_text=_("Leave empty for no expiry."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(_("This date is too far ahead. Choose an earlier one."))
        return day


class GuestDataForm(AccessibleForm):
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        error_messages={"required": _("Enter your email address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class CloseForm(forms.Form):
    cancel_bookings = forms.BooleanField(label=_("Cancel my bookings under their terms"), required=False)
    understood = forms.BooleanField(
        label=_("I understand that this can't be undone"),
        error_messages={"required": _("Tick the box to delete your account.")},
    )
