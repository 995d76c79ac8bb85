"""What staff fill in at the desk. Times are typed on the venue's clock."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.errors import InvalidInput
from common.forms import AccessibleForm, DayField
from common.names import check_name
from common.parsing import parse_instant
from lending.enums import CopyState
from lending.models import Copy, LendingRules, Loan
from lending.presets import PRESETS
from resources.models import Resource

LONGEST_TEXT = 500


class VenueTimeField(forms.CharField):
    """An instant, of what a ``datetime-local`` control sends."""

    def __init__(self, *, zone: ZoneInfo | None = None, **kwargs: Any) -> None:
        self.zone = zone
        super().__init__(widget=forms.DateTimeInput(attrs={"type": "datetime-local"}), **kwargs)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_instant(text, zone=str(self.zone))
        except InvalidInput as error:
            raise ValidationError(str(error), code=error.code) from error


def text_field(label: Any, *, required: bool = False, missing: Any = "", **kwargs: Any) -> forms.CharField:
    messages = {"required": missing} if missing else {}
    field: forms.CharField = forms.CharField(
        label=label, required=required, max_length=LONGEST_TEXT, error_messages=messages, **kwargs
    )
    return field


class LoanForm(AccessibleForm):
    """Of one step of a loan; its fields depend on the loan."""

    def __init__(self, *args: Any, loan: Loan, **kwargs: Any) -> None:
        self.loan = loan
        super().__init__(*args, **kwargs)

    def set_choices(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        """Without any the field is not asked."""
        found = list(choices)
        if len(found) <= (1 if found and found[0][0] == "" else 0):
            del self.fields[name]
            return
        field: Any = self.fields[name]
        field.choices = found


class NothingForm(LoanForm):
    pass


class ReasonForm(LoanForm):
    reason = text_field(_("Reason"), help_text=_("The person is told."))


class NeededReasonForm(LoanForm):
    reason = text_field(
        _("Reason"), required=True, missing=_("Enter a reason."), help_text=_("The person is told.")
    )


class ApproveForm(LoanForm):
    resource_id = forms.TypedChoiceField(label=_("Which one"), coerce=int, required=False, empty_value=None)

    def __init__(self, *args: Any, things: Sequence[Resource] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        one_of = [(thing.pk, thing.name) for thing in things] if self.loan.group_id else []
        self.set_choices("resource_id", [("", _("Whichever is available")), *one_of])


class HandOutForm(LoanForm):
    copy_code = forms.ChoiceField(label=pgettext_lazy("thing", "Copy"), required=False)
    accessories = forms.MultipleChoiceField(
        label=_("Handed out with it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    condition = text_field(_("Condition"))

    def __init__(
        self, *args: Any, copies: Sequence[Copy] = (), accessories: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.set_choices("copy_code", [("", _("Choose")), *((copy.code, name_copy(copy)) for copy in copies)])
        self.set_choices("accessories", [(name, name) for name in accessories])


def name_copy(copy: Copy) -> str:
    return f"{copy.code} · {copy.name}" if copy.name else copy.code


class ReturnForm(LoanForm):
    missing = forms.MultipleChoiceField(
        label=_("Missing"), required=False, widget=forms.CheckboxSelectMultiple
    )
    condition = text_field(_("Condition"))
    repair = forms.BooleanField(
        label=_("To repair"), required=False, help_text=_("The copy isn't lent until it's back in service.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.loan.copy is None:
            del self.fields["repair"]
        self.set_choices("missing", [(name, name) for name in self.loan.accessories])


class SomeForm(LoanForm):
    """Some of several units, or some parts of a whole."""

    units = forms.IntegerField(label=_("How many are back"), required=False, min_value=1)
    part_ids = forms.TypedMultipleChoiceField(
        label=_("These parts are back"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, parts: Sequence[Resource] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.set_choices("part_ids", [(part.pk, part.name) for part in parts])
        if self.loan.units == 1:
            del self.fields["units"]

    def name_field(self, name: str) -> str:
        return "part_ids" if name == "parts" else name

    def clean_units(self) -> int:
        return self.cleaned_data["units"] or 0


class RenewForm(LoanForm):
    override = forms.BooleanField(label=_("Even if someone is waiting"), required=False)

    def __init__(self, *args: Any, until: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if until:
            self.fields["override"].help_text = _("New date: %(until)s") % {"until": until}


class RecallForm(LoanForm):
    due_at = VenueTimeField(
        label=_("Due"),
        required=False,
        help_text=_("A day from now or later. Leave empty for a day from now."),
    )
    reason = text_field(_("Reason"), help_text=_("The person is told."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["due_at"].zone = self.loan.venue.zone  # type: ignore[attr-defined]


class FoundForm(LoanForm):
    condition = text_field(_("Condition"))


class SwapForm(LoanForm):
    resource_id = forms.TypedChoiceField(
        label=_("Instead"), coerce=int, error_messages={"required": _("Choose another one.")}
    )

    def __init__(self, *args: Any, things: Sequence[Resource] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.others = [(thing.pk, thing.name) for thing in things]
        field: Any = self.fields["resource_id"]
        field.choices = [("", _("Choose")), *self.others]


class SuspendForm(LoanForm):
    until = VenueTimeField(label=_("Until"), required=False, help_text=_("Leave empty for no end."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["until"].zone = self.loan.venue.zone  # type: ignore[attr-defined]


class EditForm(LoanForm):
    purpose = text_field(_("What for"))
    priority = forms.IntegerField(
        label=_("Priority"), min_value=-1000, max_value=1000, help_text=_("Higher goes first.")
    )


class LinesField(forms.CharField):
    """Names of accessories, one on each line: a list."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Accessories"),
            required=False,
            max_length=6000,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("One per line, like a charger or a bag."),
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        lines = dict.fromkeys(line.strip() for line in super().clean(value).splitlines() if line.strip())
        if len(lines) > 50 or any(len(line) > 100 for line in lines):
            raise ValidationError(_("Enter up to 50 names of up to 100 characters."))
        return [*lines]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), (data or "").replace("\r\n", "\n"))


