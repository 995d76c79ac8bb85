"""Templates have lines that a person can read, and as few as fit on a screen or three."""

from pathlib import Path

import pytest
from django.conf import settings
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
