"""docs/browser-clients.md does what it says, in a real browser, wherever its pages come from."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from playwright.sync_api import Browser, BrowserContext, Page

from accounts.models import User
from reservations.models import Reservation
from resources.models import Resource
from tests.browser import in_a_browser
from tests.factories import PASSWORD, at, book, make_resource, make_user
from tests.processes import PATIENCE, server

pytestmark = [*in_a_browser, pytest.mark.once]
DOCUMENT = (settings.BASE_DIR / "docs" / "browser-clients.md").read_text()
CALL, BY_COOKIE, BY_TOKEN, LISTEN = re.findall(r"```js\n(.*?)```", DOCUMENT, re.DOTALL)
SAME_SITE, ELSEWHERE = "http://localhost:1", "https://shop.example"
WORLD = "const {email, password, resource_id, start, duration} = world;"


CSRF = "return await call('GET', '/auth/csrf')"
SIGN_IN = "return await call('POST', '/auth/login', {email, password})"
WHO = "return await call('GET', '/auth/user')"


class Shop:
    """A page at some origin, whose programs are those of the document."""

    def __init__(self, context: BrowserContext, api: str, user: User, room: Resource) -> None:
        self.context, self.call = context, CALL.replace("https://book.example.com", api)
        self.world = {
            "email": user.email,
            "password": PASSWORD,
            "resource_id": room.slug,
            "duration": 60,
        }

    def open(self, origin: str) -> Page:
        self.context.route(f"{origin}/**", lambda route: route.fulfill(body="<p>", content_type="text/html"))
        page = self.context.new_page()
        page.goto(f"{origin}/")
        self.context.unroute_all()  # from here on nothing stands between the page and the network
        return page

    def run(self, page: Page, *code: str, day: int = 7) -> Any:
        world = self.world | {"start": at(day).isoformat()}
        return page.evaluate("async (world) => {" + "\n".join([WORLD, self.call, *code]) + "}", world)


@pytest.fixture
def user() -> User:
    user = make_user()
    user.password = Argon2PasswordHasher().encode(PASSWORD, "salt" * 4)  # as servers outside of tests hash it
    user.save()
    return user


@pytest.fixture
def room() -> Resource:
    return make_resource(slug="linden-room")


@contextmanager
def context_of(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    # Pages elsewhere may ask servers on this machine only by leave.
    context.grant_permissions(["local-network-access"])
    context.set_default_timeout(1000 * PATIENCE)
    yield context
    context.close()


def booked_days(user: User) -> list[int]:
    spans = Reservation.objects.filter(customer=user).values_list("starts_at", flat=True)
    return sorted((start.date() - at(0).date()).days for start in spans)


def test_pages_of_three_origins(browser: Browser, user: User, room: Resource) -> None:
    origins = f"{SAME_SITE},{ELSEWHERE}"
    with server(CORS_ALLOWED_ORIGINS=origins, EMBEDDED_WORKER="0") as (address, _process):
        with context_of(browser) as context:
            here = context.new_page()
            here.goto(f"{address}/robots.txt")
            Shop(context, address, user, room).run(here, BY_COOKIE, day=7)
        with context_of(browser) as context:
            shop = Shop(context, address, user, room)
            neighbour = shop.open(SAME_SITE)
            shop.run(neighbour, BY_COOKIE, day=8)
            token = shop.run(neighbour, CSRF)["csrf_token"]
            assert shop.run(neighbour, f"return await call('POST', '/auth/logout', {{}}, '{token}')")
            assert shop.run(neighbour, WHO)["code"] == "not_authenticated"
        with context_of(browser) as context:
            shop = Shop(context, address, user, room)
            far = shop.open(ELSEWHERE)
            # The browser has things of its own to say there, too.
            with far.expect_console_message(lambda message: message.type == "log") as heard:
                shop.run(far, BY_TOKEN, LISTEN, "await new Promise((done) => (stream.onopen = done))", day=9)
                book(room, at(10))
            assert heard.value.args[0].json_value()["type"] == "availability"
            assert shop.run(far, CSRF)["code"] == "cookies_dropped"
            assert shop.run(far, SIGN_IN)["csrf_token"] is None
            assert shop.run(far, WHO)["code"] == "not_authenticated"
    assert booked_days(user) == [7, 8, 9]
