"""Paying a deposit in a real browser, which lets forms lead to where the policy says and nowhere else."""

from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from payments.tests.stripe_server import StripeServer, listening, stripe
from reservations.enums import Status
from reservations.links import manage_path
from tests.browser import DESKTOP, PHONE, in_a_browser, visit
from tests.factories import at, book, make_resource

pytestmark = [*in_a_browser, pytest.mark.once]
__all__ = ["listening", "stripe"]


@pytest.mark.parametrize(
    ("viewport", "javascript"), [(DESKTOP, True), (PHONE, False)], ids=["desktop", "phone-no-js"]
)
def test_there_and_back(
    browser: Browser,
    live_server: LiveServer,
    stripe: StripeServer,
    settings: Settings,
    viewport: Any,
    javascript: bool,
) -> None:
    room = make_resource()
    room.rules.deposit_percent = 40
    room.rules.save()
    mine = book(room, at(7, 10))
    settings.SITE_URL = live_server.url
    policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    paying = {**policy, "form-action": [*policy["form-action"], stripe.url]}
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": paying}
    here = visit(browser.new_context(viewport=viewport, java_script_enabled=javascript))
    page = here.page

    page.goto(f"{live_server.url}{manage_path(mine)}")
    if javascript:
        here.assert_well_everywhere()
    page.get_by_role("button", name="Pay €10.00").click()
    page.get_by_role("heading", name="Deposit for booking").wait_for()

    # Back and forth: what holds is said each time, and the page is the same.
    page.go_back()
    page.get_by_text("You won't be charged twice.").wait_for()
    page.get_by_role("button", name="Pay €10.00").click()
    page.get_by_role("link", name="Back").click()
    page.get_by_text("You haven't paid yet.").wait_for()
    page.get_by_role("button", name="Pay €10.00").click()
    page.get_by_role("button", name="Pay").click()

    page.get_by_text("Thank you, your payment has arrived.").wait_for()
    assert page.url == f"{live_server.url}{manage_path(mine)}"
    assert len(stripe.sessions) == 1
    mine.refresh_from_db()
    assert mine.status == Status.CONFIRMED
    if javascript:
        here.assert_well()
