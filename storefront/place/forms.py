"""Input of a resource's or group's own page: which day, how long, for how many."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reservations.availability import Wish
from resources.enums import UnitsBy
from resources.facts import Bookable
from resources.stays import is_stay, length_in_words
from storefront.forms import DayForm
from storefront.place.day_view import list_durations


class PlaceForm(DayForm):
    """A day form whose choices are those of the place; what leaves no choice is not asked."""

    field_order = ("date", "duration", "party_size", "quantity")

    def __init__(self, *args: Any, bookables: Sequence[Bookable], asked: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        facts = bookables[0]
        self.fields["duration"].label = _("How many nights") if is_stay(facts) else _("How long")
        self.fields["duration"].widget = forms.Select(choices=_choices(facts, asked))
        self.fields["date"].label = _("Arrival") if is_stay(facts) else _("Day")
        self._limit(bookables)

    def _limit(self, bookables: Sequence[Bookable]) -> None:
        most = max(each.customer_rules.max_party_size for each in bookables)
        self.fields["party_size"].widget.attrs["max"] = most
        if most == 1:
            del self.fields["party_size"]
        facts = bookables[0]
        if len(bookables) > 1 or facts.limit <= 1 or facts.units_by == UnitsBy.PERSON:
            del self.fields["quantity"]
        else:
            self.fields["quantity"].widget.attrs["max"] = facts.limit


def _choices(facts: Bookable, asked: int) -> list[tuple[int, str]]:
    return [(each, length_in_words(facts, each)) for each in list_durations(facts, asked)]


def shown(on: Any, wish: Wish) -> dict[str, object]:
    """The form's values as the page shows them, defaults included."""
    return {
        "date": on.isoformat(),
        "duration": wish.duration,
        "party_size": wish.party_size,
        "quantity": wish.quantity,
    }
