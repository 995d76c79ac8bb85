"""Small things that only a browser shows: paper, and what stands outside the part of a page that changes."""

from datetime import time

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from reservations.links import manage_path
from tests.browser import PHONE, in_a_browser, visit
from tests.factories import at, book, make_resource, make_venue, open_weekly

pytestmark = [*in_a_browser, pytest.mark.once]
EMPTY = (
    "all => all.filter(each => ![...each.children].some(part => !part.matches('h2') && part.offsetHeight))"
)


def test_a_printed_booking_has_phone_and_address_and_no_empty_card(
    browser: Browser, live_server: LiveServer
) -> None:
    venue = make_venue(street="88 Ropewalk Street", city="Brooklyn", country="US", phone="+12015550123")
    open_weekly(venue, time(0), time(0))
    booked = book(make_resource(venue), at(3, 10))
    here = visit(browser.new_context(locale="en-GB"))
    here.page.goto(f"{live_server.url}{manage_path(booked)}")
    here.page.emulate_media(media="print")
    for words in ("88 Ropewalk Street", "+1 201-555-0123", booked.code):
        expect(here.page.get_by_text(words).first).to_be_visible()
    cards = here.page.locator(".card:visible").evaluate_all(EMPTY)
    assert cards == []
    here.page.context.close()


def test_the_times_of_a_place_say_which_length_is_chosen(browser: Browser, live_server: LiveServer) -> None:
    venue = make_venue()
    open_weekly(venue, time(8), time(18))
    room = make_resource(venue)
    here = visit(browser.new_context(viewport=PHONE, locale="en-GB"))
    here.page.goto(f"{live_server.url}/resources/{room.uuid}/?date={at(5).date()}")
    times = here.page.locator("#times")
    expect(times).to_contain_text("1 hour each")
    here.page.locator("select[name=duration]").select_option("120")
    expect(times).to_contain_text("2 hours each")
    here.page.context.close()
