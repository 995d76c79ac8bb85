"""Two times in one cart, questions, a recurring booking: on a desktop with scripts, on a phone without."""

import re
from datetime import time
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from reservations.enums import Status
from reservations.models import Reservation
from resources.models import Question, Resource
from tests.browser import DESKTOP, PHONE, in_a_browser, visit
from tests.factories import PASSWORD, at, book, make_resource, make_rules, make_user, make_venue, open_weekly

pytestmark = [*in_a_browser, pytest.mark.once]


@pytest.fixture
def room() -> Resource:
    """With a projector beside it, a question, terms, and one taken hour."""
    venue = make_venue(name="Alte Mühle", city="Berlin", time_zone="UTC")
    open_weekly(venue, time(8), time(20))
    rules = make_rules(venue)
    room = make_resource(venue, rules=rules, name="Linden room with a long name")
    make_resource(venue, rules=rules, name="Projector", kind="equipment", units=3)
    book(room, at(9))
    venue.terms = "Be kind.\n\nLeave it as you found it."
    venue.save()
    text = "Do you need step-free access?"
    Question.objects.create(venue=venue, text=text, kind="yes_no", is_required=True)
    return room


def hold(page: Page, address: str, room: Resource, days: int, start: str) -> None:
    page.goto(f"{address}/resources/{room.uuid}/?date={at(days).date().isoformat()}&duration=60&party_size=2")
    page.get_by_role("button", name=re.compile(f"^{start}")).click()
    page.get_by_role("heading", name="Complete your booking").wait_for()


def answer_all(page: Page) -> None:
    page.get_by_label("Do you need step-free access?").select_option("no")
    page.get_by_label("I accept the terms.").check()


@pytest.mark.parametrize(
    ("viewport", "javascript", "scheme"),
    [(DESKTOP, True, "light"), (PHONE, False, "dark")],
    ids=["js", "no-js"],
)
def test_cart_questions_and_series(
    browser: Browser, live_server: LiveServer, room: Resource, viewport: Any, javascript: bool, scheme: Any
) -> None:
    user = make_user("cleo@example.com", first_name="Cleo")
    context = browser.new_context(
        viewport=viewport, java_script_enabled=javascript, color_scheme=scheme, locale="en-GB"
    )
    here = visit(context)
    page, base = here.page, live_server.url

    hold(page, base, room, 5, "09:00")
    here.assert_well(axe=False)
    if javascript:
        expect(page.locator("[data-countdown-left]")).to_have_text(re.compile(r"\d+:\d\d\ left"))
    page.get_by_label("Your name").fill("Cleo Typed")
    page.get_by_text("Add extras").click()
    here.assert_well(axe=javascript)
    page.get_by_role("button", name="Add Projector").click()
    page.get_by_text("Projector added.").wait_for()
    expect(page.get_by_label("Your name")).to_have_value("Cleo Typed")
    page.get_by_role("link", name="Sign in", exact=True).last.click()
    page.get_by_label("Email or user name").fill("cleo@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Complete your booking").wait_for()

    hold(page, base, room, 6, "11:00")
    page.get_by_role("link", name="Book both").click()
    page.get_by_text("We're holding these 2 times for you.").wait_for()
    here.assert_well(axe=False)
    page.get_by_role("link", name="Book all 2").click()
    answer_all(page)
    here.assert_well(axe=javascript)
    page.get_by_role("button", name="Book all 2").click()
    page.get_by_role("heading", name="You're all set").wait_for()
    booked = Reservation.objects.filter(customer=user)
    assert [row.status for row in booked] == [Status.CONFIRMED, Status.CONFIRMED]
    assert {row.items.count() for row in booked} == {1, 2}

    page.get_by_role("link", name=re.compile("^Open the booking")).first.click()
    page.get_by_alt_text("QR code of this booking").wait_for()
    here.assert_well(axe=False)
    page.get_by_role("link", name="Print ticket").click()
    here.assert_well(axe=False)

    page.goto(f"{base}/resources/{room.uuid}/repeat/?date={at(8).date().isoformat()}&time=10:00")
    page.get_by_label("Repeat").select_option("day")
    page.get_by_label("Number of dates").fill("3")
    page.get_by_role("button", name="Review dates").click()
    page.get_by_text("This time is already taken.").wait_for()
    page.get_by_label("Skip").first.check()
    if javascript:
        expect(page.locator("[data-sum-count]")).to_have_text("1")
    page.get_by_label("Skip").first.locator("xpath=../../label[1]").click()
    answer_all(page)
    here.assert_well(axe=javascript)
    page.get_by_role("button", name="Book selected dates").click()
    page.get_by_text("You're booked for 2 dates.").wait_for()
    here.assert_well(axe=False)

    page.get_by_role("link", name="Cancel dates").click()
    page.get_by_label("All upcoming dates").check()
    page.get_by_role("button", name="Review cancellation").click()
    page.get_by_role("heading", name="2 dates will be cancelled").wait_for()
    here.assert_well(axe=False)
    page.get_by_role("button", name="Cancel 2 dates").click()
    page.get_by_text("2 dates cancelled.").wait_for()
    assert Reservation.objects.filter(status=Status.CANCELLED).count() == 2
    context.close()
