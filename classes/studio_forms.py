"""What staff fill in to plan sessions and to sell passes. Times are typed on the venue's clock."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from classes.drafts import SessionDraft, draft_of_type
from classes.enums import PlaceKind
from classes.models import MOST_SEATS, ClassType, Facilitator, PassKind, Session, Studio
from classes.teaching_forms import LastDayMixin
from classes.words import LANES, resolve_clock, starts_at
from common.errors import InvalidInput
from common.forms import AccessibleForm, DayField, number_field
from common.names import check_name
from resources.models import Venue

LONGEST = 20_160
MOST_WEEKS = 52
MINUTE = timedelta(minutes=1)
SCOPES = [
    ("this", _("This session alone")),
    ("following", _("This and all that follow")),
    ("all", _("All that are still to come")),
]


def price_field(**kwargs: Any) -> forms.DecimalField:
    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"})
    field: forms.DecimalField = forms.DecimalField(
        label=_("Price per person"), max_digits=12, decimal_places=4, min_value=0, widget=widget, **kwargs
    )
    return field


def reason_field() -> forms.CharField:
    field: forms.CharField = forms.CharField(
        label=_("Reason"), max_length=500, required=False, help_text=_("Everyone who is told reads it.")
    )
    return field


class TimesForm(AccessibleForm):
    """When and where, and who teaches."""

    date = DayField(label=_("Date"))
    time = forms.TimeField(
        label=_("Starts at"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": _("Enter a time."), "invalid": _("Enter a time like 18:30.")},
    )
    minutes = number_field(_("Minutes"), LONGEST)
    facilitator = forms.ChoiceField(label=_("Teacher"), error_messages={"required": _("Choose a teacher.")})
    place = forms.ChoiceField(label=_("Studio"), error_messages={"required": _("Choose a studio.")})
    capacity = number_field(_("How many people"), MOST_SEATS)

    def __init__(
        self,
        *args: Any,
        venue: Venue,
        people: Sequence[Facilitator],
        studios: Sequence[Studio],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.venue = venue
        self.people = {str(each.pk): each for each in people}
        self.studios = {str(each.pk): each for each in studios}
        self._offer("facilitator", [(key, each.name) for key, each in self.people.items()])
        self._offer("place", self._list_places())

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = [("", _("Choose")), *choices]

    def _list_places(self) -> list[tuple[str, Any]]:
        return [(key, each.name) for key, each in self.studios.items()]

    def find_start(self) -> datetime:
        """Raises ``InvalidInput`` where the clocks skip or repeat it."""
        data = self.cleaned_data
        return resolve_clock(data["date"], data["time"], self.venue.zone_name)

    def find_end(self) -> datetime:
        start: datetime = self.cleaned_data["start"]
        return start + (self.cleaned_data.get("minutes") or 60) * MINUTE

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("date") and data.get("time"):
            try:
                data["start"] = self.find_start()
            except InvalidInput as error:
                self.add_error("time", ValidationError(str(error.in_words), code=error.code))
        return data


class ChangeForm(LastDayMixin, TimesForm):
    """Everything of a session that people notice."""

    title = forms.CharField(label=_("Title"), max_length=200, validators=[check_name])
    price = price_field(help_text=_("Bookings made already keep their price."))
    scope = forms.ChoiceField(label=_("Change"), choices=SCOPES, widget=forms.RadioSelect)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = (
        *("title", "date", "time", "minutes", "last_day", "until"),
        *("facilitator", "place", "capacity", "price", "scope"),
    )

    def __init__(self, *args: Any, session: Session, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if session.series is None:
            del self.fields["scope"]
        if session.has_tiers:
            del self.fields["price"]
        self.session = session
        self.ask_for_end()

    def find_start(self) -> datetime:
        """As it is where nobody changes it: the clocks may repeat it."""
        is_kept = starts_at(self.session, self.cleaned_data["date"], self.cleaned_data["time"])
        return self.session.starts_at if is_kept else super().find_start()

    @property
    def chosen_scope(self) -> str:
        return str(self.cleaned_data.get("scope", "this"))

    @property
    def changes(self) -> dict[str, Any]:
        data = self.cleaned_data
        start = data["start"]
        price = {"price": data["price"]} if "price" in data else {}
        return {
            **price,
            "title": data["title"],
            "starts_at": start,
            "ends_at": self.read_end(start),
            "facilitator": self.people[data["facilitator"]],
            "place": self.studios[data["place"]],
            "capacity": data["capacity"],
        }


class NewSessionForm(TimesForm):
    """Of a class type, whose usual values hold where nothing is entered; or of none."""

    class_type = forms.ChoiceField(label=_("Class"), required=False)
    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        validators=[check_name],
        help_text=_("Leave empty for the title of the class."),
    )
    minutes = number_field(_("Minutes"), LONGEST, required=False)
    capacity = number_field(_("How many people"), MOST_SEATS, required=False)
    price = price_field(required=False)
    weeks = number_field(_("How many weeks"), MOST_WEEKS, initial=1, help_text=_("Every week at this time."))
    is_draft = forms.BooleanField(
        label=_("Keep as a draft"), required=False, help_text=_("Not on the timetable yet.")
    )
    field_order = ("class_type", "title", "date", "time", "minutes", "facilitator", "place")

    def __init__(self, *args: Any, types: Sequence[ClassType], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.types = {str(each.pk): each for each in types}
        field: Any = self.fields["class_type"]
        field.choices = [("", _("None of them")), *((key, each.title) for key, each in self.types.items())]

    def _list_places(self) -> list[tuple[str, Any]]:
        kinds = [(kind.value, kind.label) for kind in LANES]
        rooms = [(key, each.name) for key, each in self.studios.items() if each.kind not in LANES]
        return rooms + kinds

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("class_type"):
            for name, text in MISSING.items():
                if name not in self.errors and data.get(name) in (None, ""):
                    self.add_error(name, text)
        return data

    def make_draft(self) -> SessionDraft:
        data = self.cleaned_data
        chosen = self.types.get(data["class_type"])
        names = ("title", "capacity", "price")
        given = {name: data[name] for name in names if data[name] not in (None, "")}
        place = data["place"]
        given |= {"place_kind": PlaceKind(place)} if place in LANES else {"place": self.studios[place]}
        given["is_published"] = not data["is_draft"]
        minutes = data["minutes"] or (chosen.duration if chosen else 0)
        start, person = data["start"], self.people[data["facilitator"]]
        end = start + minutes * MINUTE
        if chosen:
            return draft_of_type(chosen, person, start, end, **given)
        return SessionDraft(facilitator=person, starts_at=start, ends_at=end, **given)


MISSING = {
    "title": _("Enter a title."),
    "minutes": _("Enter how long it takes."),
    "capacity": _("Enter how many people can come."),
    "price": _("Enter a price, or 0."),
}


class ReasonForm(AccessibleForm):
    """``version`` is of the session as it was shown."""

    reason = reason_field()
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    scope = forms.ChoiceField(label=_("Call off"), choices=SCOPES, widget=forms.RadioSelect, initial="this")
    field_order = ("scope", "reason")

    def __init__(self, *args: Any, is_series: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_series:
            del self.fields["scope"]


class DayOffForm(AccessibleForm):
    """Whose day, or what happens where."""

    date = DayField(label=_("Date"))
    whose = forms.ChoiceField(
        label=_("Teacher or studio"), error_messages={"required": _("Choose a teacher or a studio.")}
    )
    reason = reason_field()

    def __init__(
        self, *args: Any, people: Sequence[Facilitator], studios: Sequence[Studio], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.owners: dict[str, tuple[str, Any]] = {
            **{f"teacher-{each.pk}": ("facilitator", each) for each in people},
            **{f"studio-{each.pk}": ("place", each) for each in studios},
        }
        field: Any = self.fields["whose"]
        field.choices = [
            ("", _("Choose")),
            (_("Teachers"), [(f"teacher-{each.pk}", each.name) for each in people]),
            (_("Studios"), [(f"studio-{each.pk}", each.name) for each in studios]),
        ]

    @property
    def whom(self) -> dict[str, Any]:
        name, row = self.owners[self.cleaned_data["whose"]]
        return {name: row}


class SellForm(AccessibleForm):
    """``key`` is of one showing of the form: sent twice, it is one pass."""

    kind = forms.ChoiceField(label=_("Pass"), error_messages={"required": _("Choose a pass.")})
    person = forms.CharField(
        label=_("Email address or user name"),
        max_length=254,
        validators=[check_name],
        error_messages={"required": _("Enter the email address or user name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    is_paid = forms.BooleanField(label=_("Paid already"), required=False)
    reference = forms.CharField(
        label=_("Receipt or reference"), max_length=100, required=False, validators=[check_name]
    )
    key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kinds: Sequence[tuple[PassKind, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["kind"]
        field.choices = [("", _("Choose")), *((str(kind.pk), text) for kind, text in kinds)]

    def clean_person(self) -> User:
        person = User.objects.with_login(self.cleaned_data["person"])
        if person is None or not person.is_active:
            raise ValidationError(_("There's no account with this email address or user name."))
        return person


class ExtendForm(AccessibleForm):
    expires_on = DayField(label=_("Valid until"))


def amount_text(price: Decimal) -> str:
    return f"{price.normalize():f}"
