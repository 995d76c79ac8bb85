from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.forms import AccessibleForm, DayField, number_field
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, parse_instant
from reservations.series import MOST_OCCURRENCES, SeriesScope
from resources.bookables import Bookable
from storefront.place.forms import offer_from_today, offer_lengths, read_number

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
EVERY = {
    "day": "FREQ=DAILY",
    "week": "FREQ=WEEKLY",
    "2weeks": "FREQ=WEEKLY;INTERVAL=2",
    "month": "FREQ=MONTHLY",
}
WEEKDAYS = [
    ("MO", _("Mon")),
    ("TU", _("Tue")),
    ("WE", _("Wed")),
    ("TH", _("Thu")),
    ("FR", _("Fri")),
    ("SA", _("Sat")),
    ("SU", _("Sun")),
]


class ClockTimeField(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%H:%M"], **kwargs)


class RepeatForm(AccessibleForm):
    date = DayField(label=_("First date"))
    time = ClockTimeField(label=_("Start"))
    duration = number_field(_("Duration"), LONGEST_MINUTES)
    party_size = number_field(_("People"), MOST_PEOPLE)
    every = forms.ChoiceField(
        label=_("Repeat"),
        choices=[
            ("week", _("Every week")),
            ("2weeks", _("Every two weeks")),
            ("day", _("Every day")),
            ("month", _("Every month")),
        ],
    )
    count = number_field(_("Number of dates"), MOST_OCCURRENCES, required=False)
    until = DayField(label=_("Or end date"), required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("On these days"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leave empty to repeat on the weekday of the first date, or every day."),
    )

    fill = forms.BooleanField(
        label=_("Make up for dates that aren't available"),
        required=False,
        help_text=_("We skip them and add as many at the end."),
    )

    def __init__(self, *args: Any, bookable: Bookable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bookable = bookable
        offer_lengths(self, bookable)
        for name in ("date", "until"):
            offer_from_today(self, name, bookable)
        self.fields["party_size"].widget.attrs["max"] = bookable.customer_rules.max_party_size

    def clean(self) -> dict[str, Any] | None:
        cleaned = self.cleaned_data
        if cleaned.get("fill") and cleaned.get("until"):
            self.add_error("fill", _("Enter the number of dates instead of an end date."))
        if bool(cleaned.get("count")) == bool(cleaned.get("until")) and not self.errors:
            self.add_error("count", _("Enter either the number of dates or an end date."))
        if cleaned.get("weekdays") and cleaned.get("every") == "month":
            self.add_error("weekdays", _("Choose weekdays only for daily or weekly bookings."))
        until, first = cleaned.get("until"), cleaned.get("date")
        if until and first and until < first:
            self.add_error("until", _("Enter a date on or after the first date."))
        return cleaned

    @property
    def is_filled(self) -> bool:
        return bool(self.cleaned_data["fill"] and self.cleaned_data["count"])

    def rule(self, count: int = 0) -> str:
        """With ``count`` dates, or as many as were asked for."""
        cleaned = self.cleaned_data
        parts = [EVERY[cleaned["every"]]]
        if cleaned["weekdays"]:
            parts.append(f"BYDAY={','.join(day for day in DAYS if day in cleaned['weekdays'])}")
        if cleaned["until"]:
            parts.append(f"UNTIL={cleaned['until']:%Y%m%d}")
        else:
            parts.append(f"COUNT={count or cleaned['count']}")
        return ";".join(parts)

    def length(self) -> timedelta:
        return timedelta(minutes=self.cleaned_data["duration"])


def parse_count(text: str) -> int:
    """A number of dates that a page has named; 0 for anything else."""
    number = read_number(text)
    return number if number <= MOST_OCCURRENCES else 0


BOOK, SKIP = "book", "skip"


def name_field(on: date) -> str:
    return f"on-{on.isoformat()}"


def read_choices(
    posted: QueryDict, dates: Iterable[date], zone: str
) -> tuple[frozenset[date], dict[date, datetime]]:
    """The dates to skip, and other starts for some dates. Raises ``InvalidInput``."""
    choice_by_date = {on: posted.get(name_field(on), BOOK) for on in dates}
    skip = frozenset(on for on, choice in choice_by_date.items() if choice == SKIP)
    instead = {
        on: parse_instant(choice, zone=zone)
        for on, choice in choice_by_date.items()
        if choice not in (BOOK, SKIP)
    }
    return skip, instead


class ScopeForm(AccessibleForm):
    scope = forms.ChoiceField(
        label=_("Which dates"),
        choices=[
            (SeriesScope.THIS.value, _("This date only")),
            (SeriesScope.FOLLOWING.value, _("This and following dates")),
            (SeriesScope.ALL.value, _("All upcoming dates")),
        ],
        widget=forms.RadioSelect,
    )


class SeriesCancelForm(ScopeForm):
    reason = forms.CharField(
        label=_("Reason (optional)"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class SeriesMoveForm(ScopeForm):
    time = ClockTimeField(label=_("New start"), required=False)
    shift_days = forms.IntegerField(
        label=_("Move by (days)"),
        required=False,
        min_value=-366,
        max_value=366,
        help_text=_("Use a minus for earlier days, like -7."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = self.cleaned_data
        if not self.errors and not cleaned.get("time") and not cleaned.get("shift_days"):
            raise ValidationError(_("Enter a new start time or a number of days."))
        return cleaned
