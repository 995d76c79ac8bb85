"""What the tests in a real browser share."""

import os
import shutil
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from tests.processes import PATIENCE

Scheme = Literal["light", "dark"]
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
"""The same engine each; the first has no windows, menus and settings of its own to draw."""
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
in_a_browser = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="chromium is not installed"),
]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
LOOKS: list[tuple[ViewportSize, Scheme]] = [(DESKTOP, "light"), (PHONE, "dark")]
END_ANIMATIONS = """() => document.getAnimations()
  .filter(each => each.effect.getComputedTiming().endTime !== Infinity)
  .forEach(each => each.finish())"""
"""What is still changing its colour, or just appearing, has a contrast that nobody reads."""
SEVERE = {"serious", "critical"}
MASTHEAD = "body > header"
ASK_AXE = """but => {
  const mild = axe._audit.rules.filter(rule => ["minor", "moderate"].includes(rule.impact));
  const rules = Object.fromEntries(mild.map(rule => [rule.id, {enabled: false}]));
  const options = {resultTypes: ["violations"], rules, preload: false};
  return axe.run({exclude: but}, options).then(all => all.violations);
}"""
"""Without the rules whose findings would be left out, and without fetching each style sheet once more:
that serves one rule, about a lock on the screen's orientation, and there is none (``test_design``)."""
expect.set_options(timeout=1000 * PATIENCE)


@dataclass
class Visit:
    """A page with everything the browser complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    """In which looks the masthead has been examined: it is the same above every page."""

    def listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def assert_well(self, where: str = "", *, axe: bool = True, but: str = "") -> None:
        """Nothing complained, nothing is wider than the screen, axe finds nothing serious."""
        self.page.locator("h1").first.wait_for()  # a page that a click leads to may not be there yet
        self.page.wait_for_load_state()
        assert not self.complaints, f"{where}: {self.complaints}"
        assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), where
        if axe:
            self.page.evaluate(END_ANIMATIONS)
            violations = severe_violations(self.page, but)
            assert not violations, f"{where}: {violations}"

    def assert_well_everywhere(self, where: str = "", *, axe: bool = True) -> None:
        """Well on a desktop in the light and on a phone in the dark; as it was opened afterwards."""
        opened = self.page.viewport_size or DESKTOP
        for viewport, scheme in LOOKS:
            self.page.set_viewport_size(viewport)
            self.page.emulate_media(color_scheme=scheme)
            self.assert_well(
                f"{where} {viewport['width']} {scheme}", axe=axe, but=MASTHEAD * (scheme in self.seen)
            )
            self.seen.add(scheme)
        self.page.set_viewport_size(opened)
        self.page.emulate_media(color_scheme="null")


def severe_violations(page: Page, but: str = "") -> list[tuple[str, str]]:
    """What axe finds serious or worse, except within ``but``: the rule, and where it is broken first."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(Axe().axe_script)  # half a megabyte: once a page, however often it is asked
    violations: list[Any] = page.evaluate(ASK_AXE, [[but]] if but else [])
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in violations if rule["impact"] in SEVERE]


def small_targets(page: Page) -> list[str]:
    """What a thumb could miss: less than 44 px high with what belongs to it. Links in a sentence may be."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("a, button, summary, input, select, textarea")]
          .filter(each => {
            const box = each.getBoundingClientRect();
            const around = getComputedStyle(each, "::after");
            const more = around.position === "absolute" ? -2 * parseFloat(around.insetBlockStart) : 0;
            const label = each.closest("label, .check, .card-link");
            const height = Math.max(box.height + (more || 0), label?.getBoundingClientRect().height ?? 0);
            const alone = each.parentElement.textContent.trim() === each.textContent.trim();
            const inline = !alone && getComputedStyle(each).display === "inline";
            const inText = inline || each.matches(".link-button, .skip, [aria-hidden=true]");
            return box.width > 1 && box.height > 1 && !inText && height < 43.5;
          }).map(each => each.outerHTML)"""
    )
    return found


def edges(page: Page, selector: str) -> tuple[float, float]:
    """Upper and lower edge of the first that is seen, in pixels of the screen."""
    box = page.locator(selector).locator("visible=true").first.bounding_box()
    assert box is not None, selector
    return box["y"], box["y"] + box["height"]


def wait_until_above(page: Page, selector: str, limit: float) -> None:
    """Until the lower edge of the first that is seen is there, for pages scroll to what they put in place."""
    page.wait_for_function(
        """([selector, limit]) => {
          const seen = [...document.querySelectorAll(selector)].find(each => each.checkVisibility());
          return seen && seen.getBoundingClientRect().bottom <= limit;
        }""",
        arg=[selector, limit],
    )


def visit(context: BrowserContext) -> Visit:
    visit = Visit(context.new_page())
    visit.page.set_default_timeout(1000 * PATIENCE)
    visit.page.on("console", visit.listen)
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    return visit
