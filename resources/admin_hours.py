"""Weekly hours in the admin: what is probably a slip is questioned before it is saved."""

from datetime import date, time
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from resources.models import OpeningHours

MIDNIGHT = time(0)


class HoursForm(forms.ModelForm[OpeningHours]):
    is_sure = forms.BooleanField(
        label=gettext_lazy("These hours are correct"), required=False, widget=forms.HiddenInput
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        values = self.cleaned_data
        if self.errors or values.get("is_sure") or not self.has_changed():
            return cleaned
        if doubts := [*_doubt_end(values), *self._doubt_overlap(values)]:
            self.fields["is_sure"].widget = forms.CheckboxInput()
            self.add_error("is_sure", doubts)
        return cleaned

    def _doubt_overlap(self, values: dict[str, Any]) -> list[str]:
        rows = OpeningHours.objects.filter(
            weekday=values["weekday"], is_available=values.get("is_available", False)
        ).exclude(pk=self.instance.pk)
        resource = values.get("resource") or (self.instance.resource_id and self.instance.resource)
        if resource and resource.pk is None:  # it is being added in the same form
            return []
        venue = values.get("venue") or self.instance.venue
        owner = {"resource": resource} if resource else {"resource": None, "venue": venue}
        rows = rows.filter(**owner)
        return [
            _("These hours overlap with %(hours)s. Tick the box if that's correct.") % {"hours": row}
            for row in rows
            if _overlap(values, row)
        ][:1]


def _doubt_end(values: dict[str, Any]) -> list[str]:
    if MIDNIGHT < values["end_time"] <= values["start_time"]:
        return [_("These hours end on the next day. Tick the box if that's correct.")]
    return []


def _overlap(values: dict[str, Any], row: OpeningHours) -> bool:
    start, end = _minutes(values["start_time"], values["end_time"])
    other_start, other_end = _minutes(row.start_time, row.end_time)
    is_same_season = (values.get("valid_from") or date.min) <= (row.valid_until or date.max) and (
        row.valid_from or date.min
    ) <= (values.get("valid_until") or date.max)
    return is_same_season and start < other_end and other_start < end


def _minutes(start: time, end: time) -> tuple[int, int]:
    first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
    return first, last if last > first else last + 1440
