"""What facilitators fill in for a retreat: several prices, and a plan by which they are paid."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from classes.drafts import LONGEST_TEXT, MOST_TIERS, TierDraft, check_price
from classes.enums import TierPays
from classes.models import MOST_SEATS, ClassType, Facilitator
from classes.policies.plans import MOST_TERMS, Term, is_whole
from classes.teaching_forms import ClockField, TypedForm, name_field_, places_of, text_area
from common.errors import InvalidInput
from common.forms import AccessibleForm, DayField, number_field
from common.names import check_name
from common.parsing import resolve_local_time
from resources.catalog import catalog_of
from resources.models import CancellationPolicy
from resources.refund_words import describe_cancellation

USUAL_ROWS = 3
MOST_DAYS_BEFORE = 3650


def amount_field(label: Any, **kwargs: Any) -> forms.DecimalField:
    errors = {
        "required": _("Enter an amount."),
        "invalid": _("Enter an amount."),
        "min_value": _("Enter 0 or more."),
    }
    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": "0"})
    field: forms.DecimalField = forms.DecimalField(
        label=label, min_value=0, widget=widget, error_messages=errors, **kwargs
    )
    return field


class RetreatForm(TypedForm):
    no_type = _("None")
    names = TypedForm.names | {"end_time": "until"}
    minutes = None  # type: ignore[assignment]
    title = name_field_(_("Title"), _("Enter a title."))
    day = DayField(label=_("First day"))
    at = ClockField(label=_("Starts at"))
    last_day = DayField(label=_("Last day"))
    until = ClockField(label=_("Ends at"))
    class_type = forms.TypedChoiceField(
        label=_("Class"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("Its rules for booking and cancelling apply."),
    )
    policy = forms.TypedChoiceField(
        label=_("Cancellation policy"),
        coerce=int,
        required=False,
        empty_value=None,
        help_text=_("People see it before they book."),
    )
    price = amount_field(
        _("Price per person"), required=False, help_text=_("If everyone pays the same. 0 is free.")
    )
    description = text_area(
        _("Description"), LONGEST_TEXT, help_text=_("If it isn't at the studio, say here where it is.")
    )

    def __init__(self, *args: Any, policies: Sequence[CancellationPolicy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.policies = {row.pk: row for row in policies}
        usual = _("That of the class") if self.types else _("Free cancellation until the start")
        choices = [("", usual), *((row.pk, row.name) for row in policies)]
        cast(forms.ChoiceField, self.fields["policy"]).choices = choices
        if not policies:
            del self.fields["policy"]

    @property
    def policy_row(self) -> CancellationPolicy | None:
        return self.policies.get(self.cleaned_data.get("policy") or 0)

    def read_end(self) -> datetime:
        """Raises ``InvalidInput``."""
        data = self.cleaned_data
        try:
            return resolve_local_time(data["last_day"], data["until"], self.venue.zone_name)
        except InvalidInput as error:
            error.fields = {"end_time": [error.in_words]}
            raise


class _Row(AccessibleForm):
    """An empty one is left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_permitted=True, use_required_attribute=False, **kwargs)

    def has_changed(self) -> bool:
        """How it is paid is always chosen."""
        return not {"pays"}.issuperset(self.changed_data)


