"""The lending desk by keyboard alone: a scanner types a code and Enter, and the next code follows."""

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from lending.tests.desk_helpers import Desk, laptops, make_desk, person, thing
from lending.tests.helpers import ask, fresh
from tests.browser import DESKTOP, PHONE, in_a_browser, small_targets, visit

pytestmark = [*in_a_browser, pytest.mark.once]


def scan(page: Page, code: str) -> None:
    """The box has the focus whenever a page is there."""
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(code)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("scripts", [True, False])
def test_handing_out_and_taking_back_by_codes(
    browser: Browser, live_server: LiveServer, scripts: bool
) -> None:
    desk = make_desk()
    laptop, copy, _other = laptops(desk)
    loan = ask(laptop, person("Ada Lovelace"))
    viewport = DESKTOP if scripts else PHONE
    context = browser.new_context(locale="en-GB", viewport=viewport, java_script_enabled=scripts)
    value = desk.client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
    here = visit(context)
    page = here.page
    page.goto(live_server.url + desk.address())
    scan(page, "L-01")
    expect(page.locator("#scanned")).to_contain_text("Ada Lovelace")
    scan(page, "L-01")
    expect(page.locator(".toast-good")).to_have_text("Handed out: Laptop (Ada Lovelace)")
    assert (fresh(loan).status, fresh(loan).copy) == ("out", copy)
    # Taken back by its button, which Tab reaches from the box.
    scan(page, "L-01")
    expect(page.locator("#scanned")).to_contain_text("Due")
    page.locator("#scanned button[name=action]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast-good")).to_have_text("Returned: Laptop (Ada Lovelace)")
    assert fresh(loan).status == "returned"
    expect(page.locator("#code")).to_be_focused()
    if scripts:
        here.assert_well()
    context.close()


def test_many_at_once_with_one_thumb(browser: Browser, live_server: LiveServer) -> None:
    """What fails stays ticked, with its reason beside it."""
    desk = make_desk()
    _ask_for_two(desk)
    context = browser.new_context(locale="en-GB", viewport=PHONE, has_touch=True)
    value = desk.client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
    here = visit(context)
    page = here.page
    page.goto(live_server.url + desk.address())
    assert small_targets(page) == []
    column = page.locator("section", has=page.get_by_role("heading", name="To hand out"))
    for box in column.locator("input[name=loan]").all():
        box.check()
    column.get_by_role("button", name="Hand out the chosen").click()
    expect(page.locator(".toast-good")).to_contain_text("Handed out: Bench")
    failed = page.locator(".desk-failed")
    expect(failed).to_have_text("Scan or enter the code of the copy.")
    expect(column.locator("input[name=loan]:checked")).to_have_count(1)
    column.get_by_label("Copy").select_option("L-02")
    column.get_by_role("button", name="Hand out").first.click()
    expect(page.locator(".toast-good")).to_contain_text("Handed out: Laptop")
    context.close()


def _ask_for_two(desk: Desk) -> None:
    laptop, _one, _two = laptops(desk)
    ask(laptop, person("Ada"))
    ask(thing(desk, "Bench", pickup_window=60), person("Bob"))
