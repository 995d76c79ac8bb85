"""Choosing on a phone: what stands where, and the pickers by keyboard and by thumb."""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from lending.models import Loan
from lending.tests.helpers import make_thing
from reservations.models import Reservation
from resources.models import Resource
from tests.browser import DESKTOP, PHONE, Visit, edges, in_a_browser, small_targets, visit, wait_until_above
from tests.factories import at, book, make_lodging, make_resource, make_user, make_venue, open_weekly

pytestmark = [*in_a_browser, pytest.mark.once]
FIRST_TIME, FIRST_SLOT, NAME = 500, 600, 450
"""Pixels from the top of a phone's screen within which they are seen whole."""
OPEN_AT_ONCE = """document.addEventListener(
  "htmx:afterSwap", () => document.getElementById("pick").click(), {once: true})"""
"""Faster than htmx, which listens to what it has put in place a moment later."""
FOCUSED = "document.activeElement.id"


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Alte Mühle", time_zone="UTC", city="Berlin")
    open_weekly(venue, time(8), time(20))
    room = make_resource(venue, name="Linden room")
    book(room, at(5, 8))
    return room


@pytest.fixture
def here(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    yield visit(context)
    context.close()


def session_of(user: User, base: str) -> Any:
    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}


def on(days: int) -> str:
    return at(days).date().isoformat()


def test_what_one_comes_for_is_seen_at_once(here: Visit, live_server: LiveServer, room: Resource) -> None:
    page = here.page
    for query in ("/", f"/?date={on(5)}&party_size=2&days=7"):
        page.goto(live_server.url + query)
        wait_until_above(page, ".first form button, button.time", FIRST_TIME)
        assert edges(page, ".nav-main")[1] == PHONE["height"]
        assert small_targets(page) == []
    expect(page.locator("#asked")).to_contain_text("2 people, any type")
    expect(page.get_by_label("Day", exact=True)).to_be_hidden()

    page.goto(f"{live_server.url}/resources/{room.uuid}/?date={on(5)}&duration=60&party_size=2")
    wait_until_above(page, "button.slot", FIRST_SLOT)
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_hidden()
    assert small_targets(page) == []

    page.locator("button.slot").first.click()
    name = page.get_by_label("Your name")
    name.wait_for()
    wait_until_above(page, "#id_name", NAME)
    assert small_targets(page) == []
    bar = page.get_by_role("button", name=re.compile("^Confirm booking, .*25"))
    assert edges(page, ".confirm-bar")[1] == PHONE["height"]
    for field in page.locator("#details :is(input:not([type=hidden]), textarea)").all():
        field.focus()
        assert edges(page, f"#{field.get_attribute('id')}")[1] <= edges(page, ".confirm-bar")[0]
    name.fill("Bea Typed")
    page.get_by_label("Email address").fill("bea@example.com")
    bar.click()
    page.get_by_text(Reservation.objects.get(customer_name="Bea Typed").code).wait_for()
    assert here.complaints == []


def test_what_is_lent_is_taken_with_one_thumb(here: Visit, live_server: LiveServer) -> None:
    page, person = here.page, make_user()
    bench = make_thing(loan_period=120, lease=30)
    page.context.add_cookies([session_of(person, live_server.url)])
    page.goto(f"{live_server.url}/lend/")
    wait_until_above(page, ".result h3", FIRST_SLOT)
    assert small_targets(page) == []
    page.get_by_role("link", name=bench.name).click()
    page.get_by_role("heading", name="Available now").wait_for()
    wait_until_above(page, ".button-main", FIRST_SLOT)
    assert small_targets(page) == []
    page.evaluate("for (const time of [1, 2]) document.querySelector('.lend-main .button-main').click()")
    page.get_by_role("heading", name="History").wait_for()
    assert Loan.objects.get().status == "out"
    wait_until_above(page, ".button-main", FIRST_SLOT)
    assert small_targets(page) == []
    page.get_by_role("button", name="Return it").click()
    page.get_by_text("Returned. Thank you.").wait_for()
    page.go_back()
    assert Loan.objects.get().status == "returned"
    assert here.complaints == []


