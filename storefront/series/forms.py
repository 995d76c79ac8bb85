"""The form of a recurring booking: what people say, and the RRULE that it means."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.forms import AccessibleForm, DayField, number_field
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE, parse_instant
from reservations.series import MOST_OCCURRENCES, Scope

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


class TimeField(forms.TimeField):
    """A clock time on the venue's wall."""

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%H:%M"], **kwargs)


class RepeatForm(AccessibleForm):
    """When it begins, how often it comes again, and when that ends."""

    date = DayField(label=_("First date"))
    time = TimeField(label=_("Start"))
    duration = number_field(_("Minutes"), LONGEST_MINUTES)
    party_size = number_field(_("People"), MOST_PEOPLE)
    every = forms.ChoiceField(
        label=_("Repeat"),
        choices=[
            ("week", _("every week")),
            ("2weeks", _("every two weeks")),
            ("day", _("every day")),
            ("month", _("every month")),
        ],
    )
    count = number_field(_("How many times"), MOST_OCCURRENCES, required=False)
    until = DayField(label=_("Or until"), required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("Only on these weekdays"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every day, or the weekday of the first date."),
    )

    def clean(self) -> dict[str, Any] | None:
        given = self.cleaned_data
        if bool(given.get("count")) == bool(given.get("until")) and not self.errors:
            self.add_error("count", _("Say either how many times, or until when."))
        if given.get("weekdays") and given.get("every") == "month":
            self.add_error("weekdays", _("Weekdays go with daily or weekly dates."))
        until, first = given.get("until"), given.get("date")
        if until and first and until < first:
            self.add_error("until", _("This is before the first date."))
        return given

    def rule(self) -> str:
        """The RRULE of a valid form."""
        given = self.cleaned_data
        parts = [EVERY[given["every"]]]
        if given["weekdays"]:
            parts.append(f"BYDAY={','.join(day for day in DAYS if day in given['weekdays'])}")
        if given["until"]:
            parts.append(f"UNTIL={given['until']:%Y%m%d}")
        else:
            parts.append(f"COUNT={given['count']}")
        return ";".join(parts)

    def length(self) -> timedelta:
        return timedelta(minutes=self.cleaned_data["duration"])


BOOK, SKIP = "book", "skip"


def field_of(on: date) -> str:
    """The name of a date's choice in the form."""
    return f"on-{on.isoformat()}"


def choices_from(
    posted: QueryDict, dates: Iterable[date], zone: str
) -> tuple[frozenset[date], dict[date, datetime]]:
    """What was chosen for each date: those left out, and other starts in place of the usual one.

    Raises ``InvalidInput`` for what is none of the choices.
    """
    chosen = {on: posted.get(field_of(on), BOOK) for on in dates}
    skip = frozenset(on for on, choice in chosen.items() if choice == SKIP)
    instead = {
        on: parse_instant(choice, zone=zone) for on, choice in chosen.items() if choice not in (BOOK, SKIP)
    }
    return skip, instead


class ScopeForm(AccessibleForm):
    """Which of a series is meant."""

    scope = forms.ChoiceField(
        label=_("Which dates"),
        choices=[
            (Scope.THIS.value, _("only this date")),
            (Scope.FOLLOWING.value, _("this and the following dates")),
            (Scope.ALL.value, _("all dates to come")),
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
    """Another time of day, another day, or both."""

    time = TimeField(label=_("New start"), required=False)
    shift_days = forms.IntegerField(
        label=_("Days later"),
        required=False,
        min_value=-366,
        max_value=366,
        help_text=_("With a minus for earlier."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def clean(self) -> dict[str, Any] | None:
        given = self.cleaned_data
        if not self.errors and not given.get("time") and not given.get("shift_days"):
            raise ValidationError(_("Say the new start, or by how many days it moves."))
        return given
