"""What the pages share, in a real browser: every component, and what static/js/ui.js adds."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser import DESKTOP, PHONE, Visit, in_a_browser, small_targets, visit
from tests.factories import PASSWORD, make_user

pytestmark = [*in_a_browser, pytest.mark.once]
SHIFTS = """() => new Promise(told => {
  let sum = 0;
  new PerformanceObserver(list => { for (const each of list.getEntries()) sum += each.value; })
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => told(sum), 300);
})"""


@pytest.fixture
def guide(browser: Browser, live_server: LiveServer, settings: Settings) -> Any:
    settings.ROOT_URLCONF = "tooling.urls"
    context = browser.new_context(viewport=DESKTOP, locale="en-GB", reduced_motion="reduce")
    here = visit(context)
    here.page.goto(f"{live_server.url}/styleguide/")
    yield here
    context.close()


def test_every_component_is_well(guide: Visit) -> None:
    guide.assert_well_everywhere()
    guide.page.set_viewport_size(PHONE)
    small = small_targets(guide.page)
    assert [each for each in small if 'href="#buttons"' not in each] == []


def test_dialogs_open_close_and_ask(guide: Visit) -> None:
    page = guide.page
    page.get_by_role("link", name="Open a dialog").click()
    dialog = page.get_by_role("dialog", name="A dialog")
    expect(dialog).to_be_visible()
    guide.assert_well("dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Open a dialog")).to_be_focused()
    page.get_by_role("link", name="Open a dialog").click()
    page.mouse.click(5, 5)
    expect(dialog).to_be_hidden()

    address = page.url
    page.get_by_role("button", name="Ask before sending").click()
    question = page.get_by_role("dialog", name="Remove this calendar?")
    question.get_by_role("button", name="Go back").click()
    expect(question).to_be_hidden()
    assert page.url == address
    page.get_by_role("button", name="Ask before sending").click()
    with page.expect_navigation():
        question.get_by_role("button", name="Remove it").click()

    before = page.locator(".toast").count()
    page.get_by_role("button", name="Dismiss").first.click()
    assert page.locator(".toast").count() == before - 1


def test_a_form_is_sent_once_and_nothing_jumps(browser: Browser, live_server: LiveServer) -> None:
    make_user("cleo@example.com")
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    page = visit(context).page
    sent: list[str] = []

    def slowly(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.url)
            page.wait_for_timeout(200)
        route.continue_()

    page.route("**/accounts/login/", slowly)
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Email or user name").fill("cleo@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.evaluate("for (const time of [1, 2, 3]) document.querySelector('form.card .button-main').click()")
    page.get_by_text("You're signed in").wait_for()
    assert len(sent) == 1
    assert page.evaluate(SHIFTS) < 0.02
    page.set_viewport_size(DESKTOP)
    page.reload()
    assert page.evaluate(SHIFTS) < 0.02
    context.close()
