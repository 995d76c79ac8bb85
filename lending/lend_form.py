"""What staff fill in to lend something to somebody."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from common.forms import AccessibleForm
from common.names import check_name
from common.parsing import MOST_PEOPLE
from lending.desk_forms import VenueTimeField, name_copy, text_field
from lending.models import Copy
from resources.models import Resource, ResourceGroup, Venue

LONGEST_DAYS = 365


class LendForm(AccessibleForm):
    """On behalf of somebody who has an account."""

    thing = forms.ChoiceField(label=_("What"), error_messages={"required": _("Choose one.")})
    person = forms.CharField(
        label=_("Email address or user name"),
        max_length=254,
        validators=[check_name],
        error_messages={"required": _("Enter the email address or user name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    units = forms.IntegerField(label=_("How many"), min_value=1, max_value=MOST_PEOPLE, initial=1)
    days = forms.IntegerField(
        label=_("For how many days"),
        min_value=1,
        max_value=LONGEST_DAYS,
        required=False,
        help_text=_("Leave empty for the usual loan."),
    )
    wanted_from = VenueTimeField(label=_("From"), required=False)
    wanted_until = VenueTimeField(label=_("Until"), required=False)
    purpose = text_field(_("What for"))
    copy_code = forms.ChoiceField(
        label=pgettext_lazy("thing", "Copy"),
        required=False,
        help_text=_("The one you hand out, so that its code is known when it comes back."),
    )
    accessories = forms.MultipleChoiceField(
        label=_("Handed out with it"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args: Any,
        venue: Venue,
        things: Sequence[Resource | ResourceGroup],
        copies: Sequence[Copy] = (),
        accessories: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._set_choices("copy_code", [(copy.code, name_copy(copy)) for copy in copies], first=_("Choose"))
        self._set_choices("accessories", [(name, name) for name in accessories])
        self.things = {str(thing.uuid): thing for thing in things}
        thing_field: Any = self.fields["thing"]
        thing_field.choices = [("", _("Choose")), *((key, each.name) for key, each in self.things.items())]
        for name in ("wanted_from", "wanted_until"):
            self.fields[name].zone = venue.zone  # type: ignore[attr-defined]

    def _set_choices(self, name: str, choices: list[tuple[str, str]], *, first: Any = "") -> None:
        """Without any the field is not asked."""
        if not choices:
            del self.fields[name]
            return
        field: Any = self.fields[name]
        field.choices = [("", first), *choices] if first else choices

    @property
    def has_more(self) -> bool:
        """Of this thing it can be said which copy goes, or what goes with it."""
        return "copy_code" in self.fields or "accessories" in self.fields

    def name_field(self, name: str) -> str:
        return "days" if name == "period" else name

    def clean_person(self) -> User:
        person = find_person(self.cleaned_data["person"])
        if person is None:
            raise ValidationError(_("There's no account with this email address or user name."))
        return person

    @property
    def wish(self) -> dict[str, Any]:
        """The arguments of ``lend``."""
        data = self.cleaned_data
        period = data["days"] and data["days"] * 1440
        named = {name: data[name] for name in ("units", "wanted_from", "wanted_until", "purpose")}
        named |= {name: data[name] for name in ("copy_code", "accessories") if name in data}
        return named | {"thing": self.things[data["thing"]], "borrower": data["person"], "period": period}


def find_person(text: str) -> User | None:
    active = User.objects.filter(is_active=True)
    by_email = active.filter(email__iexact=text).first()
    return by_email or active.filter(username__iexact=text).first()
