"""What the tests in a real browser share."""

import os
import shutil
from dataclasses import dataclass, field

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from tests.processes import PATIENCE

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
in_a_browser = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="chromium is not installed"),
]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
SEVERE = {"serious", "critical"}
expect.set_options(timeout=1000 * PATIENCE)


@dataclass
class Visit:
    """A page with everything the browser complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def assert_well(self, where: str = "", *, axe: bool = True) -> None:
        """Nothing complained, nothing is wider than the screen, axe finds nothing serious."""
        self.page.locator("h1").first.wait_for()  # a page that a click leads to may not be there yet
        self.page.wait_for_load_state()
        assert self.complaints == [], where
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), where
        if axe:
            found = Axe().run(self.page).response["violations"]
            assert [
                (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in SEVERE
            ] == [], where


def visit(context: BrowserContext) -> Visit:
    visit = Visit(context.new_page())
    visit.page.set_default_timeout(1000 * PATIENCE)
    visit.page.on("console", visit.listen)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    return visit
