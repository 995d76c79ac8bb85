from collections.abc import Sequence
from datetime import date as LocalDate  # noqa: N812  (the form has a field of its name)
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from calendars.kinds import FeedChoice
from calendars.selection import Selection, resources_in_calendar, venues_for
from common.forms import DayField
from resources.enums import ResourceKind


class FeedForm(forms.Form):
    what = forms.ChoiceField(label=_("Content"))

    def __init__(self, *args: Any, offered: Sequence[FeedChoice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {choice.key: choice for choice in offered}
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = [(choice.key, choice.label) for choice in offered]

    @property
    def wanted(self) -> dict[str, Any]:
        choice = self.offered[self.cleaned_data["what"]]
        return {"kind": choice.kind, "resource": choice.resource, "venue": choice.venue}


MOST_LISTED = 200


class ChoiceForm(forms.Form):
    """Shows the calendar's filters; ``calendars.selection`` reads them."""

    date = DayField(label=_("Date"))
    venue = forms.ChoiceField(label=_("Location"), required=False)
    kind = forms.ChoiceField(label=_("Type"), choices=[("", _("All")), *ResourceKind.choices], required=False)
    resource = forms.MultipleChoiceField(
        label=_("Places"), required=False, widget=forms.CheckboxSelectMultiple
    )
    mine = forms.BooleanField(label=_("Only my bookings"), required=False)

    @classmethod
    def of(cls, selection: Selection, on: LocalDate) -> "ChoiceForm":
        form = cls(
            initial={
                "date": on,
                "venue": selection.venue.slug if selection.venue else "",
                "kind": selection.kind,
                "resource": [str(resource.uuid) for resource in selection.named],
                "mine": selection.mine,
            }
        )
        anywhere = [("", _("All locations"))] if selection.mine else []
        form.offer("venue", [*anywhere, *((venue.slug, venue.name) for venue in venues_for(selection.user))])
        resources = (
            resources_in_calendar(selection.venue, selection.user)[:MOST_LISTED] if selection.venue else []
        )
        form.offer("resource", [(str(resource.uuid), resource.name) for resource in resources])
        if not selection.user.is_authenticated:
            del form.fields["mine"]
        return form

    def offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  (declared above)
        field.choices = list(choices)
