"""Every component in every state on one page, where DEBUG is on."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.errors import Conflict

COLOURS = (
    *("ground", "surface", "raised", "ink", "muted", "line", "line-strong"),
    *("brand", "brand-strong", "brand-soft", "on-brand", "accent"),
    *("good", "good-soft", "warn", "warn-soft", "bad", "bad-soft", "on-bad", "info", "info-soft"),
)
PARTS = (
    *("tokens", "type", "buttons", "forms", "marks", "navigation", "notes", "dialogs"),
    *("waiting", "empty", "tables", "cards", "times"),
)
SPACES = ("1", "2", "3", "4", "5", "6", "7")
STATES = {
    "A reservation": {
        "held": "Held",
        "pending": "Awaiting approval",
        "confirmed": "Confirmed",
        "checked_in": "Checked in",
        "completed": "Completed",
        "cancelled": "Cancelled",
        "declined": "Declined",
        "expired": "Expired",
        "no_show": "No-show",
    },
    "A place in a queue, and its offers": {
        "waiting": "Waiting",
        "contacted": "Contacted",
        "booked": "Booked",
        "left": "Left",
        "called_off": "Called off",
        "open": "Open",
        "accepted": "Accepted",
    },
    "Money": {
        "unpaid": "Unpaid",
        "partly_paid": "Partly paid",
        "paid": "Paid",
        "refunded": "Refunded",
        "partly_refunded": "Partly refunded",
        "nothing_due": "Nothing due",
    },
}
CHOICES = [("linden", "Linden room"), ("mill", "Millstone"), ("court", "Court One, half")]


class SampleForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As it stands at your door.")
    mail = forms.EmailField(label="Email address", widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    day = forms.DateField(label="Date", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    room = forms.ChoiceField(label="Room", choices=CHOICES)
    wishes = forms.CharField(label="Wishes", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    where = forms.ChoiceField(label="Where", choices=CHOICES, widget=forms.RadioSelect)
    extras = forms.MultipleChoiceField(
        label="Extras", choices=CHOICES, widget=forms.CheckboxSelectMultiple, required=False
    )
    terms = forms.BooleanField(label="I have read the terms", help_text="They are short.")
    fixed = forms.CharField(label="Cannot be changed", disabled=True, initial="since it was booked")


@require_safe
def styleguide(request: HttpRequest) -> HttpResponse:
    return render(request, "styleguide/page.html", _build_samples())


def _build_samples() -> dict[str, Any]:
    return {
        "parts": PARTS,
        "tones": ("info", "good", "warn", "bad"),
        "colours": COLOURS,
        "spaces": SPACES,
        "states": STATES,
        "form": SampleForm(initial={"room": "mill", "where": "linden"}, auto_id="plain_%s"),
        "wrong": SampleForm({"mail": "ada", "where": "elsewhere"}, auto_id="wrong_%s"),
        "page": Paginator(range(180), 20).page(5),
        "problem": Conflict(),
        "trail": [("All places", "#top"), ("Alte Mühle", "#top")],
    }
