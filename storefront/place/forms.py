from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common import clock
from common.forms import offer_from
from common.parsing import LONGEST_MINUTES
from reservations.availability import Wish
from resources.bookables import Bookable
from resources.enums import UnitsBy
from resources.stays import describe_length, is_stay
from storefront.forms import DayForm
from storefront.place.day_view import list_durations

LONGEST_NUMBER = 10
"""Digits."""


class PlaceForm(DayForm):
    """Offers the choices that the place has; a field without a choice is removed."""

    field_order = ("date", "duration", "party_size", "quantity")

    def __init__(self, *args: Any, bookables: Sequence[Bookable], asked: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bookable = bookables[0]
        self.fields["duration"].label = _("Nights") if is_stay(bookable) else _("Duration")
        self.fields["duration"].widget = forms.Select(choices=_list_choices(bookable, asked))
        self.fields["date"].label = _("Arrival") if is_stay(bookable) else _("Day")
        offer_from_today(self, "date", bookable)
        self._limit(bookables)

    def _limit(self, bookables: Sequence[Bookable]) -> None:
        most = max(bookable.customer_rules.max_party_size for bookable in bookables)
        self.fields["party_size"].widget.attrs["max"] = most
        if most == 1:
            del self.fields["party_size"]
        first = bookables[0]
        if len(bookables) > 1 or first.limit <= 1 or first.units_by == UnitsBy.PERSON:
            del self.fields["quantity"]
        else:
            self.fields["quantity"].widget.attrs["max"] = first.limit


def offer_from_today(form: forms.Form, name: str, bookable: Bookable) -> None:
    offer_from(form, name, clock.now().astimezone(bookable.zone).date())


def offer_lengths(form: forms.Form, bookable: Bookable) -> None:
    """Its field ``duration`` offers the usual lengths there, and the one that was asked for."""
    asked = read_number(str((form.data if form.is_bound else form.initial).get("duration") or ""))
    usual = bookable.customer_rules.default_duration
    field = form.fields["duration"]
    field.label = _("Nights") if is_stay(bookable) else _("Duration")
    field.widget = forms.Select(
        choices=_list_choices(bookable, asked if 0 < asked <= LONGEST_MINUTES else usual)
    )


def read_number(text: str) -> int:
    """0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER else 0


def _list_choices(bookable: Bookable, asked: int) -> list[tuple[int, str]]:
    return [(minutes, describe_length(bookable, minutes)) for minutes in list_durations(bookable, asked)]


def form_values(on: Any, wish: Wish) -> dict[str, object]:
    return {
        "date": on.isoformat(),
        "duration": wish.duration,
        "party_size": wish.party_size,
        "quantity": wish.quantity,
    }
