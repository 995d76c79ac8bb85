"""What the page about feeds accepts."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from calendars.choices import Choice


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
