"""A venue's booking page in a frame of its own website, on another origin: docs/embedding.md."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from reservations.enums import Status
from reservations.models import Reservation
from reservations.tests.api_helpers import local
from resources.models import Resource, Venue
from tests.browser import PHONE, in_a_browser, visit
from tests.factories import make_resource

pytestmark = [*in_a_browser, pytest.mark.once]
HEIGHT = "document.querySelector('iframe').getBoundingClientRect().height"
FITS = """() => document.body.getBoundingClientRect().height > 100
  && Math.abs(document.body.getBoundingClientRect().height - innerHeight) <= 1"""

COUNT_MESSAGES = "window.heard = []; addEventListener('message', ({data}) => heard.push(data)); null"
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class _Page(BaseHTTPRequestHandler):
    def __init__(self, html: str, *args: object) -> None:
        self.html = html.encode()
        super().__init__(*args)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.html)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def website(line: str) -> Iterator[str]:
    """The origin of a server whose page holds that line. ``localhost`` is another site than 127.0.0.1."""
    page = f"<!doctype html><title>Café</title><h1>Café</h1>{line}<p>Below</p>"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Page, page)) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def room() -> Resource:
    return make_resource(slug="blue-room", name="Blue room")


def test_from_the_website_to_a_booking(browser: Browser, live_server: LiveServer, room: Resource) -> None:
    cache.clear()
    here = live_server.url
    names = f'data-venue="{room.venue.slug}" data-place="{room.slug}"'
    line = f'<script async src="{here}/static/js/embed.js" {names}></script>'
    context = browser.new_context(viewport=PHONE, locale="en-GB")
    with website(line) as listed:
        assert "localhost" in here
        Venue.objects.filter(pk=room.venue_id).update(embedded_on=listed, color="#b3261e")
        seen = visit(context)
        page = seen.page
        page.goto(listed)
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", name="Blue room")).to_be_visible()
        inside = page.frames[1]
        inside.wait_for_function(FITS)
        # Another day is looked at within the frame, which keeps its height.
        day = local(3).date()
        frame.locator(f"#day-{day:%m%d}").click()
        inside.wait_for_url(f"**date={day}*")
        inside.wait_for_function(FITS)
        assert context.cookies() == []  # none that a browser could drop in a frame of another site
        with context.expect_page() as opened:
            frame.get_by_role("link", name=re.compile("^10:00")).click()
        window = opened.value
        window.locator("#at-1000 button").click()
        window.get_by_label("Your name").fill("Ada Lovelace")
        window.get_by_label("Email address").fill("ada@example.com")
        window.get_by_role("button", name="Confirm booking").click()
        window.wait_for_url(re.compile(r"/bookings/[^/]+/[^/]+/$"))
        assert Reservation.objects.get().status == Status.CONFIRMED
        assert page.url.startswith(listed)
        assert seen.complaints == []
    context.close()


def test_nobody_else_is_shown_it_asked_or_believed(
    browser: Browser, live_server: LiveServer, room: Resource
) -> None:
    here = live_server.url
    script = f'<script async src="{here}/static/js/embed.js" data-venue="{room.venue.slug}"></script>'
    liar = "<script>parent.postMessage({holdfast: 9999}, '*')</script>"
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    of_place = script.replace("></", f' data-place="{room.slug}"></')
    with website(script + of_place) as listed, website(script + liar) as unlisted:
        Venue.objects.filter(pk=room.venue_id).update(embedded_on=listed)
        # A website that is not listed shows nothing.
        page.goto(unlisted)
        page.wait_for_function("document.querySelector('iframe')")
        blocked = page.frames[1]
        blocked.wait_for_load_state()
        assert blocked.url.startswith("chrome-error://"), blocked.url
        assert room.name not in blocked.content()
        # The script believes neither the page around it nor another page in its own frame.
        page.goto(listed)
        for frame in page.frames[1:]:  # each has its own height
            frame.wait_for_function(FITS)
        assert len(page.frames) == 3
        before = page.evaluate(HEIGHT)
        page.evaluate(COUNT_MESSAGES)
        page.evaluate("window.postMessage({holdfast: 9999}, '*')")
        page.evaluate("url => { document.querySelector('iframe').src = url }", unlisted)
        page.wait_for_function("heard.filter(data => data.holdfast === 9999).length === 2")
        assert page.evaluate(HEIGHT) == before
        # What lies in the frame tells its height to websites on the list alone.
        page.goto(f"{here}/embed/{room.venue.slug}/")
        page.evaluate(COUNT_MESSAGES)
        page.evaluate("window.postMessage('holdfast', '*')")
        page.evaluate(TWO_FRAMES)
        page.evaluate("window.postMessage('last', '*')")
        page.wait_for_function("heard.includes('last')")
        assert page.evaluate("heard") == ["holdfast", "last"]
    context.close()
