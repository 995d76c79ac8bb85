from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from common.errors import InvalidInput
from common.forms import AccessibleForm, DayField, MonthField, number_field, set_phone_country
from common.names import check_name
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, parse_instant
from resources.bookables import Bookable
from resources.models import Venue
from resources.stays import end_at


class DayForm(AccessibleForm):
    """Every field has a default, so that a bare link works."""

    date = DayField(label=_("Date"), required=False)
    duration = number_field(_("Minutes"), LONGEST_MINUTES, required=False)
    party_size = number_field(_("People"), MOST_PEOPLE, required=False)
    quantity = number_field(_("Quantity"), MOST_PEOPLE, required=False)


class StartForm(forms.Form):
    """ISO 8601 with offset, as the slots offer it; without one, ``zone``'s wall clock."""

    start = forms.CharField(max_length=40)

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean_start(self) -> datetime | None:
        if not self.cleaned_data["start"]:
            return None  # where it may be left out
        try:
            return parse_instant(self.cleaned_data["start"], zone=self.zone)
        except InvalidInput as error:
            raise ValidationError(error.message, code=error.code) from error


class HoldForm(StartForm):
    duration = forms.IntegerField(min_value=1, max_value=LONGEST_MINUTES)
    party_size = forms.IntegerField(min_value=1, max_value=MOST_PEOPLE)
    quantity = forms.IntegerField(min_value=1, max_value=MOST_PEOPLE)
    idempotency_key = forms.CharField(max_length=200, required=False)

    def span(self, bookable: Bookable) -> tuple[datetime, datetime]:
        start: datetime = self.cleaned_data["start"]
        return start, end_at(bookable, start, timedelta(minutes=self.cleaned_data["duration"]))


class DetailsForm(AccessibleForm):
    name = forms.CharField(
        validators=[check_name],
        label=_("Your name"),
        max_length=200,
        error_messages={"required": _("Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        error_messages={"required": _("Enter your email address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = PhoneNumberField(
        label=_("Phone"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "type": "tel"}),
    )
    sms_updates = forms.BooleanField(
        label=_("Text me about this booking"),
        required=False,
        help_text=_("Reminders and changes. You can stop them any time."),
    )
    requests = forms.CharField(
        label=_("Special requests"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, country: str, offers_texts: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_phone_country(self, country, purpose=_("We'll only use it for this booking."))
        if not offers_texts:
            del self.fields["sms_updates"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("sms_updates") and not data.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Enter the phone number for text messages."))
        return data


class EditForm(DetailsForm):
    """``agreed`` is the new price that the customer was shown."""

    party_size = number_field(_("People"), MOST_PEOPLE)
    agreed = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
    field_order = ("party_size", "name", "email", "phone", "sms_updates", "requests")


class MoveForm(StartForm):
    start = forms.CharField(max_length=40, required=False)
    date = DayField(required=False)
    month = MonthField(required=False, max_length=7)


class MonthForm(forms.Form):
    month = MonthField(required=False, max_length=7)


class RescheduleForm(StartForm):
    """``minimum_fee`` is the one that the customer was shown."""

    minimum_fee = forms.DecimalField(max_digits=16, decimal_places=4, required=False)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1)


class MyBookingsForm(AccessibleForm):
    show = forms.ChoiceField(
        choices=[("upcoming", _("Upcoming")), ("past", _("Past"))], required=False, widget=forms.HiddenInput
    )
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Code, venue or place")}),
    )
    venue = forms.ModelChoiceField(
        Venue.objects.none(),
        label=_("Where"),
        to_field_name="slug",
        required=False,
        empty_label=_("All locations"),
    )

    def __init__(self, *args: Any, venues: Sequence[Venue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["venue"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared above)
        field.queryset = Venue.objects.filter(pk__in=[venue.pk for venue in venues])


class LostLinkForm(AccessibleForm):
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        help_text=_("The address you booked with."),
        error_messages={"required": _("Enter your email address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    code = forms.CharField(
        label=_("Confirmation code"),
        max_length=20,
        help_text=_("You'll find it in your confirmation email."),
        error_messages={"required": _("Enter the confirmation code.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class CancelForm(AccessibleForm):
    reason = forms.CharField(
        label=_("Reason (optional)"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
