"""Every form for people, sent wrongly, says so at the top and beside the field; Back sends nothing."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD
from tests.markup import Element, Form, Markup
from tests.pages import PAGES
from tests.permissions.rows import client_of
from tests.permissions.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.once]
BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}
WRONG = {"number": "x", "date": "someday", "time": "noon", "email": "nobody", "tel": "ring me"}
NOTHING_CAN_BE_WRONG = {"set_language", "account_logout"}


def wrong_values(form: Form) -> dict[str, str] | None:
    """Everything that the form demands left empty, or else one value that cannot be; None if all would do."""
    demanded = {each.name for each in form.shown if "required" in each.attrs}
    if demanded:
        return {name: value for name, value in form.posted.items() if name not in demanded}
    for control in form.shown:
        if wrong := _wrong_value(control):
            return form.posted | {control.name: wrong}
    return None


def _wrong_value(control: Element) -> str:
    if "maxlength" in control.attrs:
        return "a" * (int(control.attrs["maxlength"]) + 1)
    return WRONG.get(control.type, "")


def forms_to_fail(client: Client, addresses: dict[str, str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Each form once: the page, the form's address, and what is sent."""
    seen = {reverse(name) for name in NOTHING_CAN_BE_WRONG}
    for name, address in addresses.items():
        page = client.get(address, headers=BROWSER, follow=True)
        at = page.redirect_chain[-1][0] if page.redirect_chain else address
        for form in Markup(page.content.decode()).forms:
            target = urljoin(at, form.attrs.get("action") or at)
            if form.attrs.get("method") != "post" or target.partition("?")[0] in seen:
                continue
            values = wrong_values(form)
            if values is not None:
                seen.add(target.partition("?")[0])
                yield name, target, values


def assert_told(page: str, where: str) -> None:
    markup = Markup(page)
    ids = {each.attrs["id"] for each in markup.elements if "id" in each.attrs}
    assert markup.title.startswith("Error:"), where
    (summary,) = markup.with_attribute("id", "errors")
    assert summary.attrs["role"] == "alert", where
    (part,) = page.split('id="errors"')[1:]
    links = Markup(part.split("</ul>")[0]).with_attribute("href")
    targets = [each.attrs["href"][1:] for each in links if each.tag == "a"]
    assert targets, where
    assert set(targets) <= ids, where
    wrong = markup.with_attribute("aria-invalid", "true")
    assert wrong, where
    for each in wrong:
        assert set(each.attrs["aria-describedby"].split()) <= ids, where
    assert markup.with_attribute("autofocus")[0].attrs.get("aria-invalid") or any(
        each.tag == "fieldset" for each in wrong
    ), where


@pytest.mark.parametrize(("role", "least"), [("anonymous", 11), ("customer", 8)])
def test_every_form_says_what_is_wrong_and_back_sends_nothing(role: str, least: int) -> None:
    world = World()
    client = client_of(world, role)
    if user := world.person(role):  # some pages want a password that was given just now
        client = Client()
        client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    addresses = {name: address(world) for name, address in PAGES[role].items()}
    failed = 0
    for name, target, values in forms_to_fail(client, addresses):
        where = f"{name}: {target}"
        answer: Any = client.post(target, values, headers=BROWSER)
        assert answer.status_code == 303, where
        for _back in range(2):
            shown = client.get(answer.headers["Location"], headers=BROWSER)
            assert shown.status_code == 200, where
            assert "no-store" in shown.headers["Cache-Control"], where
            assert_told(shown.content.decode(), where)
        failed += 1
    assert failed >= least
