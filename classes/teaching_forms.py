"""What facilitators fill in. Dates and times are typed on the venue's clock."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from classes.drafts import LONGEST_TEXT
from classes.enums import PlaceKind
from classes.models import ClassType, Facilitator, Session, Studio
from classes.services.attending import LONGEST_LETTER
from classes.words import LANES, resolve_clock, starts_at
from common.errors import InvalidInput
from common.forms import AccessibleForm, DayField, number_field
from common.money import round_amount
from common.names import check_name
from common.parsing import parse_time
from reservations.series import SeriesScope
from resources.models import Venue
from resources.uploads import PHOTO, check_picture

MOST_WEEKS = 52
LONGEST = 20_160
"""A retreat's. What is no retreat the service holds to a day."""
LONGEST_NOTE = 500
MOST_WALK_INS = 20
USUAL_MINUTES = 60


def name_field_(label: Any, missing: Any, **kwargs: Any) -> forms.CharField:
    field: forms.CharField = forms.CharField(
        label=label, max_length=200, validators=[check_name], error_messages={"required": missing}, **kwargs
    )
    return field


def text_area(label: Any, most: int, *, missing: Any = "", **kwargs: Any) -> forms.CharField:
    messages = {"required": missing} if missing else {}
    field: forms.CharField = forms.CharField(
        label=label,
        max_length=most,
        required=bool(missing),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages=messages,
        **kwargs,
    )
    return field


class ClockField(forms.CharField):
    """A time of day."""

    def __init__(self, **kwargs: Any) -> None:
        messages = {"required": _("Enter a time.")}
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        super().__init__(widget=widget, error_messages=messages, **kwargs)

    def clean(self, value: Any) -> time | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_time(text)
        except InvalidInput as error:
            raise ValidationError(str(error), code=error.code) from error


class WalkInForm(AccessibleForm):
    """``key`` is of one showing of the form: who is sent twice came once."""

    name = name_field_(_("Name"), _("Enter a name."), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    quantity = number_field(_("People"), MOST_WALK_INS, initial=1)
    key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)

    def make_key(self) -> str:
        """Whoever goes back and enters another name means somebody else."""
        values = [str(self.cleaned_data[name]) for name in ("key", "name", "quantity")]
        return hashlib.sha256(repr(values).encode()).hexdigest() if values[0] else ""


class LetterForm(AccessibleForm):
    """``key`` is of one showing of the form: sent twice, it is one message."""

    text = text_area(
        _("Message"),
        LONGEST_LETTER,
        missing=_("Enter a message."),
        help_text=_("Everyone who has booked gets it."),
    )
    key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)


class AskingForm(AccessibleForm):
    note = forms.CharField(
        label=_("Note for your colleagues"), max_length=LONGEST_NOTE, required=False, help_text=_("Optional")
    )


class ProfileForm(AccessibleForm):
    name = name_field_(_("Name"), _("Enter your name."), help_text=_("As people see it."))
    specialization = forms.CharField(
        label=_("What you teach"), max_length=200, validators=[check_name], required=False
    )
    bio = text_area(_("About you"), LONGEST_TEXT)


