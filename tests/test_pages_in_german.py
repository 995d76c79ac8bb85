"""Every page for visitors in German: no English is left over."""

import re
from html.parser import HTMLParser

import pytest
from django.core.cache import cache
from django.test import Client

from tests.pages import PAGES
from tests.permissions.world import World

ENGLISH = re.compile(
    r"\b(?:and|are|at|bookings?|can|cancel|change|choose|closed|date|for|from|has|have|held|is|it|may|nothing|of"
    r"|on|please|price|sign|the|this|times?|to|until|when|with|you|your|Mon|Tue|Wed|Thu|Sun|Oct|Dec)\b",
    re.IGNORECASE,
)
"""Words that German has not, but months and days as English shortens them among them."""
NO_WORDS = re.compile(r"\S+@\S+|https?://\S+|This venue|Port of Spain|Isle of Man|with Singing Bowls")
"""Addresses, names of these tests, and time zones, which are named as they are known everywhere."""
SPOKEN = ("alt", "aria-label", "placeholder", "title", "data-updated")


class Words(HTMLParser):
    """What a page says, aloud or on the screen."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.is_code = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value for name, value in attrs if name in SPOKEN and value]
        self.is_code = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.is_code = False

    def handle_data(self, data: str) -> None:
        if not self.is_code:
            self.said.append(" ".join(data.split()))


def left_over(page: str) -> list[str]:
    return [text for text in Words(page).said if ENGLISH.search(NO_WORDS.sub("", text))]


def test_english_is_recognised() -> None:
    page = '<p title="Free at any time">Frei<script>if (the) {}</script></p><b>Sign in</b> ada@is.example'
    assert left_over(page) == ["Free at any time", "Sign in"]


@pytest.mark.once
@pytest.mark.django_db
@pytest.mark.parametrize("role", PAGES)
def test_pages_speak_german_alone(role: str) -> None:
    cache.clear()
    world, client = World(), Client(headers={"Accept-Language": "de"})
    if user := world.person(role):
        client.force_login(user)
    for name, address in PAGES[role].items():
        answer = client.get(address(world))
        assert answer.headers["Content-Language"] == "de", name
        assert left_over(answer.content.decode()) == [], name
