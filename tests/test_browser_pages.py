"""Every page in a real browser: no complaint, nothing wider than the screen, usable by everybody."""

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, BrowserContext
from pytest_django.live_server_helper import LiveServer

from resources.models import Venue
from tests.browser import PHONE, in_a_browser, visit
from tests.pages import NO_PAGES, PAGES, names
from tests.permissions.world import World


def test_no_page_is_forgotten() -> None:
    listed = {name.split()[0] for pages in PAGES.values() for name in pages}
    assert listed & NO_PAGES == set()
    assert listed | NO_PAGES == names()


def signed_in(context: BrowserContext, world: World, role: str, base: str) -> None:
    user = world.person(role)
    if user is not None:
        client = Client()
        client.force_login(user)
        assert SESSION_KEY in client.session
        value = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": base}])


@pytest.mark.once
@pytest.mark.parametrize("role", PAGES)
class TestEveryPage:
    pytestmark = in_a_browser

    def test_it_is_well(self, browser: Browser, live_server: LiveServer, role: str) -> None:
        cache.clear()
        world = World()
        if role == "anonymous":  # whose pages are its venue's: none is as hard to read as this colour
            Venue.objects.filter(pk=world.venue.pk).update(color="#ffee00")
        context = browser.new_context(viewport=PHONE, locale="en-GB")
        signed_in(context, world, role, live_server.url)
        here = visit(context)
        for name, address in PAGES[role].items():
            answer = here.page.goto(live_server.url + address(world))
            assert answer is not None
            assert answer.status in (200, 400, 401), name
            if answer.status != 200:  # asked for; the browser mentions it
                here.complaints = [each for each in here.complaints if str(answer.status) not in each]
            here.assert_well_everywhere(name)
        context.close()
