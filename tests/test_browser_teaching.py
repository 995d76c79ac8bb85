"""The roster at the door: by touch, by keyboard, and without scripts."""

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from classes.models import SeatBooking
from classes.tests.page_rows import lead
from tests.browser import PHONE, in_a_browser, visit
from tests.permissions.world import World
from tests.test_browser_pages import signed_in

pytestmark = [*in_a_browser, pytest.mark.once]

SECTIONS = """[...document.querySelectorAll(".nav-main .nav-link")].filter(a => a.offsetWidth)
  .map(a => [a.innerText, a.scrollWidth - a.clientWidth, a.offsetWidth])"""
"""At the lower edge: what each says, how much of it is cut off, how wide it is."""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_who_came_is_recorded_with_a_thumb_or_the_keyboard(
    browser: Browser, live_server: LiveServer, scripts: bool
) -> None:
    world = World()
    session = lead(world).running
    first, second = SeatBooking.objects.filter(session=session).order_by("pk")
    context = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=scripts, locale="en-GB")
    signed_in(context, world, "manager", live_server.url)
    here = visit(context)
    page = here.page
    page.goto(f"{live_server.url}/teach/sessions/{session.pk}/")
    seat, other = page.locator(f"#seat-{first.pk}"), page.locator(f"#seat-{second.pk}")
    present = seat.get_by_role("button", name="Present")
    box = present.bounding_box()
    assert box
    assert box["height"] >= 44
    present.tap()
    expect(present).to_have_attribute("aria-pressed", "true")
    # Back where one was: the next press is of the same person, by keyboard alone.
    assert page.url.endswith(f"#seat-{first.pk}")
    seat.get_by_role("button", name="Late").focus()
    page.keyboard.press("Enter")
    expect(seat.get_by_role("button", name="Late")).to_have_attribute("aria-pressed", "true")
    seat.get_by_role("button", name="Undo").tap()
    expect(seat.get_by_role("button", name="Undo")).to_have_count(0)
    page.get_by_role("button", name="All present").tap()
    expect(other.get_by_role("button", name="Present")).to_have_attribute("aria-pressed", "true")
    page.get_by_text("Add a walk-in").tap()
    page.get_by_label("Name").fill("Cleo")
    page.get_by_role("button", name="Add and mark as present").tap()
    expect(page.get_by_role("heading", name="Cleo")).to_be_visible()
    sections = page.evaluate(SECTIONS)
    assert len(sections) > 7
    assert [each for each in sections if each[1] > 0 or each[2] < 44] == []
    assert here.complaints == []
    context.close()
    marks = SeatBooking.objects.filter(session=session).values_list("attendance", flat=True)
    assert set(marks) == {"present"}