class JoiningForm(ProfileForm):
    """Where there is one venue it is not asked."""

    venue = forms.TypedChoiceField(
        label=_("Venue"), coerce=int, error_messages={"required": _("Choose a venue.")}
    )
    field_order = ("venue", "name", "specialization", "bio")

    def __init__(self, *args: Any, venues: Sequence[Venue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.venues = {venue.pk: venue for venue in venues}
        if len(venues) == 1:
            del self.fields["venue"]
        else:
            choices = [("", _("Choose")), *((venue.pk, venue.name) for venue in venues)]
            cast(forms.ChoiceField, self.fields["venue"]).choices = choices

    @property
    def only_venue(self) -> Venue | None:
        return next(iter(self.venues.values())) if len(self.venues) == 1 else None

    def chosen_venue(self) -> Venue:
        return self.only_venue or self.venues[self.cleaned_data["venue"]]


class OwnProfileForm(ProfileForm):
    photo = forms.ImageField(
        label=_("Photo"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("Shown with your sessions. JPEG, PNG or WebP, 2 MB at most."),
        error_messages={"invalid_image": _("Choose a JPEG, PNG or WebP image that isn't damaged.")},
    )
    drop_photo = forms.BooleanField(label=_("Remove the photo"), required=False)
    is_public = forms.BooleanField(label=_("Show me on the timetable and with my sessions"), required=False)
    place = forms.TypedChoiceField(label=_("Usual studio"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, places: Sequence[Studio], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.initial.get("photo"):
            del self.fields["drop_photo"]
        studios = [(place.pk, place.name) for place in places if place.kind not in LANES]
        none = [] if self.initial.get("place") else [("", _("None"))]
        cast(forms.ChoiceField, self.fields["place"]).choices = [*none, *studios]

    def clean_photo(self) -> Any:
        """What was uploaded now, or nothing."""
        photo = check_picture(self.cleaned_data["photo"], PHOTO)
        return photo if isinstance(photo, UploadedFile) else None


class TimedForm(AccessibleForm):
    """When and where a session takes place."""

    names: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("start_time", "time"), "at"),
        "end_time": "minutes",
        "duration": "minutes",
    }
    day = DayField(label=_("Date"))
    at = ClockField(label=_("Time"))
    minutes = number_field(_("Minutes"), LONGEST)
    place = forms.ChoiceField(label=_("Studio"))
    capacity = number_field(pgettext_lazy("session", "Places"), 2000)

    def __init__(self, *args: Any, venue: Venue, places: Sequence[Studio], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.venue, self.places = venue, {str(place.pk): place for place in places}
        studios = [(str(place.pk), place.name) for place in places if place.kind not in LANES]
        lanes = [(kind.value, PlaceKind(kind).label) for kind in LANES]
        cast(forms.ChoiceField, self.fields["place"]).choices = [*studios, *lanes]

    def name_field(self, name: str) -> str:
        return self.names.get(name, name)

    def read_start(self) -> datetime:
        """Raises ``InvalidInput``."""
        data = self.cleaned_data
        return resolve_clock(data["day"], data["at"], self.venue.zone_name)


class TypedForm(TimedForm):
    """Of what may be of one of the venue's class types; without any it does not ask."""

    no_type: ClassVar[Promise]

    def __init__(self, *args: Any, types: Sequence[ClassType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.types = {row.pk: row for row in types}
        if types:
            choices = [("", self.no_type), *((row.pk, row.title) for row in types)]
            cast(forms.ChoiceField, self.fields["class_type"]).choices = choices
        else:
            del self.fields["class_type"]

    @property
    def class_type_row(self) -> ClassType | None:
        return self.types.get(self.cleaned_data.get("class_type") or 0)


class NewSessionForm(TypedForm):
    """What is left empty is as the class says."""

    no_type = _("Something else")
    class_type = forms.TypedChoiceField(label=_("Class"), coerce=int, required=False, empty_value=None)
    title = forms.CharField(label=_("Title"), max_length=200, validators=[check_name], required=False)
    price = forms.DecimalField(
        label=_("Price per person"),
        min_value=0,
        required=False,
        error_messages={"invalid": _("Enter an amount."), "min_value": _("Enter 0 or more.")},
    )
    description = text_area(_("Description"), LONGEST_TEXT)
    weeks = number_field(
        _("How many weeks"), MOST_WEEKS, initial=1, help_text=_("1 for once. More: every week at this time.")
    )

    def __init__(self, *args: Any, types: Sequence[ClassType], **kwargs: Any) -> None:
        super().__init__(*args, types=types, **kwargs)
        for name in ("minutes", "capacity"):
            self.fields[name].required = not types

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if self.class_type_row is None:
            needed = {
                "title": _("Enter a title, or choose a class."),
                "minutes": _("Enter a number."),
                "capacity": _("Enter a number."),
            }
            for name, message in needed.items():
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, message)
            if data.get("price") is None and "price" not in self.errors:
                self.add_error("price", _("Enter an amount. 0 is free."))
        return data


class LastDayMixin(forms.Form):
    """What lasts several days ends on a day, at a time: nobody counts its minutes."""

    session: Session
    last_day = DayField(label=_("Last day"))
    until = ClockField(label=_("Ends at"))

    def ask_for_end(self) -> None:
        is_long = self.session.ends_at - self.session.starts_at >= timedelta(days=1)
        for name in ("minutes",) if is_long else ("last_day", "until"):
            del self.fields[name]

    def read_end(self, start: datetime) -> datetime:
        """Raises ``InvalidInput``."""
        data, end = self.cleaned_data, self.session.local_end
        if "minutes" in self.fields:
            return start + timedelta(minutes=data["minutes"])
        if (data["last_day"], data["until"]) == (end.date(), end.time()):
            return self.session.ends_at  # the clocks may repeat it
        return resolve_clock(data["last_day"], data["until"], self.session.venue.zone_name)


def describe_end(session: Session) -> dict[str, Any]:
    end = session.local_end
    length = session.ends_at - session.starts_at
    return {"minutes": length // timedelta(minutes=1), "last_day": end.date(), "until": f"{end:%H:%M}"}


SCOPES = (
    (SeriesScope.THIS, _("This one")),
    (SeriesScope.FOLLOWING, _("This and those after it")),
    (SeriesScope.ALL, _("All that are still to come")),
)


class ChangingForm(LastDayMixin, TimedForm):
    title = name_field_(_("Title"), _("Enter a title."))
    description = text_area(_("Description"), LONGEST_TEXT)
    price = forms.DecimalField(
        label=_("Price per person"),
        min_value=0,
        help_text=_("Those who have booked keep their price."),
        error_messages={
            "required": _("Enter an amount."),
            "invalid": _("Enter an amount."),
            "min_value": _("Enter 0 or more."),
        },
    )
    scope = forms.ChoiceField(
        label=_("Change"), choices=SCOPES, initial=SeriesScope.THIS, widget=forms.RadioSelect
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = (
        *("title", "day", "at", "minutes", "last_day", "until"),
        *("place", "capacity", "price", "description", "scope"),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.session = session
        self.ask_for_end()
        if session.place.kind in LANES:
            # A lane stays the one it is.
            self.places[session.place.kind] = session.place
        kinds = [kind.value for kind in LANES if kind != session.place.kind]
        place = cast(forms.ChoiceField, self.fields["place"])
        place.choices = [choice for choice in cast(Any, place.choices) if choice[0] not in kinds]
        if session.series is None:
            del self.fields["scope"]
        if session.has_tiers:
            del self.fields["price"]

    def read_start(self) -> datetime:
        """As it is where nobody changes it: the clocks may repeat it."""
        is_kept = starts_at(self.session, self.cleaned_data["day"], self.cleaned_data["at"])
        return self.session.starts_at if is_kept else super().read_start()

    @staticmethod
    def describe(session: Session) -> dict[str, Any]:
        lane = session.place.kind if session.place.kind in LANES else str(session.place_id)
        return {
            "title": session.title,
            "description": session.description,
            "day": session.local_start.date(),
            "at": session.local_start.strftime("%H:%M"),
            **describe_end(session),
            "place": lane,
            "capacity": session.capacity,
            "price": round_amount(session.price, session.venue.currency),
            "version": session.version,
        }


class CopyingForm(AccessibleForm):
    """Any day names its week."""

    monday = DayField(label=_("Copy the week of"))
    to = DayField(label=_("To the week of"))

    def add_prefix(self, field_name: str) -> str:
        return "from" if field_name == "monday" else field_name

    def clean_monday(self) -> date:
        return monday_of(self.cleaned_data["monday"])

    def clean_to(self) -> date:
        return monday_of(self.cleaned_data["to"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("monday") and data.get("monday") == data.get("to"):
            self.add_error("to", _("Choose another week."))
        return data


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


USUAL_DAYS, LONGEST_DAYS = 30, 2 * 366


class PeriodForm(AccessibleForm):
    first = DayField(label=_("From"))
    last = DayField(label=pgettext_lazy("date", "To"))

    def add_prefix(self, field_name: str) -> str:
        return {"first": "from", "last": "to"}.get(field_name, field_name)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("Enter a date after the start."))
        elif first and last and last - first > timedelta(days=LONGEST_DAYS):
            self.add_error("last", _("Choose two years or less."))
        return data


def places_of(facilitator: Facilitator) -> list[Studio]:
    return places_at(facilitator.venue_id)


def places_at(venue_id: int) -> list[Studio]:
    rows = Studio.objects.filter(venue=venue_id).select_related("seats", "room")
    return list(rows.order_by("name", "pk"))
