"""No page asks for more than 100 KB beside its pictures: itself, its styles and its scripts, compressed."""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.pages import PAGES
from tests.permissions.rows import client_of
from tests.permissions.world import World

MOST = 100_000  # bytes
LINKED = re.compile(r'(?:href|src)="/static/([^"#?]+)')
IMPORTED = re.compile(r'(?:from|import) "\./([^"]+)"')

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def weight(client: Client, address: str) -> int:
    """Bytes of a page with everything that it links, modules of modules as well."""
    page = client.get(address, headers={"Accept-Encoding": "gzip"}, follow=True)
    assert page.status_code in (200, 400, 401), address
    assert page.headers["Content-Encoding"] == "gzip"
    found = LINKED.findall(gzip.decompress(page.content).decode())
    linked = {path for path in found if not path.startswith("img/")}
    assert len(linked) > 5
    return len(page.content) + sum(_size(path) for path in linked | set(_imports(linked)))


@cache
def _size(path: str) -> int:
    return len(gzip.compress(_read(path)))


def _read(path: str) -> bytes:
    found = finders.find(path)
    assert isinstance(found, str), path
    return Path(found).read_bytes()


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
    assert {name: size for name, size in weights.items() if size > MOST} == {}
