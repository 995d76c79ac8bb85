"""Input of the booking pages; fields only, every rule is the services'."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from common.errors import InvalidInput
from common.parsing import FIRST_YEAR, LAST_YEAR, LONGEST_MINUTES, MOST_PEOPLE, parse_instant

DURATIONS = [("", _("usual length"))] + [
    (str(minutes), label)
    for minutes, label in (
        (30, _("30 minutes")),
        (45, _("45 minutes")),
        (60, _("1 hour")),
        (90, _("1 ½ hours")),
        (120, _("2 hours")),
        (180, _("3 hours")),
        (240, _("4 hours")),
        (480, _("8 hours")),
    )
]


class AccessibleForm(forms.Form):
    """Errors stand next to their field and are announced with it: components/field.html has their ids."""

    required_css_class = "is-required"


class DayField(forms.DateField):
    """A date picker; years as far as the engine is asked."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(_("This date is too far away."), code="invalid_time")
        return day


def number(label: Any, most: int, **kwargs: Any) -> forms.IntegerField:
    attrs = {"inputmode": "numeric"}
    widget = forms.NumberInput(attrs=attrs)
    errors = {
        "min_value": _("At least %(limit_value)s."),
        "max_value": _("At most %(limit_value)s."),
        "invalid": _("Give a whole number."),
    }
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, widget=widget, error_messages=errors, **kwargs
    )


class DayForm(AccessibleForm):
    """A resource's day: everything has a default, so that a bare link works."""

    date = DayField(label=_("Date"), required=False)
    duration = number(_("Minutes"), LONGEST_MINUTES, required=False)
    party_size = number(_("People"), MOST_PEOPLE, required=False)
    quantity = number(_("Quantity"), MOST_PEOPLE, required=False)


class StartForm(forms.Form):
    """An instant, as the slots offer it: ISO 8601 with offset; without one, ``zone``'s wall clock."""

    start = forms.CharField(max_length=40)

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean_start(self) -> datetime:
        try:
            return parse_instant(self.cleaned_data["start"], zone=self.zone)
        except InvalidInput as error:
            raise ValidationError(error.message, code=error.code) from error


class HoldForm(StartForm):
    duration = forms.IntegerField(min_value=1, max_value=LONGEST_MINUTES)
    party_size = forms.IntegerField(min_value=1, max_value=MOST_PEOPLE)
    quantity = forms.IntegerField(min_value=1, max_value=MOST_PEOPLE)
    idempotency_key = forms.CharField(max_length=200, required=False)

    def span(self) -> tuple[datetime, datetime]:
        start: datetime = self.cleaned_data["start"]
        return start, start + timedelta(minutes=self.cleaned_data["duration"])


class DetailsForm(AccessibleForm):
    name = forms.CharField(
        label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    phone = PhoneNumberField(
        label=_("Phone"),
        required=False,
        help_text=_("With country code, like +49 30 123456. Only for questions about this booking."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    requests = forms.CharField(
        label=_("Special requests"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class RescheduleForm(StartForm):
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class CancelForm(AccessibleForm):
    reason = forms.CharField(
        label=_("Reason (optional)"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
