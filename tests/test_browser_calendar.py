"""The calendar in a real browser: dragging with its refusals, the same by keyboard, lists on phones."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from pytest_django.live_server_helper import LiveServer

from common.clock import now
from reservations.domain.values import Actor
from reservations.enums import Source
from reservations.models import Reservation
from resources.enums import Role
from resources.models import Resource
from tests.browser import DESKTOP, PHONE, Visit, in_a_browser, visit
from tests.factories import at, book, make_member, make_resource, make_venue, open_weekly

pytestmark = in_a_browser
HOUR = timedelta(hours=1)
WIDTHS = "all => all.map(each => each.getBoundingClientRect().width)"
LEFTS = """all => [...new Set(all.map(each => Math.round(each.getBoundingClientRect().left)))]
  .filter(left => left >= 0 && left < innerWidth)"""
LEFT = "each => each.getBoundingClientRect().left"
TOP = "each => each.getBoundingClientRect().top"
EDGES = """() => ['.masthead-inner', '#calendar'].map(name => {
  const part = document.querySelector(name), {left, right} = part.getBoundingClientRect();
  const {paddingLeft, paddingRight} = getComputedStyle(part);
  return [left + parseFloat(paddingLeft), right - parseFloat(paddingRight)].map(Math.round);
})"""
"""Between which lines of the page the frame and the calendar stand."""


@pytest.fixture
def rooms() -> list[Resource]:
    venue = make_venue(name="Alte Mühle", slug="muehle")
    open_weekly(venue, time(8), time(18))
    first = make_resource(venue, name="Linden", position=1)
    return [first, make_resource(venue, name="Oak", rules=first.rules, position=2)]


def local(room: Resource, hour: int) -> datetime:
    return datetime.combine(at(7).date(), time(hour), tzinfo=room.venue.zone)


def staff_member(browser: Browser, server: LiveServer, room: Resource, **options: Any) -> Visit:
    client = Client()
    client.force_login(make_member(room.venue, Role.STAFF))
    context = browser.new_context(locale="en-GB", **options)
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}
    context.add_cookies([session])  # type: ignore[list-item]
    here = visit(context)
    return here


@pytest.fixture
def planner(browser: Browser, live_server: LiveServer, rooms: list[Resource]) -> Iterator[Visit]:
    """A member of staff before the timeline; Ada is in Linden at ten, Bob in Oak at ten."""
    book(rooms[0], local(rooms[0], 10))
    book(rooms[1], local(rooms[1], 10))
    here = staff_member(browser, live_server, rooms[0], viewport=DESKTOP)
    here.page.goto(f"{live_server.url}/calendar/timeline/{at(7).date()}/?venue=muehle")
    here.page.locator(".ec-event:not(.planned-along)").nth(1).wait_for()
    yield here
    here.page.context.close()


def event_of(page: Page, number: int) -> Locator:
    return page.locator(".ec-event").nth(number)


def drag(page: Page, thing: Locator, hours: float, *, rows: float = 0, from_end: bool = False) -> None:
    """Hours along the timeline; ``from_end`` pulls its end."""
    box = thing.bounding_box()
    assert box
    an_hour = box["width"]  # what is dragged lasts an hour
    x = box["x"] + (box["width"] - 2 if from_end else box["width"] / 2)
    y = box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + hours * an_hour / 2, y + rows * box["height"] / 2, steps=4)
    page.mouse.move(x + hours * an_hour, y + rows * box["height"] * 1.3, steps=4)
    page.mouse.up()


@pytest.mark.once
def test_dragging_moves_resizes_and_tells_what_is_refused(planner: Visit, rooms: list[Resource]) -> None:
    page, (linden, oak) = planner.page, rooms
    note = page.locator("#calendar-note")
    ada, bob = Reservation.objects.order_by("starts_at", "created_at")

    drag(page, event_of(page, 0), 2)
    expect(note).to_have_text("Saved.")
    ada.refresh_from_db()
    assert ada.starts_at == local(linden, 12)
    page.locator(".ec-event", has_text="12:00–13:00").wait_for()

    drag(page, page.locator(".ec-event", has_text="12:00–13:00"), 1, from_end=True)
    page.locator(".ec-event", has_text="12:00–14:00").wait_for()
    ada.refresh_from_db()
    assert ada.ends_at == local(linden, 14)
    assert planner.complaints == []

    book(linden, local(linden, 9))
    drag(page, page.locator(".ec-event", has_text="10:00–11:00"), -1, rows=-1)
    expect(note).to_contain_text("Other available times:")
    bob.refresh_from_db()
    assert (bob.starts_at, bob.items.get().resource) == (local(oak, 10), oak)
    page.locator(".ec-event", has_text="10:00–11:00").wait_for()

    Reservation.objects.filter(pk=bob.pk).update(version=9)
    drag(page, page.locator(".ec-event", has_text="10:00–11:00"), 3)
    expect(note).to_contain_text("Someone else has changed this")
    assert all("409" in each for each in planner.complaints), "refusals, and no broken policy"


@pytest.mark.once
def test_creating_by_dragging_and_all_of_it_by_keyboard(planner: Visit, rooms: list[Resource]) -> None:
    page = planner.page
    planner.assert_well()

    event_of(page, 0).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("From").fill(f"{at(7).date()}T14:00")
    dialog.get_by_label("Until").fill(f"{at(7).date()}T15:30")
    planner.assert_well()
    page.keyboard.press("Enter")
    expect(page.locator("#calendar-note")).to_have_text("Saved.")
    page.locator(".ec-event", has_text="14:00–15:30").wait_for()
    expect(dialog).to_have_count(0)

    ten = event_of(page, 0).bounding_box()
    assert ten
    page.mouse.move(ten["x"] - ten["width"] * 2 + 2, ten["y"] + 4)
    page.mouse.down()
    page.mouse.move(ten["x"] - ten["width"] - 4, ten["y"] + 4, steps=5)
    page.mouse.up()
    dialog.get_by_role("button", name="Add to calendar").click()
    dialog.locator(".error").first.wait_for()
    dialog.get_by_label("Name", exact=True).fill("Grace Hopper")
    dialog.get_by_role("button", name="Add to calendar").click()
    page.locator(".ec-event", has_text="Grace Hopper").wait_for()
    made = Reservation.objects.get(customer_name="Grace Hopper")
    assert made.ends_at - made.starts_at <= HOUR
    assert all("400" in each for each in planner.complaints)


@pytest.mark.once
def test_keys_lead_through_days(planner: Visit, live_server: LiveServer) -> None:
    page = planner.page
    page.goto(f"{live_server.url}/calendar/month/2027-01-10/?venue=muehle")
    cells = page.locator("[data-cell]")
    assert cells.evaluate_all("all => all.filter((each) => each.tabIndex === 0).length") == 1

    cells.first.focus()
    for key, day in (("ArrowRight", 1), ("ArrowDown", 8), ("End", 30), ("ArrowUp", 23), ("Home", 0)):
        page.keyboard.press(key)
        expect(cells.nth(day)).to_be_focused()
    page.keyboard.press("PageDown")
    page.wait_for_url("**/calendar/month/2027-02-01/?venue=muehle")
    expect(page.locator("h1")).to_have_text("February 2027")
    expect(page.locator("#way-after")).to_be_focused()
    status = page.locator("#live-status")
    expect(status).to_have_text("February 2027")
    with page.expect_response("**/calendar/month/2027-02-01/?venue=muehle"):
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.wait_for_timeout(500)  # what is fetched anew is the same: nothing is said
    assert status.text_content() == "February 2027"
    page.keyboard.press("t")
    page.wait_for_url(re.compile(rf"/calendar/month/{now().astimezone(ZoneInfo('Europe/Berlin')):%Y-%m}-"))
    planner.assert_well(axe=False)


@pytest.mark.once
def test_on_phones_it_is_a_list(browser: Browser, live_server: LiveServer, rooms: list[Resource]) -> None:
    book(rooms[0], local(rooms[0], 10))
    here = staff_member(browser, live_server, rooms[0], viewport=PHONE)
    here.page.goto(f"{live_server.url}/calendar/timeline/{at(7).date()}/?venue=muehle")
    here.assert_well(axe=False)
    boxes = [each.bounding_box() for each in here.page.locator(".item").all() if each.is_visible()]
    assert len(boxes) == 4
    assert len({round(each["x"]) for each in boxes if each}) == 1, "one below the other"
    here.page.context.close()


@pytest.mark.once
def test_without_javascript_everything_is_there(
    browser: Browser, live_server: LiveServer, rooms: list[Resource]
) -> None:
    book(rooms[0], local(rooms[0], 10))
    here = staff_member(browser, live_server, rooms[0], viewport=DESKTOP, java_script_enabled=False)
    page = here.page
    page.goto(f"{live_server.url}/calendar/timeline/{at(7).date()}/?venue=muehle")
    page.get_by_role("link", name=re.compile("Ada Lovelace")).click()
    page.get_by_label("Until").fill(f"{at(7).date()}T12:00")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name=re.compile("10:00–12:00 Ada Lovelace")).wait_for()
    assert page.url.endswith(f"/calendar/timeline/{at(7).date()}/?venue=muehle")
    page.get_by_role("link", name="Later").click()
    assert here.complaints == []
    page.context.close()


@pytest.mark.once
def test_guests_see_whole_words_and_seven_columns(
    browser: Browser, live_server: LiveServer, rooms: list[Resource]
) -> None:
    linden, day = rooms[0], at(7).date()
    cellar = make_resource(linden.venue, name="Cellar", rules=linden.rules, position=3)
    open_weekly(linden.venue, time(0), time(0), resource=cellar)
    for hour in (1, 3, 5, 6, 20, 22):  # before and after the hours shown, which are those of the others
        book(cellar, local(cellar, hour), actor=Actor(source=Source.IMPORT))
    here = visit(browser.new_context(viewport=DESKTOP, locale="en-GB"))
    page = here.page

    page.goto(f"{live_server.url}/calendar/day/{day}/?venue=muehle")
    here.assert_well_everywhere("day")
    widths = page.locator(".item-free").evaluate_all(WIDTHS)
    assert min(widths) > 140, "nothing before the hours takes room beside them"
    for width in (390, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        masthead, calendar = page.evaluate(EDGES)
        assert masthead == calendar, width

    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/calendar/month/{day}/?resource={linden.uuid}")
    assert len(page.locator(".month .cell").evaluate_all(LEFTS)) == 7
    assert page.locator(".month .is-free .cell-state").first.inner_text().endswith(" free")
    here.assert_well_everywhere("month")

    page.goto(f"{live_server.url}/calendar/week/{day}/?venue=muehle")
    assert len(page.locator(".week-row .cell").evaluate_all(LEFTS)) == 7
    here.assert_well_everywhere("week of many")

    page.goto(f"{live_server.url}/calendar/week/{day}/?resource={linden.uuid}")
    names = page.locator(".board-days a")
    assert len(names.evaluate_all(LEFTS)) == 7
    for number in (6, 2):
        names.nth(number).click()
        expect(names.nth(number)).to_have_attribute("aria-current", "true")
        assert page.locator(".board-column").nth(number).evaluate(LEFT) < 32
    assert not page.locator(".calendar-keys").is_visible()
    here.assert_well_everywhere("week of one")
    page.context.close()


@pytest.mark.once
def test_a_board_opens_where_the_day_begins_and_stays_where_it_is_scrolled_to(
    browser: Browser, live_server: LiveServer, rooms: list[Resource]
) -> None:
    here = visit(browser.new_context(viewport=DESKTOP, locale="en-GB"))
    page = here.page
    page.goto(f"{live_server.url}/calendar/day/{at(7).date()}/?venue=muehle&hours=all")
    board = page.locator(".board")
    assert page.evaluate("document.activeElement === document.body && scrollY === 0")
    label = page.locator(".board-hours span", has_text="08:00")
    assert 0 < label.evaluate(TOP) - board.evaluate(TOP) < 300
    board.evaluate("each => { each.scrollTop = 200; }")
    book(rooms[0], local(rooms[0], 10))
    with page.expect_response("**hours=all"):
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.locator(".item-busy").wait_for()
    assert board.evaluate("each => each.scrollTop") == 200
    page.context.close()

    plain = visit(browser.new_context(viewport=DESKTOP, locale="en-GB", java_script_enabled=False))
    plain.page.goto(f"{live_server.url}/calendar/day/{at(7).date()}/?venue=muehle&hours=all")
    plain.page.get_by_role("link", name="Go to opening").click()
    mark = plain.page.locator("#opening").bounding_box()
    assert mark
    assert 60 < mark["y"] < 300, "below the names of the places"
    plain.page.set_viewport_size(PHONE)
    plain.page.goto(f"{live_server.url}/calendar/week/{at(7).date()}/?resource={rooms[0].uuid}")
    plain.page.locator(".board-days a").nth(6).click()
    expect(plain.page.locator(".board-column").nth(6)).to_be_in_viewport()
    plain.page.context.close()

    tablet: ViewportSize = {"width": 1024, "height": 768}
    thumb = visit(browser.new_context(viewport=tablet, has_touch=True, is_mobile=True))
    thumb.page.goto(f"{live_server.url}/calendar/month/{at(7).date()}/?venue=muehle")
    assert not thumb.page.locator(".calendar-keys").is_visible()
    thumb.page.context.close()


def test_the_line_of_the_present_follows_the_venues_clock(browser: Browser, live_server: LiveServer) -> None:
    venue = make_venue(time_zone="Europe/Berlin")
    open_weekly(venue, time(0), time(0))
    room = make_resource(venue)
    here = staff_member(browser, live_server, room, viewport=DESKTOP, timezone_id="Pacific/Kiritimati")
    today = now().astimezone(venue.zone)
    here.page.goto(f"{live_server.url}/calendar/timeline/{today.date()}/?venue={venue.slug}")
    line = here.page.locator(".ec-now-indicator")
    line.wait_for(state="attached")
    hours = line.evaluate("line => parseFloat(line.style.insetInlineStart) / 72")
    assert abs(hours - (today.hour + today.minute / 60)) < 0.1
    here.page.context.close()
