"""What is filled in for a retreat: several prices, and a plan by which they are paid."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from classes.drafts import LONGEST_TEXT, SessionDraft
from classes.enums import PlaceKind, SessionType
from classes.models import ClassType, Facilitator, Studio
from classes.price_forms import PriceRows, amount_field
from classes.teaching_forms import ClockField, TypedForm, name_field_, text_area
from common.errors import InvalidInput
from common.forms import DayField
from common.parsing import resolve_local_time
from resources.catalog import catalog_of
from resources.models import CancellationPolicy, Venue
from resources.refund_words import describe_cancellation


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
    facilitator = forms.ChoiceField(label=_("Teacher"), error_messages={"required": _("Choose a teacher.")})
    price = amount_field(
        _("Price per person"), required=False, help_text=_("If everyone pays the same. 0 is free.")
    )
    description = text_area(
        _("Description"), LONGEST_TEXT, help_text=_("If it isn't at the studio, say here where it is.")
    )

    field_order = ("facilitator",)

    def __init__(
        self,
        *args: Any,
        policies: Sequence[CancellationPolicy],
        people: Sequence[Facilitator] | None = None,
        **kwargs: Any,
    ) -> None:
        """``people``: among whom staff choose; facilitators put up their own."""
        super().__init__(*args, **kwargs)
        self.policies = {row.pk: row for row in policies}
        usual = _("That of the class") if self.types else _("Free cancellation until the start")
        cast(forms.ChoiceField, self.fields["policy"]).choices = [
            ("", usual),
            *((row.pk, row.name) for row in policies),
        ]
        if not policies:
            del self.fields["policy"]
        self.people = {str(each.pk): each for each in people or ()}
        if people is None:
            del self.fields["facilitator"]
        else:
            choices = [("", _("Choose")), *((key, each.name) for key, each in self.people.items())]
            cast(forms.ChoiceField, self.fields["facilitator"]).choices = choices

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


class RetreatPaper(PriceRows):
    """All of it: the retreat, its prices and its plan."""

    def __init__(
        self,
        venue: Venue,
        data: Mapping[str, Any] | None,
        more: str = "",
        *,
        places: Sequence[Studio],
        usual: Mapping[str, Any],
        people: Sequence[Facilitator] | None = None,
    ) -> None:
        is_bound = data is not None and not more
        super().__init__(data or {}, is_bound=is_bound, currency=venue.currency, more=more)
        types = list(ClassType.objects.filter(venue=venue, is_active=True))
        known: dict[str, Any] = {"venue": venue, "places": places, "types": types, "people": people}
        known["policies"] = list(CancellationPolicy.objects.filter(venue=venue))
        self.venue = venue
        times = {"at": "16:00", "until": "14:00"}
        self.form = RetreatForm(**self.fill("", {**times, **usual}), **known)

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

    def is_valid(self) -> bool:
        rows = [self.form, *self.rows]
        answers = [row.is_valid() for row in rows]  # all of them, not up to the first that is wrong
        if not all(answers):
            return False
        self._check_price()
        data = self.form.cleaned_data
        self.check(capacity=data["capacity"], starts_on=data["day"])
        return not any(row.errors for row in rows)

    def read_draft(self, profile: Facilitator | None = None) -> SessionDraft:
        """Of this facilitator, or of whom staff have chosen. Raises ``InvalidInput``."""
        form, data = self.form, self.form.cleaned_data
        place = data["place"]
        where = {"place": form.places[place]} if place in form.places else {"place_kind": PlaceKind(place)}
        return SessionDraft(
            facilitator=profile or form.people[data["facilitator"]],
            starts_at=form.read_start(),
            ends_at=form.read_end(),
            title=data["title"],
            description=data["description"],
            session_type=SessionType.RETREAT,
            capacity=data["capacity"],
            price=data["price"] or Decimal(0),
            class_type=form.class_type_row,
            policy=form.policy_row,
            tiers=self.read_tiers(),
            plan=self.read_plan(),
            **where,
        )

    def _check_price(self) -> None:
        has_price = self.form.cleaned_data["price"] is not None
        if not self.offered and not has_price:
            self.form.add_error("price", _("Enter an amount, or several prices below."))
        if self.offered and has_price:
            self.form.add_error("price", _("Enter one price here, or several below."))
