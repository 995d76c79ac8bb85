"""Pages change on screen by themselves: by server-sent events, and by asking where those cannot be had."""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from common.clock import now
from lending.services import return_loan
from lending.tests.helpers import ask, make_thing, rules_of
from live.tests.helpers import Server, serving
from reservations.domain.values import Actor, Customer
from reservations.links import manage_path
from reservations.services import cancel_reservation
from resources.models import Resource
from tests.browser import DESKTOP, Visit, in_a_browser, visit
from tests.factories import at, book, make_member, make_resource, make_user, make_venue, open_weekly

pytestmark = in_a_browser
WITHOUT_STREAM = "delete window.EventSource;"
WITH_STREAM = ""


@pytest.fixture(scope="module")
def server(django_db_setup: None, django_db_blocker: Any) -> Iterator[Server]:
    with django_db_blocker.unblock(), serving(DEBUG="1") as server:
        yield server


@pytest.fixture
def room() -> Resource:
    venue = make_venue(time_zone="UTC")
    open_weekly(venue, time(8), time(12))
    return make_resource(venue, name="Linden room")


def page_of(browser: Browser, script: str) -> Visit:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    context.add_init_script(script)
    return visit(context)


def session_of(user: Any) -> Any:
    """The cookie of a browser in which this person is signed in."""
    client = Client()
    client.force_login(user)
    value = client.cookies["sessionid"].value
    return {"name": "sessionid", "value": value, "domain": "localhost", "path": "/"}


def opened(here: Visit, server: Server, address: str) -> Page:
    """Loaded once; a reload would be noticed."""
    with here.page.expect_request(re.compile(r"/stream/|/api/changes")):
        here.page.goto(f"http://localhost:{server.port}{address}")
    here.page.evaluate("window.kept = true")
    return here.page


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(WITH_STREAM, id="stream"),
        pytest.param(WITHOUT_STREAM, id="polling", marks=pytest.mark.once),
    ],
)
def test_slots_change_in_every_open_page(
    browser: Browser, server: Server, room: Resource, script: str
) -> None:
    pages = [page_of(browser, script) for _each in range(2)]
    address = f"/resources/{room.uuid}/?date={at(5).date().isoformat()}&duration=60"
    shown = [opened(each, server, address) for each in pages]
    nine = [each.get_by_role("button", name=re.compile("^09:00")) for each in shown]
    nine[0].focus()
    for button in nine:
        expect(button).to_be_visible()

    reservation = book(room, at(5, 9))
    for button in nine:
        expect(button).to_have_count(0)
    shown[1].get_by_role("button", name=re.compile("^10:00")).focus()
    cancel_reservation(reservation_id=reservation.pk, actor=Actor())
    for button in nine:
        expect(button).to_be_visible()

    for each, visited in zip(shown, pages, strict=True):
        assert each.evaluate("window.kept")
        expect(each.locator("#live-status")).to_have_text("Page updated.")
        visited.assert_well()
        each.context.close()


@pytest.mark.once
def test_a_wall_sees_who_is_served_and_counts_by_the_clock_of_the_server(
    browser: Browser, server: Server
) -> None:
    bench = make_thing(lease=30)
    out, waiting = (ask(bench, make_user(first_name=name, last_name="H.")) for name in ("Grace", "Barbara"))
    here = page_of(browser, WITH_STREAM)
    here.page.context.add_cookies([session_of(make_user())])
    here.page.clock.install(time=now() - timedelta(hours=3))  # nobody has set it
    page = opened(here, server, f"/lend/board/{bench.venue.slug}/")
    card = page.locator(".wall-card")
    expect(card.locator(".wall-people")).to_contain_text("G. H.")
    expect(card.locator(".wall-queue")).to_contain_text("B. H.")
    expect(card.locator(".lend-left")).to_have_text(re.compile(r"^(30:00|2[89]:\d\d)$"))
    page.evaluate(
        "document.addEventListener('live:new', () => { "
        "window.atOnce = document.querySelector('.lend-left').textContent; })"
    )

    return_loan(loan_id=out.uuid, actor=Actor())

    expect(card.locator(".wall-people")).to_contain_text("B. H.")
    expect(card.locator(".wall-queue")).to_have_count(0)
    expect(card.locator(".lend-left")).to_have_text(re.compile(r"^(30:00|2[89]:\d\d)$"))
    assert page.evaluate("window.kept")
    assert page.evaluate("window.atOnce"), "never empty, not even for a second"
    assert page.locator("[aria-live], [role=status], [role=timer]").count() == 1  # that something has changed
    waiting.refresh_from_db()
    assert waiting.status == "out"
    here.assert_well()
    page.context.close()


@pytest.mark.once
def test_a_wall_fits_its_screen_and_turns_its_pages(browser: Browser, server: Server) -> None:
    bench = make_thing(lease=30, names_shown="staff")
    rules = rules_of(bench)

    def lend(count: int) -> None:
        for _ in range(count):
            ask(thing := make_thing(bench.venue, rules)), ask(thing)

    lend(14)
    here = page_of(browser, WITHOUT_STREAM)
    here.page.set_viewport_size({"width": 1920, "height": 1080})
    here.page.clock.install()
    page = opened(here, server, f"/lend/board/{bench.venue.slug}/")
    fits = "document.documentElement.scrollHeight <= innerHeight"
    turner, cards = page.locator("[data-wall-turner]"), page.locator(".wall-card:visible")
    expect(cards).to_have_count(15)
    assert page.evaluate(fits)
    expect(turner).to_be_hidden()
    lend(60)
    page.reload()
    expect(turner).to_contain_text("Page 1 of ")
    assert page.evaluate(fits)
    seen = cards.locator("h2").all_inner_texts()
    page.clock.fast_forward(15_000)
    expect(turner).to_contain_text("Page 2 of ")
    assert page.evaluate(fits)
    assert not set(seen) & set(cards.locator("h2").all_inner_texts())
    turner.get_by_role("button", name="Pause").click()
    page.clock.fast_forward(60_000)
    expect(turner).to_contain_text("Page 2 of ")
    turner.get_by_role("button", name="Next page").click()
    expect(turner).not_to_contain_text("Page 2 of ")
    here.assert_well()
    page.context.close()


