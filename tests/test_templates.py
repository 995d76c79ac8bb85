"""Templates have lines that a person can read, and as few as fit on a screen or three."""

from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from django.conf import settings
from django.template import engines
from django.template.loader import get_template

FOLDERS = [folder for pattern in ("templates", "*/templates") for folder in settings.BASE_DIR.glob(pattern)]
NAMES = {
    str(path.relative_to(folder)): path
    for folder in FOLDERS
    for path in sorted(folder.rglob("*"))
    if path.is_file()
}
COLUMNS, LINES = 120, 150

pytestmark = pytest.mark.once


def test_templates_are_found() -> None:
    assert {"base.html", "notifications/mail.html"} <= NAMES.keys()


@pytest.mark.parametrize("path", NAMES.values(), ids=list(NAMES))
def test_template_fits_the_eye(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert [(number, line) for number, line in enumerate(lines, 1) if len(line) > COLUMNS] == []
    assert len(lines) <= LINES


@pytest.mark.parametrize("name", NAMES)
def test_template_compiles(name: str) -> None:
    get_template(name)


def test_no_filter_or_tag_hides_one_of_djangos() -> None:
    """In a condition it would fail without a word, and what it shows would never be seen."""
    engine = cast(Any, engines["django"]).engine
    ours = {
        name: import_module(path).register
        for name, path in engine.libraries.items()
        if (settings.BASE_DIR / path.partition(".")[0]).is_dir()
    }
    hidden = [
        f"{library}: {name}"
        for library, found in ours.items()
        for builtin in engine.template_builtins
        for name in (found.filters.keys() & builtin.filters.keys())
        | (found.tags.keys() & builtin.tags.keys())
    ]
    assert len(ours) > 5
    assert hidden == []
