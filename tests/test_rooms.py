"""Products are named by themselves and by what lies above them: whoever takes one away mends nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
HOUSE = frozenset(
    {
        *("config", "demo", "storefront", "frontdesk", "lending", "classes", "waitlist", "calendars"),
        *("search", "reservations", "payments", "resources", "notifications", "webhooks", "live"),
        *("accounts", "common", "scheduling"),
    }
)
SHARED = ("templates", "static")
"""Folders whose first folder says whose they are."""
SUFFIXES = {".py", ".html", ".txt", ".js", ".css", ".sql"}


@dataclass(frozen=True)
class Product:
    """``rooms`` may name it; ``but`` are files that must, with the reason."""

    word: str
    rooms: frozenset[str]
    but: dict[str, str] = field(default_factory=dict)


PRODUCTS = {
    "lending": Product("lending", frozenset({"config", "demo", "storefront", "frontdesk", "lending"})),
    "classes": Product(
        r"(from|import) classes\b|\bclasses/",
        frozenset({"config", "demo", "storefront", "frontdesk", "classes"}),
    ),
    "waitlist": Product(
        "waitlist",
        frozenset({"config", "demo", "storefront", "frontdesk", "classes", "waitlist"}),
        {
            "reservations/enums.py": "A source of reservations: the API and stored rows call it so.",
        },
    ),
    "calendars": Product(
        r"(from|import) calendars\b|\bcalendars/",
        frozenset({"config", "demo", "storefront", "frontdesk", "lending", "classes", "calendars"}),
        {"templates/styleguide/cards.html": "The style guide shows the pieces of every room."},
    ),
}


def room_of(path: Path) -> str:
    first, *rest = path.parts
    return rest[0] if first in SHARED and rest[0] in HOUSE else first


def production_files() -> Iterator[Path]:
    for folder in (*sorted(HOUSE), *SHARED):
        for path in sorted((ROOT / folder).rglob("*")):
            inner = path.relative_to(ROOT)
            skipped = {"tests", "migrations", "vendor", "__pycache__"}.intersection(inner.parts)
            if path.suffix in SUFFIXES and not skipped:
                yield inner


@pytest.mark.parametrize("name", PRODUCTS)
def test_only_what_lies_above_names_a_product(name: str) -> None:
    product = PRODUCTS[name]
    word = re.compile(product.word, re.IGNORECASE)
    naming = {
        str(path)
        for path in production_files()
        if room_of(path) not in product.rooms and word.search((ROOT / path).read_text())
    }
    assert naming == product.but.keys()


def test_every_product_is_watched() -> None:
    """Rooms beside each other, in the layers that `pyproject.toml` declares."""
    layers = re.search(r"^layers = (\[\"config.*\])$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert layers
    between = layers[1].split('"storefront | frontdesk"')[1].split('"search"')[0]
    assert set(re.findall(r"\w+", between)) == PRODUCTS.keys()