@pytest.mark.once
def test_what_was_said_of_a_former_state_goes(browser: Browser, server: Server) -> None:
    bench, me = make_thing(), make_user()
    out = ask(bench)
    here = page_of(browser, WITH_STREAM)
    here.page.context.add_cookies([session_of(me)])
    page = opened(here, server, f"/lend/{bench.venue.slug}/{bench.slug}/")
    page.get_by_role("button", name="Join the queue").click()
    expect(page.locator(".messages")).to_contain_text("in the queue")
    return_loan(loan_id=out.uuid, actor=Actor())
    expect(page.locator("#loan")).to_contain_text("On loan")
    expect(page.locator(".messages li")).to_have_count(0)
    here.assert_well()
    page.context.close()


@pytest.mark.once
def test_the_focus_stays_where_it_is(browser: Browser, server: Server, room: Resource) -> None:
    here = page_of(browser, WITH_STREAM)
    page = opened(here, server, f"/resources/{room.uuid}/?date={at(5).date().isoformat()}&duration=60")
    page.get_by_role("button", name=re.compile("^10:00")).focus()

    book(room, at(5, 8))
    expect(page.get_by_role("button", name=re.compile("^08:00"))).to_have_count(0)

    expect(page.get_by_role("button", name=re.compile("^10:00"))).to_be_focused()
    page.context.close()


@pytest.mark.once
def test_what_is_unfolded_stays_so(browser: Browser, server: Server, room: Resource) -> None:
    make_resource(room.venue, name="Small room", capacity=1)
    here = page_of(browser, WITH_STREAM)
    page = opened(here, server, f"/?date={at(5).date().isoformat()}&duration=60&party_size=2")
    page.get_by_text("1 place doesn't fit your search").click()
    small = page.get_by_role("link", name="Small room")
    expect(small).to_be_visible()

    book(room, at(5, 9))
    expect(page.get_by_role("button", name="09:00")).to_have_count(0)

    expect(small).to_be_visible()
    page.context.close()


@pytest.mark.once
def test_the_search_and_ones_bookings_change(browser: Browser, server: Server, room: Resource) -> None:
    user = make_user()
    reservation = book(room, at(5, 9), customer=Customer.from_user(user), actor=Actor(user))
    search, mine, manage = (page_of(browser, WITH_STREAM) for _each in range(3))
    mine.page.context.add_cookies([session_of(user)])
    found = opened(search, server, f"/?date={at(5).date().isoformat()}&duration=60")
    bookings = opened(mine, server, "/my/")
    one = opened(manage, server, manage_path(reservation))
    expect(found.get_by_role("button", name="09:00")).to_have_count(0)

    cancel_reservation(reservation_id=reservation.pk, actor=Actor())

    expect(found.get_by_role("button", name="09:00")).to_be_visible()
    expect(bookings.get_by_role("link", name="Past and cancelled 1")).to_be_visible()
    expect(one.get_by_text("Cancelled", exact=True)).to_be_visible()
    for each in (search, mine, manage):
        assert each.page.evaluate("window.kept")
        each.assert_well()
        each.page.context.close()


@pytest.mark.once
def test_the_table_of_bookings_changes_but_not_what_is_ticked(
    browser: Browser, server: Server, room: Resource
) -> None:
    staff = make_member(room.venue)
    first = book(room, at(5, 9))
    here = page_of(browser, WITH_STREAM)
    here.page.context.add_cookies([session_of(staff)])
    page = opened(here, server, "/admin/reservations/reservation/")
    second = book(room, at(5, 10))
    expect(page.get_by_text(second.code)).to_be_visible()

    page.get_by_role("row", name=re.compile(first.code)).get_by_role("checkbox").check()
    expect(page.get_by_text("1 of 2 selected").first).to_be_visible()  # new rows count, too
    third = book(room, at(5, 11))
    expect(page.get_by_text("There are changes.")).to_be_visible()
    expect(page.get_by_text(third.code)).to_have_count(0)
    assert page.evaluate("window.kept")
    assert not [each for each in here.complaints if "Security Policy" in each]
    page.context.close()


@pytest.mark.once
def test_a_hidden_page_is_fetched_when_it_is_looked_at(
    browser: Browser, server: Server, room: Resource
) -> None:
    hide = "Object.defineProperty(document, 'hidden', {configurable: true, get: () => window.away ?? false});"
    here = page_of(browser, hide)
    page = opened(here, server, f"/resources/{room.uuid}/?date={at(5).date().isoformat()}&duration=60")
    turn = "value => { window.away = value; document.dispatchEvent(new Event('visibilitychange')); }"
    page.evaluate(turn, True)
    book(room, at(5, 9))
    page.wait_for_timeout(1500)
    expect(page.get_by_role("button", name=re.compile("^09:00"))).to_be_visible()

    page.evaluate(turn, False)

    expect(page.get_by_role("button", name=re.compile("^09:00"))).to_have_count(0)
    page.context.close()
