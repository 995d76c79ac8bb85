"""Rows of a form: several prices of a retreat, and the plan by which they are paid."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from classes.drafts import MOST_TIERS, TierDraft, check_due, check_price, check_quotas
from classes.enums import TierPays
from classes.models import MOST_SEATS, PlanTerm, Session, Tier
from classes.policies.plans import MOST_TERMS, Term, is_whole
from classes.selling import Selling, read_selling
from classes.services import PriceEdit, list_booked
from common.errors import InvalidInput
from common.forms import AccessibleForm, DayField, number_field
from common.money import round_amount
from common.names import check_name
from common.numbers import read_key

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


class _Row(AccessibleForm):
    """An empty one is left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(empty_permitted=True, use_required_attribute=False, **kwargs)

    def has_changed(self) -> bool:
        """How it is paid is always chosen, and whether it is on sale."""
        return not {"pays", "is_on_sale"}.issuperset(self.changed_data)


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
    quota = number_field(
        pgettext_lazy("session", "Places"), MOST_SEATS, required=False, help_text=_("Empty: no limit.")
    )
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
        deposit, is_on_sale = data["deposit"] or Decimal(0), data.get("is_on_sale", True)
        return TierDraft(
            data["name"], data["price"], data["quota"], deposit, TierPays(data["pays"]), is_on_sale
        )