def test_people_by_steps_and_a_day_by_keyboard(here: Visit, live_server: LiveServer, room: Resource) -> None:
    page = here.page
    page.goto(f"{live_server.url}/resources/{room.uuid}/?date={on(5)}&duration=60&party_size=7")
    people, more = page.get_by_label("People"), page.get_by_role("button", name="One more")
    page.evaluate(OPEN_AT_ONCE)
    more.click()
    expect(page.locator(f"#on-{on(5)}")).to_be_focused()
    page.keyboard.press("Escape")
    expect(people).to_have_value("8")
    expect(page.locator("[data-step-said]").first).to_have_text("People: 8")
    more.click()  # there is room for eight
    expect(people).to_have_value("8")
    expect(page).to_have_url(re.compile("party_size=8"))
    expect(page.locator("#pick")).to_have_attribute("href", re.compile("party_size=8"))

    dialog = page.get_by_role("dialog", name="Choose a day")
    page.locator("#pick").press("Enter")
    expect(page.locator(f"#on-{on(5)}")).to_be_focused()
    here.assert_well("month")
    assert small_targets(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#pick")).to_be_focused()

    page.keyboard.press("Enter")
    expect(page.locator(f"#on-{on(5)}")).to_be_focused()
    _walk(page)
    present = page.locator("dialog #month").inner_text()
    page.keyboard.press("PageDown")
    expect(page.locator("dialog #month")).not_to_have_text(present)
    expect(page.locator("dialog td a:focus")).to_be_visible()
    chosen = page.evaluate(f"{FOCUSED}.slice(3)")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"date={chosen}&duration=60&party_size=8#day"))
    assert here.complaints == []


def _walk(page: Page) -> None:
    """Within the week, and by a week."""
    day = at(5).date()
    page.keyboard.press("Home")
    first = page.evaluate(FOCUSED)
    page.keyboard.press("End")
    last = page.evaluate(FOCUSED)
    monday = day - timedelta(days=day.weekday())
    assert f"on-{monday}" <= first <= f"on-{day}" <= last <= f"on-{monday + timedelta(days=6)}"
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(FOCUSED) < last or first == last
    assert page.evaluate("document.querySelectorAll('td a[tabindex=\"0\"]').length") == 1


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
def test_a_stay_is_chosen_from_arrival_to_departure(
    browser: Browser, live_server: LiveServer, javascript: bool
) -> None:
    room = make_lodging()
    arrival, departure = at(3).date(), at(6).date()
    book(room, at(6, 15), minutes=1200)
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=javascript, locale="en-GB")
    here = visit(context)
    page = here.page
    page.goto(f"{live_server.url}/resources/{room.uuid}/?month={arrival:%Y-%m}")

    page.locator(f"#on-{arrival}").press("Enter")
    expect(page.get_by_text("Now choose the day of departure")).to_be_visible()
    if departure.month != arrival.month:
        page.locator("#later").click()
    expect(page.locator(f"#on-{departure}")).to_contain_text("€270")
    expect(page.locator(f"#on-{departure + timedelta(days=1)}")).to_have_count(0)
    page.locator(f"#on-{departure}").press("Enter")

    expect(page.locator("#day")).to_contain_text("3 nights")
    assert page.locator(".stay-inside, .stay-departure").count() >= (departure.month == arrival.month) * 3
    page.get_by_role("button", name=re.compile("€270")).click()
    page.get_by_label("Your name").wait_for()
    held = Reservation.objects.get(status="held")
    assert (held.starts_at, held.ends_at) == (at(3, 15), at(6, 11))
    assert here.complaints == []
    context.close()


def test_a_day_for_the_search_is_chosen_from_a_month(
    here: Visit, live_server: LiveServer, room: Resource
) -> None:
    page = here.page
    page.goto(f"{live_server.url}/?date={on(5)}&party_size=2")
    page.locator(".ask-bar summary").click()
    page.get_by_role("button", name="One less").click()
    expect(page).to_have_url(re.compile("party_size=1"))
    page.locator("#pick").click()
    expect(page.locator(f"#on-{on(5)}")).to_be_focused()
    expect(page.locator(f"#on-{on(5)}")).to_have_attribute("aria-label", re.compile(": 1 place$"))
    here.assert_well("month of the search")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"date={on(5)}&party_size=1#day"))
    assert here.complaints == []
