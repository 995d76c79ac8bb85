"""docs/architecture.md names what is there: every module of a large room, and none that is gone."""

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

TEXT = (Path(settings.BASE_DIR) / "docs" / "architecture.md").read_text()
LARGE = 10
"""A room with more modules than this is described module by module."""
ROOMS = (
    *("accounts", "calendars", "classes", "common", "lending", "live", "notifications", "payments"),
    *("reservations", "resources", "search", "waitlist", "webhooks"),
)
EVERYWHERE = {
    *("__init__", "admin", "api", "apps", "enums", "exceptions", "filters", "forms", "messages", "models"),
    *("news", "periodic", "permissions", "privacy", "querysets", "receivers", "selectors", "services"),
    *("signals", "tasks", "urls", "views"),
}
"""Names that mean the same in every room."""


def modules(room: str) -> set[str]:
    return {path.stem for path in (Path(settings.BASE_DIR) / room).glob("*.py")}


@pytest.mark.parametrize("room", [room for room in ROOMS if len(modules(room)) > LARGE])
def test_every_module_of_a_large_room_is_named(room: str) -> None:
    code = re.findall(r"```.*?```|`[^`\n]+`", TEXT, re.DOTALL)
    named = set(re.findall(r"\w+", " ".join(code)))
    assert modules(room) - EVERYWHERE - named == set()


def test_no_module_is_named_that_is_gone() -> None:
    rooms = {path.parent.name for path in Path(settings.BASE_DIR).glob("*/__init__.py")}
    there = {path.name for room in rooms for path in (Path(settings.BASE_DIR) / room).rglob("*.py")}
    assert set(re.findall(r"\b\w+\.py\b", TEXT)) - there == set()


def test_a_new_product_is_told_names_that_exist() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "extending.md").read_text()
    dotted = re.findall(rf"`((?:{'|'.join(ROOMS)})\.[\w.]+)`", text)
    assert dotted
    for name in dotted:
        try:
            import_module(name)
        except ModuleNotFoundError:
            import_string(name)
