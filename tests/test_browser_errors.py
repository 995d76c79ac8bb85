"""What a person meets who types something wrong, goes back, or needs more time than a hold has."""

import re
from datetime import time
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from reservations.enums import Status
from reservations.models import Reservation
from resources.models import Resource
from tests.browser import DESKTOP, PHONE, in_a_browser, visit
from tests.factories import at, make_resource, make_rules, make_venue, open_weekly

pytestmark = [*in_a_browser, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Alte Mühle", city="Berlin", time_zone="UTC")
    open_weekly(venue, time(8), time(20))
    return make_resource(venue, rules=make_rules(venue), name="Linden room")


def open_day(page: Page, address: str, room: Resource) -> None:
    page.goto(f"{address}/resources/{room.uuid}/?date={at(5).date().isoformat()}&duration=60")


def hold(page: Page, start: str) -> None:
    page.get_by_role("button", name=re.compile(f"^{start}")).click()
    page.get_by_role("heading", name="Complete your booking").wait_for()


@pytest.mark.parametrize(
    ("viewport", "javascript"), [(DESKTOP, True), (PHONE, False)], ids=["desktop-js", "phone-no-js"]
)
def test_mistakes_are_seen_and_back_sends_nothing(
    browser: Browser, live_server: LiveServer, room: Resource, viewport: Any, javascript: bool
) -> None:
    context = browser.new_context(viewport=viewport, java_script_enabled=javascript, locale="en-GB")
    here = visit(context)
    page = here.page
    open_day(page, live_server.url, room)
    hold(page, "09:00")
    name, phone = page.get_by_label("Your name"), page.get_by_label("Phone")

    # The browser asks for what is missing before anything is sent.
    page.get_by_role("button", name="Confirm booking").click()
    expect(name).to_be_focused()
    if javascript:
        assert name.evaluate("each => each.validationMessage") == "Enter your name."

    # What only the server knows stands at the top, and the focus is in the wrong field.
    name.fill("Ada Lovelace")
    page.get_by_label("Email address").fill("ada@example.com")
    phone.fill("12")
    page.get_by_role("button", name="Confirm booking").click()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(phone).to_be_focused()
    expect(phone).to_have_attribute("aria-invalid", "true")
    field, bar = phone.bounding_box(), page.locator(".confirm-bar").bounding_box()
    assert field
    assert bar
    assert field["y"] > 0
    assert field["y"] + field["height"] <= bar["y"], "behind the button that stays in sight"
    expect(page.get_by_role("alert")).to_contain_text("Please check")
    page.get_by_role("alert").get_by_role("link").click()
    expect(phone).to_be_focused()
    here.assert_well(axe=javascript)

    # Back and refresh show it again and send nothing.
    page.goto(f"{live_server.url}/cart/")
    page.go_back()
    expect(page).to_have_title(re.compile("^Error: "))
    page.reload()
    expect(name).to_have_value("Ada Lovelace")
    phone.fill("")
    page.get_by_role("button", name="Confirm booking").click()
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    expect(page.get_by_role("link", name="Add to calendar")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="You're booked")).to_be_visible()
    assert Reservation.objects.get().status == Status.CONFIRMED
    assert here.complaints == []
    context.close()


@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
def test_a_hold_is_ones_own(
    browser: Browser, live_server: LiveServer, room: Resource, javascript: bool
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=javascript, locale="en-GB")
    here = visit(context)
    page = here.page
    if javascript:
        page.clock.install()
    open_day(page, live_server.url, room)
    hold(page, "09:00")
    page.go_back()
    page.get_by_role("link", name=re.compile("^09:00.*Held for you, continue")).click()
    page.get_by_role("heading", name="Complete your booking").wait_for()
    page.go_back()
    here.assert_well(axe=javascript)

    # Another time at the same place: one of them, or both.
    hold(page, "11:00")
    expect(page.get_by_role("link", name="Book both")).to_be_visible()
    page.get_by_label("Your name").fill("Ada Lovelace")
    here.assert_well(axe=javascript)
    page.get_by_role("button", name="Replace").click()
    page.get_by_text("You've released your other time.").wait_for()
    assert [each.local_start.hour for each in Reservation.objects.filter(status=Status.HELD)] == [11]
    expect(page.get_by_label("Your name")).to_have_value("Ada Lovelace")

    if javascript:
        _ask_for_more_time(page)
        here.assert_well()
    page.get_by_role("button", name="Release this time").click()
    page.get_by_text("You've released this time.").wait_for()
    assert f"date={at(5).date().isoformat()}" in page.url
    page.get_by_role("button", name=re.compile("^11:00")).wait_for()
    assert here.complaints == []
    context.close()


def _ask_for_more_time(page: Page) -> None:
    """Two minutes before the end the question appears, is announced, and takes the focus from nobody."""
    more = page.get_by_role("button", name="Hold it longer")
    expect(more).to_be_hidden()
    name = page.get_by_label("Your name")
    name.focus()
    held = Reservation.objects.get(status=Status.HELD)
    assert held.expires_at
    left = (held.expires_at - held.created_at).total_seconds()
    page.clock.fast_forward(int(1000 * (left - 115)))
    expect(page.locator("[data-countdown-said]")).to_have_text("You have two minutes left. Need more time?")
    expect(name).to_be_focused()
    expect(more).to_be_in_viewport()
    more.focus()
    page.keyboard.press("Enter")
    page.get_by_text("We'll hold your time a little longer.").wait_for()
    expect(name).to_have_value("Ada Lovelace")
    before, held = held.expires_at, Reservation.objects.get(status=Status.HELD)
    assert held.expires_at
    assert held.expires_at > before
