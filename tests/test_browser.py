"""The whole path in a real browser: desktop and phone, with and without JavaScript, light and dark."""

import re
from datetime import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from reservations.enums import Status
from reservations.models import Reservation
from resources.models import Feature, Resource
from tests.browser import DESKTOP, PHONE, in_a_browser, severe_violations, visit
from tests.factories import PASSWORD, at, book, make_policy, make_resource, make_user, make_venue, open_weekly

pytestmark = in_a_browser


@pytest.fixture
def room() -> Resource:
    venue = make_venue(name="Alte Mühle", time_zone="Europe/Berlin", city="Berlin")
    open_weekly(venue, time(8), time(20))
    policy = make_policy(venue, (48, "100", "0"), (2, "50", "0"))
    room = make_resource(venue, name="Linden room with a long name", cancellation_policy=policy)
    room.features.add(Feature.objects.create(venue=venue, name="Projector", slug="projector"))
    book(room, at(5, 12))
    return room


def book_through_pages(page: Page, room: Resource, address: str) -> Reservation:
    """From the first page to the confirmation."""
    page.goto(f"{address}/?date={at(5).date().isoformat()}&duration=60&party_size=3&kind=room")
    page.get_by_role("listitem").get_by_role("link", name=room.name, exact=True).click()
    page.get_by_role("button", name=re.compile("^09:00")).click()
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Email address").fill("ada@example.com")
    page.get_by_role("button", name="Confirm booking").click()
    reservation = Reservation.objects.get(
        customer_email="ada@example.com", status=Status.CONFIRMED, requests=""
    )
    page.get_by_text(reservation.code).wait_for()
    return reservation


@pytest.mark.parametrize(
    ("viewport", "javascript"),
    [
        pytest.param(DESKTOP, True, id="desktop-js"),
        pytest.param(DESKTOP, False, id="desktop-no-js", marks=pytest.mark.once),
        pytest.param(PHONE, True, id="phone-js", marks=pytest.mark.once),
        pytest.param(PHONE, False, id="phone-no-js", marks=pytest.mark.once),
    ],
)
def test_the_whole_path(
    browser: Browser, live_server: LiveServer, room: Resource, viewport: Any, javascript: bool
) -> None:
    context = browser.new_context(viewport=viewport, java_script_enabled=javascript, locale="en-GB")
    here = visit(context)
    page = here.page
    Reservation.objects.filter(customer_email="ada@example.com").update(customer_email="earlier@example.com")

    reservation = book_through_pages(page, room, live_server.url)
    manage = page.url

    page.get_by_role("link", name="Change time").click()
    page.get_by_role("link", name=re.compile("^15:00")).click()
    page.get_by_text("The price stays the same.").wait_for()
    page.get_by_role("button", name="Reschedule booking").click()
    page.get_by_text("Your booking has been rescheduled.").wait_for()
    reservation.refresh_from_db()
    assert reservation.local_start.hour == 15

    page.goto(manage)
    page.get_by_role("link", name="Cancel booking").click()
    page.get_by_text("Refund").wait_for()
    page.get_by_role("button", name="Cancel booking").click()
    page.get_by_text("Your booking is cancelled.").wait_for()
    reservation.refresh_from_db()
    assert reservation.status == Status.CANCELLED
    assert here.complaints == []
    context.close()


@pytest.mark.once
def test_pages_on_the_way_are_accessible(browser: Browser, live_server: LiveServer, room: Resource) -> None:
    """Those that only a form leads to; tests/test_browser_pages.py opens the others."""
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    here = visit(context)
    page, base = here.page, live_server.url
    Reservation.objects.filter(customer_email="ada@example.com").update(customer_email="earlier@example.com")

    page.goto(f"{base}/resources/{room.uuid}/?date={at(5).date().isoformat()}&duration=60")
    here.assert_well_everywhere()
    page.get_by_role("button", name=re.compile("^09:00")).click()
    here.assert_well_everywhere()
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_label("Email address").fill("ada@example.com")
    page.get_by_role("button", name="Confirm booking").click()
    here.assert_well_everywhere()
    make_user("cleo@example.com")
    page.goto(f"{base}/accounts/login/?next=/my/")
    page.get_by_label("Email or user name").fill("cleo@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="My bookings").wait_for()
    here.assert_well_everywhere()
    context.close()


@pytest.mark.once
def test_account_pages_are_strict(browser: Browser, live_server: LiveServer) -> None:
    """The content security policy stops nothing of allauth's pages, and they look like the others."""
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    here = visit(context)
    page = here.page

    page.goto(f"{live_server.url}/accounts/signup/")
    page.get_by_label("Email").fill("dora@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.get_by_role("heading", name="Confirm your email address").wait_for()
    here.assert_well("sign-up", axe=False)
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Email or user name").fill("dora@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("link", name="My bookings").wait_for()
    User.objects.get(email="dora@example.com")
    EmailAddress.objects.update(verified=True)
    page.goto(f"{live_server.url}/accounts/2fa/totp/activate/")
    page.get_by_role("heading", name="Confirm it's you").wait_for()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Setup key").wait_for()
    for name in ("2fa/totp/activate", "2fa", "2fa/webauthn/add", "email", "password/change", "sessions"):
        page.goto(f"{live_server.url}/accounts/{name}/")
        here.assert_well(name, axe=False)
        assert page.url.endswith(f"/accounts/{name}/")
        assert page.locator(".masthead").count() == 1
    context.close()


@pytest.mark.once
def test_refusals_are_pages_too(browser: Browser, live_server: LiveServer, room: Resource) -> None:
    """A refused request makes the browser log its status, and nothing else."""
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    here = visit(context)

    here.page.goto(f"{live_server.url}/?party_size=-1&date=never")
    assert here.page.locator(".error").count() == 2
    expect(here.page.locator("#id_date")).to_be_focused()  # and no bubble of the browser's beside our words
    here.page.goto(f"{live_server.url}/nothing/")
    here.page.get_by_role("heading", name="Page not found").wait_for()

    own = [text for text in here.complaints if not text.startswith("The specified value")]  # of the date
    assert {text.split(" of ")[-1][:3] for text in own} == {"400", "404"}
    assert not [text for text in here.complaints if "Content Security Policy" in text]
    assert severe_violations(here.page) == []
    context.close()


@pytest.mark.once
def test_the_api_documents_itself(browser: Browser, live_server: LiveServer) -> None:
    with browser.new_context(viewport=PHONE) as context:
        seen = visit(context)
        seen.page.goto(f"{live_server.url}/api/docs/")
        seen.page.get_by_text("finding a time").click()
        seen.page.get_by_text("/api/first-available", exact=True).wait_for()
        seen.assert_well_everywhere(axe=False)  # what is inside the frame is Swagger UI's
