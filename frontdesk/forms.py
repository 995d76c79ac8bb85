from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from calendars.axis import offset_of
from common.errors import InvalidInput
from common.forms import AccessibleForm, number_field, set_phone_country
from common.names import check_name
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, parse_instant
from common.templatetags.holdfast import clock, moment
from notifications.channels import can_send
from notifications.enums import Channel
from reservations.enums import CHOSEN_BY_STAFF, Consent, Purpose
from reservations.models import Reservation
from resources.models import Resource

AGREED = _("Agreed to text messages about this booking")
LOCAL = "%Y-%m-%dT%H:%M"


def wall_clock(at: datetime | None, zone: Any) -> str:
    return at.astimezone(zone).strftime(LOCAL) if at else ""


def fold_of(at: datetime) -> int | None:
    """``fold`` of an instant whose local time comes twice that day, else None."""
    return at.fold if offset_of(at) else None


class SpanForm(AccessibleForm):
    """Wall clock of ``zone``; ``which`` says which of two equal local times is meant when clocks go back."""

    start = forms.CharField(
        label=_("From"), max_length=40, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    end = forms.CharField(
        label=_("Until"),
        max_length=40,
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    which = forms.TypedChoiceField(
        label=_("Place"), coerce=int, empty_value=None, required=False, choices=[("", "")]
    )
    instead = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, zone: Any, usual: int = 60, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.usual = zone, usual
        field = self.fields["which"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  (declared above)
        field.choices = [("", _("Choose")), (0, _("First")), (1, _("Second"))]
        field.widget = forms.HiddenInput()

    def clean_start(self) -> datetime:
        return self._instant("start")

    def clean_end(self) -> datetime | None:
        return self._instant("end") if self.cleaned_data.get("end") else None

    def _instant(self, name: str) -> datetime:
        try:
            return parse_instant(self.cleaned_data[name], name, zone=str(self.zone))
        except InvalidInput as error:
            moments = error.extra.get("candidates")
            if error.code == "ambiguous_time" and moments:
                return self._one_of(moments, error)
            raise ValidationError(error.message, code=error.code) from error

    def _one_of(self, moments: Sequence[datetime], error: InvalidInput) -> datetime:
        which = self.data.get(self.add_prefix("which"))
        if which in ("0", "1"):
            return moments[int(which)]
        field = self.fields["which"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  (declared above)
        labels = [_("%(time)s, UTC%(offset)s") % _describe_instant(moment) for moment in moments]
        field.choices = [("", _("Choose")), *enumerate(labels)]
        field.widget = forms.Select(choices=field.choices)
        raise ValidationError(error.message, code=error.code)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("start"), data.get("end")
        if start and "end" in data:
            length = end - start if end else timedelta(minutes=data.get("duration") or self.usual)
            if not timedelta(0) < length <= timedelta(minutes=LONGEST_MINUTES):
                self.add_error("end", _("Enter an end after the start, no more than a year later."))
            # The length is kept: whoever takes another start means the same booking.
            data["start"] = self._moved(start, data.get("instead", ""))
            data["end"] = data["start"] + length
        return data

    def _moved(self, start: datetime, instead: str) -> datetime:
        try:
            return parse_instant(instead, "start") if instead else start
        except InvalidInput:
            return start


def _describe_instant(moment: datetime) -> dict[str, str]:
    return {"time": clock(moment), "offset": moment.isoformat()[-6:]}


class StaffBookingForm(SpanForm):
    resource = forms.ChoiceField(label=_("Where"))
    purpose = forms.ChoiceField(
        label=_("Type"),
        choices=[(purpose.value, purpose.label) for purpose in CHOSEN_BY_STAFF],
        initial=Purpose.BOOKING,
        widget=forms.RadioSelect,
    )
    duration = number_field(_("or duration in minutes"), LONGEST_MINUTES, required=False)
    title = forms.CharField(
        validators=[check_name], label=_("Title (visible to everyone)"), max_length=200, required=False
    )
    name = forms.CharField(validators=[check_name], label=_("Name"), max_length=200, required=False)
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        required=False,
        help_text=_("Without one, they won't get any email from us."),
    )
    phone = PhoneNumberField(label=_("Phone"), required=False, widget=forms.TextInput(attrs={"type": "tel"}))
    texts_agreed = forms.BooleanField(label=AGREED, required=False)
    party_size = number_field(_("People"), MOST_PEOPLE, required=False, initial=1)
    requests = forms.CharField(
        label=_("Notes"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("resource", "start", "end", "duration", "which", "purpose", "title", "name", "email")

    def __init__(self, *args: Any, resources: Sequence[Resource], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not can_send(Channel.SMS):
            del self.fields["texts_agreed"]
        offer_choices(self.fields["resource"], resources)
        set_phone_country(self, resources[0].venue.country)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("end") and self.cleaned_data.get("duration") and self.data.get(self.add_prefix("end")):
            self.add_error("duration", _("Enter either an end or a duration."))
        if data.get("purpose") != Purpose.BOOKING:
            self._require("title", ValidationError(_("Enter a value.")))
        elif "phone" not in self.errors and not data.get("phone"):
            self._require("name", ValidationError(_("Enter a name or a phone number.")))
        if data.get("texts_agreed") and not data.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Enter the phone number for text messages."))
        return data

    def _require(self, name: str, error: ValidationError) -> None:
        if name not in self.errors and not str(self.cleaned_data.get(name) or "").strip():
            self.add_error(name, error)


class StaffEditForm(SpanForm):
    """Has a field ``resource-<uuid>`` for each resource the reservation books."""

    party_size = number_field(_("People"), MOST_PEOPLE, required=False)
    requests = forms.CharField(
        label=_("Notes"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    texts_agreed = forms.BooleanField(label=AGREED, required=False)
    customer_asked = forms.BooleanField(label=_("Requested by the customer"), required=False)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, reservation: Reservation, resources: Sequence[Resource], **kwargs: Any
    ) -> None:
        super().__init__(*args, zone=reservation.venue.zone, **kwargs)
        self.booked = [item.resource for item in reservation.items.all()]
        self.by_id = {str(resource.uuid): resource for resource in [*resources, *self.booked]}
        for resource in self.booked:
            name = f"resource-{resource.uuid}"
            field = self.fields[name] = forms.ChoiceField(label=_("Where"), required=False)
            offer_choices(field, resources if resource in resources else [resource, *resources])
            self.initial[name] = str(resource.uuid)
        if reservation.purpose != Purpose.BOOKING:
            del self.fields["party_size"]
        self._offer_texts(reservation)
        self.order_fields([f"resource-{resource.uuid}" for resource in self.booked])

    def _offer_texts(self, reservation: Reservation) -> None:
        agreed_at = reservation.texts_agreed_at
        if not agreed_at and not (can_send(Channel.SMS) and reservation.customer_phone):
            del self.fields["texts_agreed"]
            return
        self.initial["texts_agreed"] = agreed_at is not None
        if agreed_at:
            values = {
                "when": moment(agreed_at.astimezone(reservation.venue.zone)),
                "how": reservation.get_texts_agreed_how_display(),
            }
            self.fields["texts_agreed"].help_text = _("Agreed %(when)s: %(how)s") % values

    def consent(self, reservation: Reservation) -> str | None:
        wanted = self.cleaned_data.get("texts_agreed")
        if wanted is None or wanted == bool(reservation.texts_agreed_at):
            return None
        return Consent.PHONE if wanted else ""

    @property
    def places(self) -> list[forms.BoundField]:
        return [self[f"resource-{resource.uuid}"] for resource in self.booked]

    def swaps(self) -> dict[int, int]:
        """Ids of booked resources, each with the id of the one to take its place."""
        chosen = {resource: self.cleaned_data.get(f"resource-{resource.uuid}") for resource in self.booked}
        return {
            resource.pk: self.by_id[new_id].pk
            for resource, new_id in chosen.items()
            if new_id and new_id != str(resource.uuid)
        }


def offer_choices(field: forms.Field, resources: Sequence[Resource]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
    field.choices = [(str(resource.uuid), resource.name) for resource in resources]


class StaffCancelForm(AccessibleForm):
    reason = forms.CharField(label=_("Reason (optional)"), required=False, max_length=500)
    waive_fee = forms.BooleanField(label=_("Cancel without a fee"), required=False)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
