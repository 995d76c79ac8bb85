import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, InvalidInput
from common.forms import AccessibleForm, DayField, number_field
from common.parsing import parse_instant
from common.templatetags.holdfast import minutes
from lending.policies import Terms
from resources.models import Venue

LENGTHS = (30, 60, 120, 240, 480, 1440, 2880, 10_080, 20_160)
"""Minutes, of which people choose."""
LOCAL = "%Y-%m-%dT%H:%M"
MOST_PURPOSE = 500
_WALL_CLOCK, _COUNT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d"), re.compile(r"[1-9]\d{0,5}")


class FindForm(AccessibleForm):
    """``venues`` and ``features`` are what can be chosen."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search", "autocomplete": "off"}),
    )
    venue = forms.ChoiceField(label=_("Location"), required=False)
    feature = forms.ChoiceField(label=_("Feature"), required=False)
    free = forms.BooleanField(label=_("Available now"), required=False)

    def __init__(
        self, *args: Any, venues: Sequence[Venue], features: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.venues = {venue.slug: venue for venue in venues}
        places = [(slug, venue.name) for slug, venue in self.venues.items()]
        choices: dict[str, list[tuple[str, Any]]] = {
            "venue": [("", _("All locations")), *places],
            "feature": [("", _("Any")), *features],
        }
        for name, options in choices.items():
            cast(forms.ChoiceField, self.fields[name]).choices = options

    @property
    def many_venues(self) -> bool:
        return len(self.venues) > 1

    @property
    def many_features(self) -> bool:
        return len(cast(Sequence[Any], cast(forms.ChoiceField, self.fields["feature"]).choices)) > 1


class AskForm(AccessibleForm):
    """How many units, for how long and what for; everything has a default."""

    units = number_field(_("How many"), 100_000, initial=1)
    period = forms.TypedChoiceField(
        label=_("Duration"), coerce=int, empty_value=None, required=False, error_messages={}
    )
    purpose = forms.CharField(label=_("What for"), required=False, max_length=MOST_PURPOSE)
    key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, terms: Terms, units: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if units < 2:
            self.fields["units"].widget = forms.HiddenInput()
        else:
            self.fields["units"].widget.attrs["max"] = units
        if "period" in self.fields:
            cast(forms.ChoiceField, self.fields["period"]).choices = _list_lengths(terms)

    def make_key(self, place: UUID) -> str:
        """One for each choice on the page: a second click repeats, another choice is another request."""
        choice = [str(self.cleaned_data[name]) for name in sorted(self.cleaned_data)]
        return hashlib.sha256(repr([str(place), *choice]).encode()).hexdigest()


def _list_lengths(terms: Terms) -> list[tuple[str, Any]]:
    usual = terms.period_of(None)
    first = minutes(usual) if usual else _("As long as it takes")
    shorter = [length for length in LENGTHS if terms.longest is None or length <= terms.longest]
    return [("", first), *((str(length), minutes(length)) for length in shorter if length != usual)]


class DatesForm(AskForm):
    """Wall clock of ``zone``."""

    start = forms.CharField(
        label=_("From"),
        max_length=40,
        error_messages={"required": _("Enter a date and time.")},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    end = forms.CharField(
        label=_("Until"),
        max_length=40,
        error_messages={"required": _("Enter a date and time.")},
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    field_order = ("start", "end", "units", "purpose")
    NAMES = {"wanted_from": "start", "wanted_until": "end"}

    def __init__(self, *args: Any, zone: tzinfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["period"]
        self.zone = zone

    def name_field(self, name: str) -> str:
        return self.NAMES.get(name, name)

    def clean_start(self) -> datetime:
        return self._instant("start")

    def clean_end(self) -> datetime:
        return self._instant("end")

    def _instant(self, name: str) -> datetime:
        try:
            return parse_instant(self.cleaned_data[name], name, zone=str(self.zone))
        except InvalidInput as error:
            if error.code == "ambiguous_time":
                text = _(
                    "The clocks go back then, so this time occurs twice. Choose an earlier or later one."
                )
                raise ValidationError(text, code=error.code) from error
            raise ValidationError(error.message, code=error.code) from error


class PauseForm(AccessibleForm):
    until = DayField(label=_("Until"), required=False)

    def __init__(self, *args: Any, zone: tzinfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def instant(self) -> datetime | None:
        """When the day begins at the venue."""
        day = self.cleaned_data["until"]
        return datetime.combine(day, datetime.min.time(), self.zone) if day else None


class PurposeForm(AccessibleForm):
    purpose = forms.CharField(
        label=_("What for"),
        required=False,
        max_length=MOST_PURPOSE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def list_near(path: str, form: AskForm | None, problem: DomainError | None) -> list[tuple[datetime, str]]:
    """Other times than those that are taken, and where the form is filled in for each."""
    data = getattr(form, "cleaned_data", {})
    if problem is None or not {"start", "end", "units"} <= data.keys():
        return []
    length = data["end"] - data["start"]
    found = []
    for start in problem.extra.get("alternatives", ()):
        dates = {"start": start.strftime(LOCAL), "end": (start + length).strftime(LOCAL)}
        found.append((start, f"{path}?{urlencode(dates | {'units': data['units']})}#dates"))
    return found


def read_dates(query: Mapping[str, str]) -> dict[str, str]:
    """Of such an address; what is none of them is left out."""
    found = {name: query.get(name, "") for name in ("start", "end", "units")}
    patterns = {"start": _WALL_CLOCK, "end": _WALL_CLOCK, "units": _COUNT}
    return {name: text for name, text in found.items() if patterns[name].fullmatch(text)}


def usual_dates(now: datetime, zone: tzinfo, terms: Terms) -> dict[str, str]:
    """The next full hour, and so long after it as things are usually lent."""
    start = now.astimezone(zone).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    end = start + timedelta(minutes=terms.period_of(None) or 60)
    return {"start": start.strftime(LOCAL), "end": end.strftime(LOCAL)}
