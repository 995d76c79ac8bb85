import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, InvalidInput
from common.parsing import FIRST_YEAR, LAST_YEAR, parse_date
from common.phones import example_number

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class AccessibleForm(forms.Form):
    """components/field.html gives each error the id that announces it with its field."""

    required_css_class = "is-required"

    def mark(self, error: DomainError) -> None:
        """Say what a service refused beside the fields that it names, or else for all of them."""
        for name, sentences in error.fields.items():
            field = self.name_field(name)
            self.add_error(field if field in self.fields else None, [str(sentence) for sentence in sentences])

    def name_field(self, name: str) -> str:
        return name


def first_error(form: forms.Form) -> DomainError:
    """The first error of a form whose fields are not shown, as a service would raise it."""
    errors = next(iter(form.errors.as_data().values()))
    return DomainError(errors[0].messages[0], code=errors[0].code or "invalid")


def set_phone_country(form: forms.Form, country: str, *, purpose: Any = "") -> None:
    """Numbers of this country (DE) may be given as people dial them at home; with "" none may."""
    field: Any = form.fields["phone"]
    field.region = country or None
    example = example_number(country)
    hint: Any = _("With country code, like +49 30 123456.")
    if example:
        hint = _("Like %(example)s, or with country code.") % {"example": example}
        field.error_messages["invalid"] = _(
            "Enter a phone number like %(example)s, or one with country code."
        ) % {"example": example}
    field.help_text = format_lazy("{} {}", hint, purpose) if purpose else hint


class DayField(forms.DateField):
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_error_messages = {"required": _("Choose a date."), "invalid": _("Choose a valid date.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(
                _("This date is too far ahead. Choose an earlier one."), code="invalid_time"
            )
        return day


def offer_from(form: forms.Form, name: str, first: date) -> None:
    """Browsers refuse a day before ``first``, but none that is in the field already."""
    shown, earliest = str(form[name].value() or ""), first.isoformat()
    form.fields[name].widget.attrs["min"] = min(shown, earliest) if ISO_DAY.fullmatch(shown) else earliest


def number_field(label: Any, most: int, **kwargs: Any) -> forms.IntegerField:
    attrs = {"inputmode": "numeric"}
    widget = forms.NumberInput(attrs=attrs)
    errors = {
        "min_value": _("Enter %(limit_value)s or more."),
        "max_value": _("Enter %(limit_value)s or less."),
        "invalid": _("Enter a whole number."),
        "required": _("Enter a number."),
    }
    return forms.IntegerField(
        label=label, min_value=1, max_value=most, widget=widget, error_messages=errors, **kwargs
    )


class NumbersField(forms.CharField):
    """Whole numbers in one line, like ``24, 2``: a list."""

    default_error_messages = {"invalid": _("Enter whole numbers with commas between them, like 24, 2.")}

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        text = super().to_python(value) or ""
        numbers = re.split(r"[\s,;]+", text.strip("[],; "))
        if numbers == [""]:
            return []
        if not all(re.fullmatch(r"\d{1,9}", number, re.ASCII) for number in numbers):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return [int(number) for number in numbers]

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != self.to_python(initial or ""))
        except ValidationError:
            return True


class MonthField(forms.CharField):
    """``2026-12`` becomes the first day of that month."""

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_date(f"{text}-01", "month")
        except InvalidInput as error:
            raise ValidationError(_("Enter a month like 2026-12."), code=error.code) from error
