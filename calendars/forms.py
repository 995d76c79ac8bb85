"""What the pages about feeds and the calendar's filters accept."""

from collections.abc import Sequence
from datetime import date as LocalDate  # noqa: N812  (the form has a field of its name)
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from calendars.kinds import Choice
from calendars.selection import Selection, listed, venues_for
from common.forms import DayField
from resources.enums import Kind


class FeedForm(forms.Form):
    """One of the feeds that the account could have."""

    what = forms.ChoiceField(label=_("What it shows"))

    def __init__(self, *args: Any, offered: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {each.key: each for each in offered}
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = [(each.key, each.label) for each in offered]

    @property
    def wanted(self) -> dict[str, Any]:
        """Arguments of ``make_feed``."""
        choice = self.offered[self.cleaned_data["what"]]
        return {"kind": choice.kind, "resource": choice.resource, "venue": choice.venue}


MOST_LISTED = 200


class ChoiceForm(forms.Form):
    """The calendar's filters; they are read by ``calendars.selection``, this only shows them."""

    date = DayField(label=_("Date"))
    venue = forms.ChoiceField(label=_("Where"), required=False)
    kind = forms.ChoiceField(label=_("What"), choices=[("", _("anything")), *Kind.choices], required=False)
    resource = forms.MultipleChoiceField(
        label=_("Only these"), required=False, widget=forms.CheckboxSelectMultiple
    )
    mine = forms.BooleanField(label=_("Only my bookings"), required=False)

    @classmethod
    def of(cls, chosen: Selection, on: LocalDate) -> "ChoiceForm":
        form = cls(
            initial={
                "date": on,
                "venue": chosen.venue.slug if chosen.venue else "",
                "kind": chosen.kind,
                "resource": [str(each.uuid) for each in chosen.named],
                "mine": chosen.mine,
            }
        )
        anywhere = [("", _("anywhere"))] if chosen.mine else []
        form.offer("venue", [*anywhere, *((each.slug, each.name) for each in venues_for(chosen.user))])
        rows = listed(chosen.venue, chosen.user)[:MOST_LISTED] if chosen.venue else []
        form.offer("resource", [(str(each.uuid), each.name) for each in rows])
        if not chosen.user.is_authenticated:
            del form.fields["mine"]
        return form

    def offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = list(choices)
