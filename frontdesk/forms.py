"""What staff type into the calendar: fields and times; every rule is the services'."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from calendars.axis import offset_of
from common.errors import InvalidInput
from common.forms import AccessibleForm, number_field
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, parse_instant
from common.templatetags.holdfast import clock
from reservations.enums import Purpose
from reservations.models import Reservation
from resources.models import Resource

LOCAL = "%Y-%m-%dT%H:%M"


def wall_clock(at: datetime | None, zone: Any) -> str:
    """As an input of the type ``datetime-local`` takes it."""
    return at.astimezone(zone).strftime(LOCAL) if at else ""


def which_of(at: datetime) -> int | None:
    """Which of two equal readings of the clock an instant is; None where there is only one."""
    return at.fold if offset_of(at) else None


class SpanForm(AccessibleForm):
    """From when until when on the wall clock of ``zone``; the end may be given as a length instead.

    ``instead`` is the start that somebody has chosen from those that were offered. Where the clocks are set
    back and show a time twice, ``which`` says which one is meant; it is asked for only then.
    """

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
        label=_("Which one"), coerce=int, empty_value=None, required=False, choices=[("", "")]
    )
    instead = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, zone: Any, usual: int = 60, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.usual = zone, usual
        field = self.fields["which"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  (declared above)
        field.choices = [("", _("choose")), (0, _("the first time")), (1, _("the second time"))]
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
        """What ``which`` says; without it, the field appears and asks."""
        given = self.data.get(self.add_prefix("which"))
        if given in ("0", "1"):
            return moments[int(given)]
        field = self.fields["which"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101  (declared above)
        said = [_("%(time)s, UTC%(offset)s") % _told(each) for each in moments]
        field.choices = [("", _("choose")), *enumerate(said)]
        field.widget = forms.Select(choices=field.choices)
        raise ValidationError(error.message, code=error.code)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("start"), data.get("end")
        if start and "end" in data:
            length = end - start if end else timedelta(minutes=data.get("duration") or self.usual)
            if not timedelta(0) < length <= timedelta(minutes=LONGEST_MINUTES):
                self.add_error("end", _("Must be after the start, by a year at most."))
            data["start"] = self._moved(start, data.get("instead", ""))
            data["end"] = data["start"] + length
        return data

    def _moved(self, start: datetime, instead: str) -> datetime:
        try:
            return parse_instant(instead, "start") if instead else start
        except InvalidInput:
            return start


def _told(moment: datetime) -> dict[str, str]:
    return {"time": clock(moment), "offset": moment.isoformat()[-6:]}


class NewForm(SpanForm):
    """A booking for somebody, or time that the venue takes itself."""

    resource = forms.ChoiceField(label=_("Where"))
    purpose = forms.ChoiceField(
        label=_("What it is"), choices=Purpose.choices, initial=Purpose.BOOKING, widget=forms.RadioSelect
    )
    duration = number_field(_("or minutes"), LONGEST_MINUTES, required=False)
    title = forms.CharField(label=_("Title, for everybody to see"), max_length=200, required=False)
    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    email = forms.EmailField(label=_("E-mail address"), max_length=254, required=False)
    phone = PhoneNumberField(label=_("Phone"), required=False, widget=forms.TextInput(attrs={"type": "tel"}))
    party_size = number_field(_("People"), MOST_PEOPLE, required=False, initial=1)
    requests = forms.CharField(
        label=_("Notes"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    field_order = ("resource", "start", "end", "duration", "which", "purpose", "title", "name", "email")

    def __init__(self, *args: Any, resources: Sequence[Resource], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["resource"], resources)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("end") and self.cleaned_data.get("duration") and self.data.get(self.add_prefix("end")):
            self.add_error("duration", _("Give either an end or a length."))
        wanted = ("name", "email") if data.get("purpose") == Purpose.BOOKING else ("title",)
        for name in wanted:
            if name not in self.errors and not str(data.get(name) or "").strip():
                self.add_error(name, _("This field is required."))
        return data


class EditForm(SpanForm):
    """What can be changed of a reservation; a field ``resource-<id>`` for each thing it books."""

    party_size = number_field(_("People"), MOST_PEOPLE, required=False)
    requests = forms.CharField(
        label=_("Notes"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, reservation: Reservation, resources: Sequence[Resource], **kwargs: Any
    ) -> None:
        super().__init__(*args, zone=reservation.venue.zone, **kwargs)
        self.booked = [item.resource for item in reservation.items.all()]
        self.by_id = {str(each.uuid): each for each in [*resources, *self.booked]}
        for each in self.booked:
            name = f"resource-{each.uuid}"
            field = self.fields[name] = forms.ChoiceField(label=_("Where"), required=False)
            offer(field, resources if each in resources else [each, *resources])
            self.initial[name] = str(each.uuid)
        if reservation.purpose != Purpose.BOOKING:
            del self.fields["party_size"]
        self.order_fields([f"resource-{each.uuid}" for each in self.booked])

    @property
    def places(self) -> list[forms.BoundField]:
        """The fields of what is booked."""
        return [self[f"resource-{each.uuid}"] for each in self.booked]

    def swaps(self) -> dict[int, int]:
        """Ids of what is booked and of what is to take its place."""
        wanted = {each: self.cleaned_data.get(f"resource-{each.uuid}") for each in self.booked}
        return {each.pk: self.by_id[new].pk for each, new in wanted.items() if new and new != str(each.uuid)}


def offer(field: forms.Field, resources: Sequence[Resource]) -> None:
    assert isinstance(field, forms.ChoiceField)  # noqa: S101  (for the type checker)
    field.choices = [(str(each.uuid), each.name) for each in resources]


class CancelForm(AccessibleForm):
    """Why, and whether the fee is waived."""

    reason = forms.CharField(label=_("Reason (optional)"), required=False, max_length=500)
    waive_fee = forms.BooleanField(label=_("Keep no fee"), required=False)
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)
