import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from classes.enums import Level, PlaceKind, TierPays
from classes.models import ClassType, Facilitator, Pass, Session, Studio, Tier
from classes.timetable import Wanted
from classes.words import LANES, name_pass
from common.forms import AccessibleForm, DayField, number_field
from common.names import check_name
from common.parsing import MOST_PEOPLE

Choices = list[tuple[str, Any]]
NO_PASS = ""


class FilterForm(AccessibleForm):
    """What a timetable is narrowed by; a filter with nothing to choose from is left out."""

    date = DayField(required=False, widget=forms.HiddenInput)
    teacher = forms.ChoiceField(label=_("Teacher"), required=False)
    type = forms.ChoiceField(label=_("Class"), required=False)
    level = forms.ChoiceField(label=_("Level"), required=False)
    studio = forms.ChoiceField(label=_("Studio"), required=False)

    def __init__(
        self,
        *args: Any,
        teachers: Sequence[Facilitator],
        types: Sequence[ClassType],
        studios: Sequence[Studio],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        levels = {row.level for row in types}
        self._offer("teacher", _("All teachers"), [(str(row.pk), row.name) for row in teachers])
        self._offer("type", _("All classes"), [(str(row.pk), row.title) for row in types])
        self._offer("level", _("Any level"), [each for each in Level.choices if each[0] in levels])
        self._offer("studio", _("All studios"), _list_studios(studios))

    def _offer(self, name: str, every: Any, choices: Iterable[tuple[str, Any]]) -> None:
        options = list(choices)
        if len(options) < 2:
            del self.fields[name]
            return
        cast(forms.ChoiceField, self.fields[name]).choices = [("", every), *options]

    @property
    def filters(self) -> list[forms.BoundField]:
        return [field for field in self if field.name != "date"]

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        return Wanted(
            int(data["teacher"]) if data.get("teacher") else None,
            int(data["type"]) if data.get("type") else None,
            data.get("level", ""),
            data.get("studio", ""),
        )


def _list_studios(studios: Sequence[Studio]) -> Choices:
    rooms: Choices = [(str(row.pk), row.name) for row in studios if row.kind not in LANES]
    kinds = {row.kind for row in studios}
    return rooms + [(kind.value, PlaceKind(kind).label) for kind in LANES if kind in kinds]


class SeatForm(AccessibleForm):
    """How many people, at which of several prices, and how it is paid.

    ``passes`` come with what is left of them.
    """

    quantity = number_field(_("People"), MOST_PEOPLE, initial=1)
    tier = forms.TypedChoiceField(
        label=_("Price"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the prices.")},
    )
    pays = forms.ChoiceField(
        label=_("Payment"), required=False, choices=TierPays.choices[:2], widget=forms.RadioSelect
    )
    used_pass = forms.TypedChoiceField(
        label=_("Pay with"), coerce=int, required=False, empty_value=None, widget=forms.RadioSelect
    )

    key = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        most: int,
        tiers: Sequence[Tier] = (),
        passes: Sequence[tuple[Pass, int]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.paid_at_once = {tier.pk for tier in tiers if tier.pays == TierPays.FULL}
        self.fields["quantity"].widget.attrs["max"] = max(most, 1)
        self.fields["quantity"].widget.attrs["min"] = 1
        if tiers:
            cast(forms.ChoiceField, self.fields["tier"]).choices = [(tier.pk, tier.name) for tier in tiers]
        else:
            del self.fields["tier"]
        if all(tier.pays != TierPays.BOTH for tier in tiers):
            del self.fields["pays"]
        if passes:
            named: Choices = [(str(owned.pk), name_pass(owned, left)) for owned, left in passes]
            cast(forms.ChoiceField, self.fields["used_pass"]).choices = [
                *named,
                (NO_PASS, _("Without a pass")),
            ]
        else:
            del self.fields["used_pass"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("pays") == TierPays.PLAN and data.get("tier") in self.paid_at_once:
            self.add_error("pays", _("This price can't be paid in instalments."))
        return data

    def make_key(self, session: Session) -> str:
        """One for each choice on the page: a second click repeats, another choice is another request.

        What has moved meanwhile is something else, too.
        """
        if not self.cleaned_data["key"]:
            return ""
        choice = [str(self.cleaned_data[name]) for name in sorted(self.cleaned_data)]
        what = [session.pk, session.starts_at, session.ends_at, session.place_id]
        return hashlib.sha256(repr([*map(str, what), *choice]).encode()).hexdigest()


class WaitForm(AccessibleForm):
    """Who is written to when a seat opens up; an account says it for itself."""

    quantity = number_field(_("People"), MOST_PEOPLE, initial=1)
    name = forms.CharField(
        validators=[check_name],
        label=_("Your name"),
        max_length=200,
        error_messages={"required": _("Enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        error_messages={
            "required": _("Enter your email address."),
            "invalid": _("Enter an email address like name@example.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: Any, most: int, is_known: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quantity"].widget.attrs.update({"min": 1, "max": most})
        if is_known:
            del self.fields["name"], self.fields["email"]