class KnownTierForm(TierForm):
    """One that there is: ``sold`` of it so far; one that was ever booked stays."""

    id = forms.IntegerField(widget=forms.HiddenInput)
    is_on_sale = forms.BooleanField(label=_("On sale"), required=False)
    is_gone = forms.BooleanField(label=_("Take this price away"), required=False)

    def __init__(self, *, tier: Tier, sold: int, is_booked: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tier, self.sold = tier, sold
        if is_booked:
            del self.fields["is_gone"]

    def has_changed(self) -> bool:
        """It is there, whatever was emptied."""
        return True

    @property
    def goes(self) -> bool:
        return bool(self.cleaned_data.get("is_gone"))

    def clean(self) -> dict[str, Any]:
        data, quota = super().clean(), self.cleaned_data.get("quota")
        if quota is not None and quota < self.sold:
            text = _("%(sold)d are sold already. Enter %(sold)d or more.")
            self.add_error("quota", text % {"sold": self.sold})
        return data


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


class PriceRows:
    """Prices and instalments. ``data`` is only shown where somebody wants ``more`` rows."""

    def __init__(self, data: Mapping[str, Any], *, is_bound: bool, currency: str, more: str = "") -> None:
        self.data, self.is_bound, self.currency = data, is_bound, currency
        self.tiers = [self.make_tier(f"tier-{number}") for number in self._count("tiers", MOST_TIERS, more)]
        self.terms = [
            TermForm(**self.fill(f"term-{number}")) for number in self._count("terms", MOST_TERMS, more)
        ]

    def make_tier(self, prefix: str) -> TierForm:
        return TierForm(**self.fill(prefix), currency=self.currency)

    def _count(self, name: str, most: int, more: str) -> range:
        text = str(self.data.get(name, ""))
        known = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else USUAL_ROWS
        return range(1, 1 + min(max(known, 1) + (more == name), most))

    def fill(self, prefix: str, usual: Mapping[str, Any] | None = None) -> dict[str, Any]:
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
    def has_room(self) -> dict[str, bool]:
        return {"tiers": len(self.tiers) < MOST_TIERS, "terms": len(self.terms) < MOST_TERMS}

    @property
    def rows(self) -> list[Any]:
        return [*self.tiers, *self.terms]

    @property
    def offered(self) -> list[Any]:
        """Prices that are filled in and stay."""
        return [row for row in self.tiers if row.has_changed() and not getattr(row, "goes", False)]

    def check(self, *, capacity: int, starts_on: date, others: int = 0) -> bool:
        """Once each row is valid by itself."""
        self._check_names()
        if not any(row.errors for row in self.tiers):
            self._check_quotas(capacity, others)
        self._check_plan(starts_on)
        return not any(row.errors for row in self.rows)

    def _check_names(self) -> None:
        known = set()
        for row in self.offered:
            name = row.cleaned_data["name"].casefold()
            if name in known:
                row.add_error("name", _("Use each name once."))
            known.add(name)

    def _check_quotas(self, capacity: int, others: int) -> None:
        try:
            check_quotas([row.read() for row in self.offered], capacity, others=others, field="quota")
        except InvalidInput as error:
            selling = [row for row in self.offered if row.cleaned_data.get("is_on_sale", True)]
            (selling or self.offered)[-1].mark(error)

    def _check_plan(self, starts_on: date) -> None:
        terms = filled(self.terms)
        plan = [row.read() for row in terms]
        if plan and not is_whole(plan):
            terms[-1].add_error("percent", _("Enter percentages above zero that add up to 100."))
        for row, term in zip(terms, plan, strict=True):
            try:
                check_due(term, starts_on, "due_on")
            except InvalidInput as error:
                row.mark(error)
        in_parts = [row for row in self.offered if row.cleaned_data["pays"] != TierPays.FULL]
        if in_parts and not plan:
            in_parts[0].add_error("pays", _("Enter the instalments below."))
        if plan and not in_parts:
            terms[0].add_error("percent", _("Choose a price above that can be paid in instalments."))

    def read_tiers(self) -> list[TierDraft]:
        return [row.read() for row in self.offered]

    def read_plan(self) -> list[Term]:
        return [row.read() for row in filled(self.terms)]


def filled(rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if row.has_changed()]


class PricesPaper(PriceRows):
    """Those of a session that is put up already. ``version`` is the one that was shown."""

    def __init__(self, session: Session, data: Mapping[str, Any] | None, more: str = "") -> None:
        self.session = session
        self.selling = read_selling([session]).get(session.pk, Selling())
        self.known = {str(tier.pk): tier for tier in self.selling.tiers}
        self.booked = list_booked([tier.pk for tier in self.selling.tiers]) if self.known else set()
        said = describe_prices(session, self.selling.tiers) if data is None else data
        is_bound = data is not None and not more
        super().__init__(said, is_bound=is_bound, currency=session.venue.currency, more=more)

    def make_tier(self, prefix: str) -> TierForm:
        tier = self.known.get(str(self.data.get(f"{prefix}-id", "")))
        if tier is None:
            return super().make_tier(prefix)
        sold = self.selling.sold.get(tier.pk, 0)
        more: dict[str, Any] = {"tier": tier, "sold": sold, "is_booked": tier.pk in self.booked}
        return KnownTierForm(**self.fill(prefix), currency=self.currency, **more)

    def is_valid(self) -> bool:
        answers = [row.is_valid() for row in self.rows]
        if not all(answers):
            return False
        if not self.offered:
            self.tiers[0].add_error("name", _("Enter one price at least."))
            return False
        on_sale = [edit.id for edit in self.read_edits() if edit.id and edit.draft.is_on_sale]
        others = self.selling.count_others(on_sale)
        starts_on = self.session.local_start.date()
        return self.check(capacity=self.session.capacity, starts_on=starts_on, others=others)

    def read_edits(self) -> list[PriceEdit]:
        return [PriceEdit(row.read(), row.cleaned_data.get("id")) for row in self.offered]

    @property
    def version(self) -> int | None:
        return read_key(str(self.data.get("version", "")))


def describe_prices(session: Session, tiers: Sequence[Tier]) -> dict[str, Any]:
    """As the rows of the form have them, with one more of each to fill in."""
    terms = list(PlanTerm.objects.filter(session=session))
    said: dict[str, Any] = {"tiers": len(tiers) + 1, "terms": len(terms) + 1, "version": session.version}
    for number, tier in enumerate(tiers, 1):
        values = {name: getattr(tier, name) for name in ("name", "quota", "pays", "is_on_sale")}
        amounts = {
            name: round_amount(getattr(tier, name), session.venue.currency) for name in ("price", "deposit")
        }
        values |= {"id": tier.pk, **amounts}
        said |= {f"tier-{number}-{name}": value for name, value in values.items()}
    for number, term in enumerate(terms, 1):
        for name in ("percent", "days_before", "due_on"):
            said[f"term-{number}-{name}"] = getattr(term, name)
    return said