class TierForm(_Row):
    """One of several prices."""

    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        validators=[check_name],
        error_messages={"required": _("Enter a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    price = amount_field(_("Price per person"))
    quota = number_field(pgettext_lazy("session", "Places"), MOST_SEATS)
    deposit = amount_field(_("Deposit per person"), required=False)
    pays = forms.ChoiceField(label=_("Payment"), choices=TierPays.choices, initial=TierPays.FULL)

    def __init__(self, *, currency: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.currency = currency

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("price", "deposit"):
            try:
                check_price(data.get(name) or Decimal(0), self.currency, name)
            except InvalidInput as error:
                self.mark(error)
        if (data.get("deposit") or 0) > data.get("price", Decimal("Infinity")):
            self.add_error("deposit", _("Enter a deposit no larger than the price."))
        return data

    def read(self) -> TierDraft:
        data = self.cleaned_data
        deposit = data["deposit"] or Decimal(0)
        return TierDraft(data["name"], data["price"], data["quota"], deposit, TierPays(data["pays"]))


class TermForm(_Row):
    """One of the instalments."""

    percent = forms.DecimalField(
        label=_("Percent of the price"),
        min_value=Decimal("0.01"),
        max_value=100,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
        error_messages={
            "required": _("Enter a number."),
            "invalid": _("Enter a number."),
            "min_value": _("Enter more than 0."),
            "max_value": _("Enter %(limit_value)s or less."),
        },
    )
    days_before = number_field(_("Days before the start"), MOST_DAYS_BEFORE, required=False)
    due_on = DayField(label=_("or on this day"), required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and (data.get("days_before") is None) == (data.get("due_on") is None):
            self.add_error("days_before", _("Enter a number of days, or choose a day."))
        return data

    def read(self) -> Term:
        data = self.cleaned_data
        return Term(data["percent"], data["due_on"], data["days_before"])


class RetreatPaper:
    """All of it: the retreat, its prices and its plan. ``data`` only shown where somebody wants more rows."""

    def __init__(self, profile: Facilitator, data: Mapping[str, Any] | None, more: str = "") -> None:
        types = ClassType.objects.filter(venue=profile.venue, is_active=True)
        self.venue = profile.venue
        known: dict[str, Any] = {
            "venue": profile.venue,
            "places": places_of(profile),
            "types": list(types),
            "policies": list(CancellationPolicy.objects.filter(venue=profile.venue)),
        }
        self.data, self.is_bound = data or {}, data is not None and not more
        usual = {"at": "16:00", "until": "14:00", "place": str(profile.default_place_id or "")}
        self.form = RetreatForm(**self._fill("", usual), **known)
        currency = profile.venue.currency
        self.tiers = [
            TierForm(**self._fill(f"tier-{number}"), currency=currency)
            for number in self._count("tiers", MOST_TIERS, more)
        ]
        self.terms = [
            TermForm(**self._fill(f"term-{number}")) for number in self._count("terms", MOST_TERMS, more)
        ]

    def _count(self, name: str, most: int, more: str) -> range:
        text = str(self.data.get(name, ""))
        known = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else USUAL_ROWS
        return range(1, 1 + min(max(known, 1) + (more == name), most))

    def _fill(self, prefix: str, usual: Mapping[str, Any] | None = None) -> dict[str, Any]:
        named = {"prefix": prefix} if prefix else {}
        if self.is_bound:
            return {"data": self.data, **named}
        start = f"{prefix}-" if prefix else ""
        given = {
            name.removeprefix(start): value for name, value in self.data.items() if name.startswith(start)
        }
        # What nobody has filled in yet keeps what is usual.
        return {"initial": given or usual, **named} if given or usual else named

    @property
    def policies(self) -> list[tuple[Any, list[str]]]:
        """What each says, after what holds without one."""
        told = catalog_of(self.venue).policies
        usual = _("Without a class and a policy"), describe_cancellation((), self.venue.currency)
        rows = self.form.policies.values()
        return [
            usual,
            *((row.name, describe_cancellation(told.get(row.pk, ()), self.venue.currency)) for row in rows),
        ]

    @property
    def has_room(self) -> dict[str, bool]:
        return {"tiers": len(self.tiers) < MOST_TIERS, "terms": len(self.terms) < MOST_TERMS}

    def is_valid(self) -> bool:
        rows = [self.form, *self.tiers, *self.terms]
        answers = [row.is_valid() for row in rows]  # all of them, not up to the first that is wrong
        if not all(answers):
            return False
        self._check_prices()
        self._check_plan()
        return not any(each.errors for each in rows)

    def _check_prices(self) -> None:
        filled = self._filled(self.tiers)
        if not filled and self.form.cleaned_data["price"] is None:
            self.form.add_error("price", _("Enter an amount, or several prices below."))
        if filled and self.form.cleaned_data["price"] is not None:
            self.form.add_error("price", _("Enter one price here, or several below."))
        known = set()
        for tier in filled:
            name = tier.cleaned_data["name"].casefold()
            if name in known:
                tier.add_error("name", _("Use each name once."))
            known.add(name)

    def _check_plan(self) -> None:
        terms = self._filled(self.terms)
        plan = [term.read() for term in terms]
        if plan and not is_whole(plan):
            terms[-1].add_error("percent", _("Enter percentages above zero that add up to 100."))
        in_parts = [tier for tier in self._filled(self.tiers) if tier.cleaned_data["pays"] != TierPays.FULL]
        if in_parts and not plan:
            in_parts[0].add_error("pays", _("Enter the instalments below."))
        if plan and not in_parts:
            terms[0].add_error("percent", _("Choose a price above that can be paid in instalments."))

    def _filled(self, rows: Sequence[Any]) -> list[Any]:
        return [row for row in rows if row.has_changed()]

    def read_tiers(self) -> list[TierDraft]:
        return [tier.read() for tier in self._filled(self.tiers)]

    def read_plan(self) -> list[Term]:
        return [term.read() for term in self._filled(self.terms)]
