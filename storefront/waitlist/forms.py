from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.forms import DayField, number_field
from common.parsing import LONGEST_MINUTES, MOST_PEOPLE
from resources.bookables import Bookable
from storefront.forms import DetailsForm
from storefront.place.forms import offer_from_today, offer_lengths

FIELDS = {"preferred_on": "date", "earliest_time": "earliest", "latest_time": "latest"}
"""By their names in the service."""


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class JoinForm(DetailsForm):
    date = DayField(label=_("Date"))
    earliest = forms.TimeField(label=_("Earliest start"), required=False, widget=ClockInput())
    latest = forms.TimeField(label=_("Latest start"), required=False, widget=ClockInput())
    duration = number_field(_("Duration"), LONGEST_MINUTES)
    party_size = number_field(_("People"), MOST_PEOPLE)
    field_order = ("date", "earliest", "latest", "duration", "party_size", "name", "email", "phone")

    def __init__(self, *args: Any, bookable: Bookable, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_lengths(self, bookable)
        offer_from_today(self, "date", bookable)
        del self.fields["requests"]

    def name_field(self, name: str) -> str:
        return FIELDS.get(name, name)

    @property
    def wish_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("date", "party_size", "earliest", "latest", "duration")]

    @property
    def contact_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "email", "phone")]
