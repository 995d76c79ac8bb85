"""What a page asks for beside its pictures: itself, its styles and its scripts, as in production."""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config.static_files import shrink_sheet
from tests.pages import PAGES
from tests.permissions.rows import client_of
from tests.permissions.world import World

MOST = 46_500  # bytes
# Those on the way to a booking weigh no more than they ever did; staff drag on a timeline of a library.
LIMITS = {
    "home": 40_300,
    "resource-day": 42_000,
    "group-day": 42_000,
    "reservation-details": 19_000,
    "reservation-manage": 20_000,
    "reservation-reschedule": 37_000,
    "calendar-timeline 2": 94_000,
}
LINKED = re.compile(r'(?:href|src)="/static/([^"#?]+)')
IMPORTED = re.compile(r'(?:from|import) "\./([^"]+)"')

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def weight(client: Client, address: str) -> int:
    """Bytes of a page with everything that it links, modules of modules as well."""
    page = client.get(address, headers={"Accept-Encoding": "gzip"}, follow=True)
    assert page.status_code in (200, 400, 401), address
    assert page.headers["Content-Encoding"] == "gzip"
    html = gzip.decompress(page.content).decode()
    linked = {path for path in LINKED.findall(html) if not path.startswith("img/")}
    assert linked
    if not page.request["PATH_INFO"].startswith("/admin/"):
        assert any(path.startswith("django_htmx") for path in linked) == (" hx-" in html), address
        assert "js/live.js" in linked or " data-live=" not in html, address
    return len(page.content) + sum(_size(path) for path in linked | set(_imports(linked)))


@cache
def _size(path: str) -> int:
    return len(gzip.compress(_read(path)))


def _read(path: str) -> bytes:
    """As visitors get it."""
    found = finders.find(path)
    assert isinstance(found, str), path
    return shrink_sheet(found) if path.startswith("css/") else Path(found).read_bytes()


def _imports(paths: set[str]) -> Iterator[str]:
    for path in paths:
        if path.endswith(".js"):
            named = {str(Path(path).parent / name) for name in IMPORTED.findall(_read(path).decode())}
            yield from named
            yield from _imports(named)


@pytest.mark.parametrize("role", PAGES)
def test_pages_are_light(role: str) -> None:
    world = World()
    client = client_of(world, role)
    weights = {name: weight(client, address(world)) for name, address in PAGES[role].items()}
    assert {name: size for name, size in weights.items() if size > _limit_of(name)} == {}


def _limit_of(name: str) -> int:
    return LIMITS.get(name) or LIMITS.get(name.split()[0], MOST)
