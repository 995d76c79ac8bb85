"""Languages that run from right to left, and the choice of one without JavaScript."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.browser import DESKTOP, PHONE, in_a_browser, visit
from tests.factories import make_resource
from tests.pages import PAGES
from tests.permissions.world import World

pytestmark = [*in_a_browser, pytest.mark.once]
HEBREW = ("he", "Hebrew")
MAIN_PAGES = (
    *("home", "resource-day", "reservation-manage", "reservation-details", "reservation-reschedule"),
    *("reservation-cancel", "waitlist-join", "waitlist-entry 2", "account_login"),
)
SPILLED = """() => {
    const clips = each => getComputedStyle(each).overflowX !== 'visible'
    const scrolls = each => each !== document.body && (clips(each) || scrolls(each.parentElement))
    return [...document.querySelectorAll('main *, header *, footer *')].filter(each => {
        const box = each.getBoundingClientRect()
        const isSeen = box.width > 1 && box.height > 1 && !scrolls(each.parentElement)
        return isSeen && (box.left < -1 || box.right > innerWidth + 1)
    }).map(each => each.outerHTML.slice(0, 120))
}"""
"""What reaches beyond the screen and is in nothing that scrolls."""
MIRRORED = "each => new DOMMatrix(getComputedStyle(each).transform).a === -1"


def runs_from_right_to_left(page: Page) -> bool:
    brand = page.locator(".brand").bounding_box()
    width = page.evaluate("innerWidth")
    return page.evaluate("document.dir") == "rtl" and bool(brand and brand["x"] > width / 2)


def test_pages_run_from_right_to_left(browser: Browser, live_server: LiveServer, settings: Settings) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, HEBREW]
    cache.clear()
    world = World()
    context = browser.new_context(viewport=PHONE, locale="he-IL")
    here = visit(context)
    for name in MAIN_PAGES:
        here.page.goto(live_server.url + PAGES["anonymous"][name](world))
        for viewport in (PHONE, DESKTOP):
            here.page.set_viewport_size(viewport)
            here.assert_well(axe=False)
            assert runs_from_right_to_left(here.page), name
            assert here.page.evaluate(SPILLED) == [], name
            for each in here.page.locator(".icon-turns").all():
                assert each.evaluate(MIRRORED), name
    context.close()


def test_language_is_chosen_without_scripts(browser: Browser, live_server: LiveServer) -> None:
    room = make_resource(name="Blue room")
    context = browser.new_context(viewport=PHONE, locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + reverse("resource-day", args=[room.uuid]) + "?party_size=3")
    page.get_by_role("button", name="Deutsch").click()
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.url.endswith("?party_size=3")
    assert page.get_by_role("button", name="Deutsch").get_attribute("aria-current") == "true"
    context.close()
