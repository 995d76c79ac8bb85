"""What a browser would send from a page of the admin: every field as it stands in the form."""

from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

UNSENT = {"submit", "button", "file", "image", "reset"}


class _Fields(HTMLParser):
    """The names and values of the page's main form."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.inside = False
        self.select = self.textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("id", "").endswith("_form")
        if not self.inside or "disabled" in given:
            return
        if tag == "select":
            self.select = given.get("name", "")
        elif tag == "textarea":
            self.textarea = given.get("name", "")
            self._add(self.textarea, "")
        elif tag == "option" and "selected" in given:
            self._add(self.select, given.get("value", ""))
        elif tag == "input" and given.get("type") not in UNSENT:
            is_box = given.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in given:
                self._add(given.get("name", ""), given.get("value", "on" if is_box else ""))

    def handle_data(self, data: str) -> None:
        if self.textarea in self.values:  # a browser drops the line break after the tag
            self.values[self.textarea][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.textarea = ""
        elif tag == "form":
            self.inside = False

    def _add(self, name: str, value: str) -> None:
        if name and "__prefix__" not in name:  # rows that scripts copy to add another one
            self.values.setdefault(name, []).append(value)


def once_for(person: str) -> Any:
    """Who asks for the same forms as somebody else is asked about one engine alone."""
    return pytest.param(person, marks=pytest.mark.once)


def open_and_save(client: Client, address: str, **changes: Any) -> Any:
    """Open the form at ``address``, fill in ``changes``, and press Save."""
    page = client.get(address)
    assert page.status_code == 200, (address, page.status_code)
    return client.post(address, shown_values(page) | changes)


def shown_values(page: Any) -> dict[str, Any]:
    fields = _Fields()
    fields.feed(page.content.decode())
    return {name: [value.lstrip("\r\n") for value in values] for name, values in fields.values.items()}


def errors_on(answer: Any) -> str:
    """Why a form came back, for the message of a failing test."""
    if not answer.context or "adminform" not in answer.context:
        return str(answer.status_code)
    inlines = [inline.formset.errors for inline in answer.context["inline_admin_formsets"]]
    return f"{answer.context['adminform'].form.errors.as_json()} {inlines}"


def admin_address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def one_of_each_sort(rows: Iterable[Model], *, by_venue: bool = False) -> list[Model]:
    """Seven days of hours are seven times the same form."""
    names = ("status", "kind", "is_staff", "is_superuser", *(["venue_id"] if by_venue else []))
    return list(
        {(_has_resource(row), *(getattr(row, name, None) for name in names)): row for row in rows}.values()
    )


def _has_resource(row: Model) -> bool:
    return getattr(row, "resource_id", None) is not None
