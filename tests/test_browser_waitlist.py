"""The waitlist in a real browser: joining, waiting, the offer, with and without JavaScript."""

import re
from datetime import time
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from reservations.domain.values import Actor
from reservations.enums import Status
from reservations.models import Reservation
from reservations.services import cancel_reservation
from resources.models import Resource
from tests.browser import DESKTOP, PHONE, in_a_browser, visit
from tests.factories import PASSWORD, at, book, make_resource, make_user, make_venue, open_weekly

pytestmark = in_a_browser


@pytest.fixture
def taken() -> Reservation:
    """The only hour that anybody wants."""
    venue = make_venue(name="Alte Mühle", time_zone="Europe/Berlin", city="Berlin")
    open_weekly(venue, time(8), time(20))
    return book(make_resource(venue, name="Linden room"), at(5, 12))


def day_of(resource: Resource) -> str:
    return f"/resources/{resource.uuid}/?date={at(5).date().isoformat()}&duration=60&party_size=2"


@pytest.mark.once
@pytest.mark.parametrize("javascript", [True, False], ids=["js", "no-js"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_from_a_full_time_to_ones_own(
    browser: Browser, live_server: LiveServer, taken: Reservation, viewport: Any, javascript: bool
) -> None:
    context = browser.new_context(viewport=viewport, java_script_enabled=javascript, locale="en-GB")
    here = visit(context)
    page = here.page
    page.goto(live_server.url + day_of(taken.items.all()[0].resource))
    page.get_by_role("link", name="Join waitlist", exact=True).click()
    start = f"{taken.local_start:%H:%M}"
    page.get_by_label("Earliest start").fill(start)
    page.get_by_label("Latest start").fill(start)
    page.get_by_role("button", name="Join waitlist").click()
    expect(page.get_by_label("Your name")).to_be_focused()  # the browser asks for it before anything is sent
    assert page.get_by_label("Earliest start").input_value() == start  # nothing typed is lost
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("Email address").fill("grace@example.com")
    page.get_by_role("button", name="Join waitlist").click()
    page.get_by_text("You're first in line").wait_for()

    cancel_reservation(reservation_id=taken.pk, actor=Actor())
    page.reload()
    page.get_by_role("button", name="Confirm booking").click()
    page.get_by_role("heading", name="You're booked").wait_for()
    booked = Reservation.objects.get(customer_email="grace@example.com")
    assert booked.status == Status.CONFIRMED
    assert booked.starts_at == taken.starts_at
    page.get_by_text(booked.code).wait_for()
    assert here.complaints == []
    context.close()


@pytest.mark.once
def test_every_page_is_accessible(browser: Browser, live_server: LiveServer, taken: Reservation) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    here = visit(context)
    page, base = here.page, live_server.url
    make_user("cleo@example.com", first_name="Cleo")
    page.goto(f"{base}/accounts/login/?next=/waitlist/")
    page.get_by_label("Email or user name").fill("cleo@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("You're not on any waitlists").wait_for()
    here.assert_well_everywhere()

    page.goto(base + day_of(taken.items.all()[0].resource))
    page.get_by_role("link", name="Join waitlist", exact=True).click()
    here.assert_well_everywhere()
    page.get_by_label("Date").evaluate("field => field.removeAttribute('min')")  # else nothing would be sent
    page.get_by_label("Date").fill("2020-01-01")
    page.get_by_role("button", name="Join waitlist").click()
    page.get_by_role("alert").wait_for()
    here.complaints = [each for each in here.complaints if not re.search("400", each)]  # the refusal itself
    here.assert_well_everywhere()
    page.get_by_label("Date").fill(at(5).date().isoformat())
    page.get_by_label("Earliest start").fill(f"{taken.local_start:%H:%M}")
    page.get_by_label("Latest start").fill(f"{taken.local_start:%H:%M}")
    page.get_by_role("button", name="Join waitlist").click()
    page.get_by_text("You're first in line").wait_for()
    here.assert_well_everywhere()
    cancel_reservation(reservation_id=taken.pk, actor=Actor())
    page.reload()
    page.get_by_text("A time opened up for you").wait_for()
    here.assert_well_everywhere()
    page.goto(f"{base}/waitlist/")
    page.get_by_text("is held for you until").wait_for()
    here.assert_well_everywhere()
    context.close()
