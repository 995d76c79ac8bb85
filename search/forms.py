import datetime
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.forms import AccessibleForm, DayField, number_field
from common.parsing import MOST_PEOPLE
from common.templatetags.holdfast import minutes
from resources.enums import ResourceKind
from resources.models import Venue
from scheduling.spans import Span
from scheduling.zones import DAY
from search.filters import Filters, list_cities
from search.values import Criteria
from search.windows import PARTS, Window, days_until_sunday, hours_between

WEEK = "week"
NO_TIME_LEFT = _("No start time fits. Choose a wider range of times.")
DAYS = [
    ("", _("This day only")),
    (WEEK, _("Until Sunday")),
    ("7", _("Within 7 days")),
    ("14", _("Within 14 days")),
]
TIMES = [
    ("", _("Any time")),
    ("morning", _("Morning")),
    ("afternoon", _("Afternoon")),
    ("evening", _("Evening")),
]
PRIMARY = {"date", "party_size", "duration", "kind"}
"""Fields that are always shown; the others are folded away."""
SORTS = [("", _("Earliest first")), ("price", _("price")), ("name", _("name"))]

LENGTHS = (30, 45, 60, 90, 120, 180, 240, 480)
"""Minutes."""


def _list_lengths() -> list[tuple[str, Any]]:
    return [("", _("Any")), *((str(length), minutes(length)) for length in LENGTHS)]


class TimeOfDayField(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%H:%M"], required=False, **kwargs)


class SearchForm(AccessibleForm):
    """``venues`` and ``features`` are what can be chosen."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search", "autocomplete": "off"}),
    )
    date = DayField(label=_("Day"), required=False)
    days = forms.ChoiceField(label=_("Dates"), choices=DAYS, required=False)
    part = forms.ChoiceField(label=_("Time of day"), choices=TIMES, required=False)
    earliest = TimeOfDayField(label=_("Earliest start"))
    latest = TimeOfDayField(label=_("Latest start"))
    duration = forms.TypedChoiceField(
        label=_("Duration"), choices=_list_lengths, coerce=int, empty_value=None, required=False
    )
    party_size = number_field(_("People"), MOST_PEOPLE, required=False)
    kind = forms.ChoiceField(label=_("Type"), choices=[("", _("All")), *ResourceKind.choices], required=False)
    venue = forms.ChoiceField(label=_("Location"), required=False)
    city = forms.ChoiceField(label=_("City"), required=False)
    features = forms.MultipleChoiceField(
        label=_("Features"), required=False, widget=forms.CheckboxSelectMultiple
    )
    sort = forms.ChoiceField(label=_("Sort by"), choices=SORTS, required=False)

    def __init__(
        self, *args: Any, venues: Sequence[Venue], features: Iterable[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.venues = {venue.slug: venue for venue in venues}
        places = [(slug, venue.name) for slug, venue in self.venues.items()]
        choices: dict[str, list[tuple[str, Any]]] = {
            "venue": [("", _("All locations")), *places],
            "city": [("", _("All cities")), *((city, city) for city in list_cities(venues))],
            "features": list(features),
        }
        for name, options in choices.items():
            cast(forms.ChoiceField, self.fields[name]).choices = options

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens, closes = _read_hours(cleaned)
        if opens >= closes:
            name = "latest" if cleaned.get("latest") else "earliest"
            raise ValidationError({name: NO_TIME_LEFT})
        return cleaned

    @property
    def more_is_open(self) -> bool:
        return any(name in self.errors for name in set(self.fields) - PRIMARY)

    @property
    def more_count(self) -> int:
        return sum(1 for name in set(self.fields) - PRIMARY if self.cleaned_data.get(name))

    @property
    def filters(self) -> Filters:
        cleaned = self.cleaned_data
        return Filters(
            kind=cleaned["kind"],
            venue=self.venues.get(cleaned["venue"]),
            city=cleaned["city"],
            features=tuple(dict.fromkeys(cleaned["features"])),
            text=cleaned["q"],
        )

    @property
    def criteria(self) -> Criteria:
        return Criteria(self.cleaned_data["duration"], self.cleaned_data["party_size"])

    def window(self, today: datetime.date) -> Window:
        cleaned = self.cleaned_data
        on = cleaned["date"] or today
        days = days_until_sunday(on) if cleaned["days"] == WEEK else int(cleaned["days"] or 1)
        return Window(on, days, *_read_hours(cleaned))


def _read_hours(cleaned: dict[str, Any]) -> Span:
    part = PARTS.get(cleaned.get("part") or "", (0, DAY))
    return hours_between(cleaned.get("earliest"), cleaned.get("latest"), within=part)
