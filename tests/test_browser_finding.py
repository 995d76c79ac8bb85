"""Finding a time in a real browser: search, a place, a slot; on both screens, with and without JavaScript."""

import re
from datetime import time
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from reservations.models import Reservation
from resources.models import Feature, Resource
from tests.browser import DESKTOP, PHONE, in_a_browser, visit
from tests.factories import at, book, make_group, make_resource, make_rules, make_venue, open_weekly

pytestmark = [*in_a_browser, pytest.mark.once]


def day() -> str:
    return at(5).date().isoformat()


@pytest.fixture
def rooms() -> list[Resource]:
    venue = make_venue(name="Alte Mühle", time_zone="UTC", city="Berlin", street="Mühlenweg 12")
    open_weekly(venue, time(8), time(20))
    rules = make_rules(venue)
    linden, small = (
        make_resource(venue, rules=rules, name=name, capacity=size)
        for name, size in (("Linden room with a long name", 8), ("Small room", 2))
    )
    linden.features.add(Feature.objects.create(venue=venue, name="Projector", slug="projector"))
    make_group([linden, small], name="Any room")
    book(linden, at(5, 8))
    return [linden, small]


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_the_search_to_a_held_time(
    browser: Browser, live_server: LiveServer, rooms: list[Resource], viewport: Any, javascript: bool
) -> None:
    context = browser.new_context(viewport=viewport, java_script_enabled=javascript, locale="en-GB")
    here = visit(context)
    page = here.page
    page.goto(live_server.url)
    page.get_by_text("First available").wait_for()
    _unfold(page)
    page.get_by_label("Day", exact=True).fill(day())
    people = page.get_by_label("People").bounding_box()
    assert people is not None
    assert people["width"] > 60, "there is room for what is typed"
    page.get_by_label("People").fill("4")
    page.get_by_label("Duration").select_option("60")
    if javascript:
        expect(page).to_have_url(re.compile("party_size=4&duration=60"))
        expect(page.locator("#found-status")).to_have_text("1 place available.")
    else:
        page.get_by_role("button", name="Show times").click()
    page.get_by_text("1 place doesn't fit your search").wait_for()

    page.get_by_role("listitem").get_by_role("link", name=rooms[0].name, exact=True).click()
    expect(page.get_by_role("link", name=re.compile("^08:00.*waitlist"))).to_be_visible()
    page.get_by_label("Duration").select_option("120")
    if not javascript:
        page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^09:00.11:00"))).to_be_visible()
    page.locator(".strip-day").nth(6).click()
    expect(page.locator(".strip-day").nth(6)).to_have_attribute("aria-current", "date")
    page.locator("button.slot").first.click()

    page.get_by_label("Your name").wait_for()
    held = Reservation.objects.get(status="held")
    assert (held.ends_at - held.starts_at).total_seconds() == 7200
    assert here.complaints == []
    context.close()


def test_finding_is_accessible(browser: Browser, live_server: LiveServer, rooms: list[Resource]) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    here = visit(context)
    base = live_server.url
    group = rooms[0].groups.get()
    for address in (
        "/",
        f"/?date={day()}&days=7&features=projector",
        f"/?date={day()}&q=nothing+like+it",
        f"/groups/{group.uuid}/?date={day()}",
    ):
        here.page.goto(base + address)
        here.assert_well_everywhere()
    context.close()


WORDS_BEYOND_BUTTONS = """() => [...document.querySelectorAll(".time")]
  .filter(button => button.firstElementChild.getBoundingClientRect().width > button.clientWidth)
  .map(button => button.innerText)"""


def test_american_times_keep_within_their_buttons(
    browser: Browser, live_server: LiveServer, rooms: list[Resource]
) -> None:
    context = browser.new_context(locale="en-US")
    page = visit(context).page
    for address in (f"/?date={day()}", f"/embed/{rooms[0].venue.slug}/"):
        page.goto(live_server.url + address)
        expect(page.get_by_text("9:00 AM").first).to_be_visible()
        for viewport in (PHONE, DESKTOP):
            page.set_viewport_size(viewport)
            assert page.evaluate(WORDS_BEYOND_BUTTONS) == []
    context.close()


def test_a_wrong_field_is_marked_and_put_right_without_a_new_page(
    browser: Browser, live_server: LiveServer, rooms: list[Resource]
) -> None:
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    here = visit(context)
    page = here.page
    page.goto(f"{live_server.url}/?date={day()}&earliest=12:00")
    _unfold(page)
    page.evaluate("window.kept = true")
    shown = page.url

    _type(page, "0")  # the browser says what is wrong, and nothing is sent
    expect(page.get_by_label("People")).to_be_focused()
    assert page.evaluate("document.activeElement.validity.rangeUnderflow")
    assert page.url == shown
    _type(page, "2")
    expect(page.locator("#found")).to_contain_text(rooms[1].name)
    page.get_by_text("More filters").click()
    _type(page, "08:00", "Latest start")  # what only the server sees
    expect(page.locator(".error")).to_have_count(1)
    expect(page.get_by_label("Latest start")).to_have_value("08:00")
    _type(page, "18:00", "Latest start")
    expect(page.locator(".error")).to_have_count(0)
    expect(page.locator("#found")).to_contain_text(rooms[1].name)

    assert page.evaluate("window.kept")
    assert here.complaints == []
    context.close()


def test_what_is_chosen_before_the_scripts_are_there_counts(
    browser: Browser, live_server: LiveServer, rooms: list[Resource]
) -> None:
    """On a slow line a visitor is faster: else the field would say two hours beside times of one."""
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    here, held_back = visit(context), list[Route]()
    page = here.page

    def hold_back(route: Route) -> None:
        held_back.append(route)

    page.route("**/*.js", hold_back)
    address = f"{live_server.url}/resources/{rooms[0].uuid}/?date={day()}&duration=60&party_size=2"
    page.goto(address, wait_until="commit")
    page.get_by_label("Duration").select_option("120")
    expect(page.get_by_role("button", name=re.compile("^09:00.10:00"))).to_be_visible()

    for each in held_back:
        each.continue_()
    expect(page.get_by_role("button", name=re.compile("^09:00.11:00"))).to_be_visible()
    expect(page).to_have_url(re.compile("duration=120"))
    assert held_back
    assert here.complaints == []
    context.close()


def _unfold(page: Page) -> None:
    """On a phone the search is one line until it is touched."""
    bar = page.locator(".ask-bar summary")
    if bar.is_visible():
        bar.click()


def _type(page: Page, value: str, label: str = "People") -> None:
    page.get_by_label(label).fill(value)
    page.get_by_label(label).press("Tab")
