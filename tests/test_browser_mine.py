"""After booking, in a real browser: moving by the month, cancelling, one's account."""

import re
from datetime import time, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from reservations.domain.values import Customer
from reservations.enums import Status
from reservations.links import manage_path
from tests.browser import DESKTOP, PHONE, in_a_browser, visit
from tests.factories import PASSWORD, at, book, make_policy, make_resource, make_user, make_venue, open_weekly

pytestmark = [*in_a_browser, pytest.mark.once]


@pytest.mark.parametrize(
    ("viewport", "javascript", "scheme"),
    [(DESKTOP, True, "light"), (PHONE, False, "dark")],
    ids=["desktop-js", "phone-no-js"],
)
def test_moving_cancelling_and_the_account(
    browser: Browser, live_server: LiveServer, viewport: Any, javascript: bool, scheme: Any
) -> None:
    venue = make_venue(name="Alte Mühle", city="Berlin")
    open_weekly(venue, time(8), time(20))
    policy = make_policy(venue, (48, "100", "0"), (2, "50", "0"))
    room = make_resource(venue, name="Linden room with a long name", cancellation_policy=policy)
    user = make_user("clara@example.com", first_name="Clara", time_zone="America/New_York")
    mine = book(room, at(5, 12), customer=Customer.from_user(user))
    context = browser.new_context(
        viewport=viewport, java_script_enabled=javascript, color_scheme=scheme, locale="en-GB"
    )
    here = visit(context)
    page, base = here.page, live_server.url

    def well() -> None:
        if javascript:
            here.assert_well()

    page.goto(f"{base}/accounts/login/?next=/my/")
    page.get_by_label("Email or user name").fill("clara@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="My bookings").wait_for()
    page.get_by_text("(New York time)").wait_for()
    well()

    page.locator(".own-actions").get_by_role("link", name="Change").click()
    page.get_by_role("heading", name="Change time").wait_for()
    page.wait_for_load_state()  # until then a day is a link to a new page
    other_day = (mine.local_start + timedelta(days=1)).date()
    if other_day.month != mine.local_start.month:
        page.locator("#later").click()
    page.locator(f"#on-{other_day.isoformat()}").click()
    page.get_by_role("heading", name=re.compile(f" {other_day.day} ")).wait_for()
    if javascript:
        assert page.evaluate("document.activeElement.id") == f"on-{other_day.isoformat()}"
        page.keyboard.press("ArrowRight")
    well()
    page.get_by_role("link", name=re.compile("^15:00")).click()
    page.get_by_text("The price stays the same.").wait_for()
    well()
    page.get_by_role("button", name="Reschedule booking").click()
    page.get_by_text("Your booking has been rescheduled.").wait_for()
    mine.refresh_from_db()
    assert (mine.local_start.date(), mine.local_start.hour) == (other_day, 15)

    page.goto(f"{base}{manage_path(mine)}cancel/")
    page.get_by_role("button", name="Cancel booking").click()
    page.get_by_text("Your booking is cancelled.").wait_for()
    mine.refresh_from_db()
    assert mine.status == Status.CANCELLED

    page.goto(f"{base}/account/data/")
    page.get_by_role("link", name="Delete my account").click()
    page.get_by_label("I understand that this can't be undone").check()
    page.get_by_role("button", name="Delete my account").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_text("Your account is deleted").wait_for()
    assert not User.objects.get(pk=user.pk).is_active
    assert here.complaints == []
    context.close()