NEW = "new:"
OWN_LEASE = f"{NEW}own"
LONGEST_LEASE = 525_600


class ThingForm(AccessibleForm):
    """By rules that there are, rules to begin with, or a lease of so many minutes."""

    rules = forms.ChoiceField(label=_("Lending rules"))
    lease = forms.IntegerField(
        label=_("How many minutes"),
        required=False,
        min_value=1,
        max_value=LONGEST_LEASE,
        help_text=_("Only for “Returned unless kept every … minutes”."),
    )
    accessories = LinesField()
    value = forms.DecimalField(
        label=_("Value"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=4,
        help_text=_("In the venue's currency. For staff only."),
    )
    only = forms.BooleanField(
        label=_("Only for borrowing"),
        required=False,
        initial=True,
        help_text=_("People can't book it for a time."),
    )

    def __init__(self, *args: Any, rules: Sequence[LendingRules], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules_field: Any = self.fields["rules"]
        rules_field.choices = list_rule_choices(rules)
        self.rules_by_key = {str(each.pk): each for each in rules}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "lease" in self.errors or "rules" in self.errors:
            return data
        if data["rules"] == OWN_LEASE and not data["lease"]:
            self.add_error("lease", _("Enter the number of minutes."))
        elif data["lease"] and data["rules"] != OWN_LEASE:
            self.add_error(
                "lease", _("Choose “Returned unless kept every … minutes” above, or leave this empty.")
            )
        return data


class MakeLendableForm(ThingForm):
    """What the venue has already, or something new."""

    resource = forms.ChoiceField(label=_("Thing"), required=False)
    name = forms.CharField(
        label=_("Name of the new thing"), max_length=100, required=False, validators=[check_name]
    )
    field_order = ("resource", "name", "rules", "lease", "accessories", "only")

    def __init__(self, *args: Any, resources: Sequence[Resource], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["value"]  # asked on the page of the thing
        choices = [(str(each.pk), each.name) for each in resources]
        resource_field: Any = self.fields["resource"]
        resource_field.choices = [("", _("Something new")), *choices]
        self.resources = {str(each.pk): each for each in resources}

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("resource") and not data.get("name") and "name" not in self.errors:
            self.add_error("name", _("Enter a name, or choose a thing."))
        return data


def list_rule_choices(rules: Sequence[LendingRules]) -> list[tuple[str, Any]]:
    names = {each.name for each in rules}
    presets = [(f"{NEW}{key}", name) for key, (name, _values) in PRESETS.items() if str(name) not in names]
    own = (OWN_LEASE, _("Returned unless kept every … minutes"))
    return [*((str(each.pk), each.name) for each in rules), *presets, own]


class CopyForm(AccessibleForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=50,
        validators=[check_name],
        error_messages={"required": _("Enter a code, or scan it.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(label=_("Name"), max_length=100, required=False, validators=[check_name])


class CopyStateForm(AccessibleForm):
    state = forms.ChoiceField(label=_("State"), choices=CopyState.choices)
    note = text_field(_("Note"))


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
        elif first and last and last - first > timedelta(days=LONGEST_PERIOD):
            self.add_error("last", _("Choose five years or less."))
        return data

    @classmethod
    def usual(cls, today: date) -> dict[str, date]:
        return {"first": today - timedelta(days=USUAL_PERIOD - 1), "last": today}


USUAL_PERIOD, LONGEST_PERIOD = 30, 5 * 366
