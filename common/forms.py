from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, InvalidInput
from common.parsing import FIRST_YEAR, LAST_YEAR, parse_date


class AccessibleForm(forms.Form):
    """components/field.html gives each error the id that announces it with its field."""

    required_css_class = "is-required"


def first_error(form: forms.Form) -> DomainError:
    """The first error of a form whose fields are not shown, as a service would raise it."""
    errors = next(iter(form.errors.as_data().values()))
    return DomainError(errors[0].messages[0], code=errors[0].code or "invalid")


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(_("This date is too far away."), code="invalid_time")
        return day


def number_field(label: Any, most: int, **kwargs: Any) -> forms.IntegerField:
    attrs = {"inputmode": "numeric"}
    widget = forms.NumberInput(attrs=attrs)
    errors = {
        "min_value": _("At least %(limit_value)s."),
        "max_value": _("At most %(limit_value)s."),
        "invalid": _("Give a whole number."),
    }
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, widget=widget, error_messages=errors, **kwargs
    )


class MonthField(forms.CharField):
    """``2026-12`` becomes the first day of that month."""

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_date(f"{text}-01", "month")
        except InvalidInput as error:
            raise ValidationError(_("Give a month like 2026-12."), code=error.code) from error
